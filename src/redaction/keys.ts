/** A key is secret when, in lower case and without separators, it contains one of these. */
const CONTAINED = [
  "password",
  "passwd",
  "passwort",
  "passphrase",
  "passcode",
  "secret",
  "apikey",
  "accesskey",
  "privatekey",
  "signingkey",
  "encryptionkey",
  "authorization",
  "credential",
  "cookie",
  "sessionid",
  "cardnumber",
  "cardno",
  "creditcard",
  "securitycode",
  "socialsecurity",
];

/** ... or ends with one of these (`accessToken`, but not `tokenCount`). */
const ENDINGS = ["token", "pwd", "jwt", "cvv", "cvc", "cvv2", "ssn"];

/** ... or is one of these. */
const WHOLE = new Set(["pass", "pin", "pan", "otp", "auth", "bearer", "iban", "mnemonic", "xapikey", "csrf", "xsrf"]);

/** True for `password`, `db_password`, `X-Api-Key`, `accessToken`, `card.number` and the like; false for `compass`. */
export function looksSecret(key: string): boolean {
  const name = key.replace(/[^\p{L}\p{N}]/gu, "").toLowerCase();
  return (
    WHOLE.has(name) || ENDINGS.some((ending) => name.endsWith(ending)) || CONTAINED.some((part) => name.includes(part))
  );
}
