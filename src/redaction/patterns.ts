import { REDACTED } from "../record/index.ts";
import { looksSecret } from "./keys.ts";

/**
 * One look decides whether a text can hold a secret at all: most can't, and looking closer costs more than the call
 * that is being recorded.
 */
const SUSPICIOUS =
  /[2-6]\d{3}[ -]?\d{2}|eyJ|-----BEGIN|bearer|basic |pass|pwd|secret|token|api.?key|access.?key|auth|credential|cookie|session|card|cvv|cvc|ssn|pin|pan|otp|:\/\/[^/\s]*@/i;

const PRIVATE_KEY = /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|$)/g;
const JSON_WEB_TOKEN = /eyJ[\w-]{8,}\.[\w-]{4,}(?:\.[\w-]*)?/g;
const AUTHORIZATION = /\b(bearer|basic) +[\w+/=.~-]{6,}/gi;
const URL_CREDENTIALS = /(:\/\/[^\s/:@]{0,256}:)[^\s/@]{1,256}@/g;
/** What every secret-looking key of `keys.ts` has in it; `looksSecret` then decides. */
const KEY_WORD =
  "pass|pwd|secret|token|key|auth|credential|cookie|session|card|code|social|cvv|cvc|ssn|jwt|pin|pan|otp|bearer|iban|mnemonic|csrf|xsrf";
const KEY = `[\\p{L}\\p{N}_.-]{0,48}(?:${KEY_WORD})[\\p{L}\\p{N}_.-]{0,24}`;
/** In double quotes within JSON within JSON, in double quotes, in single quotes, bare. A value that is cut off is a value. */
const VALUE = String.raw`\\"(?:[^"\\]|\\(?!"))*(?:\\"|$)|"(?:[^"\\]|\\.)*(?:"|\\?$)|'(?:[^'\\]|\\.)*(?:'|\\?$)|[^\s,;&"'{}[\]()]+`;
/** `password=x`, `"password": "x"`, `\"password\":\"x\"`, `api_key: x`. */
const ASSIGNMENT = new RegExp(String.raw`((?:\\?["'])?)(${KEY})\1(\s{0,8}[:=]\s{0,8})(${VALUE})`, "giu");
/** Payment card numbers: 13 to 19 digits, in groups or not, starting as cards do. */
const CARD_NUMBER = /(?<![\d.])[2-6](?:[ -]?\d){12,18}(?!\d)/g;

/** The text with every recognised secret replaced. */
export function censorPatterns(text: string): string {
  if (!SUSPICIOUS.test(text)) return text;
  return text
    .replace(PRIVATE_KEY, REDACTED)
    .replace(JSON_WEB_TOKEN, REDACTED)
    .replace(AUTHORIZATION, `$1 ${REDACTED}`)
    .replace(URL_CREDENTIALS, `$1${REDACTED}@`)
    .replace(ASSIGNMENT, censorAssignment)
    .replace(CARD_NUMBER, (digits) => (passesLuhn(digits) ? REDACTED : digits));
}

function censorAssignment(whole: string, quote: string, key: string, sign: string, value: string): string {
  if (!looksSecret(key)) return whole;
  const mark = value.startsWith('\\"') ? '\\"' : /^["']/.test(value) ? value.charAt(0) : "";
  return `${quote}${key}${quote}${sign}${mark}${REDACTED}${mark}`;
}

/** The check digit of ISO/IEC 7812-1, which every payment card number carries. */
function passesLuhn(text: string): boolean {
  const digits = text.replace(/\D/g, "");
  let sum = 0;
  for (let i = 0; i < digits.length; i += 1) {
    const digit = digits.charCodeAt(digits.length - 1 - i) - 48;
    const doubled = digit * 2;
    sum += i % 2 === 0 ? digit : doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}
