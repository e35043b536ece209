/** SSH keys, private and public, and the lines of identity and recipients files. */
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { SealtraceError } from "../../src/record/index.ts";
import { ageRecipientOf, parseAgeIdentities, parseAgeRecipients } from "../../src/serialize-utils/index.ts";

export const name = "ssh-keys";

/** OpenSSH's form of a key that protects nothing. */
const OPENSSH = `-----BEGIN OPENSSH PRIVATE KEY-----
b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW
QyNTUxOQAAACCu+kzzgQkAFIzLmhD5CrC9k9fYtR8/Bws3zItNiax/fQAAAIilXjWNpV41
jQAAAAtzc2gtZWQyNTUxOQAAACCu+kzzgQkAFIzLmhD5CrC9k9fYtR8/Bws3zItNiax/fQ
AAAEBJh+5MtaGzpAdnYHlf7NJiBVmR+dxaoLcLvWvU/IU4Pa76TPOBCQAUjMuaEPkKsL2T
19i1Hz8HCzfMi02JrH99AAAABHRlc3QB
-----END OPENSSH PRIVATE KEY-----`;

export async function seeds(): Promise<Uint8Array[]> {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const pem = privateKey.export({ format: "pem", type: "pkcs1" });
  const publicKeys = await Promise.all([OPENSSH, pem].map(ageRecipientOf));
  return [OPENSSH, pem, publicKeys.join("\n")].map((text) => Buffer.from(text));
}

export async function run(bytes: Uint8Array): Promise<void> {
  const text = Buffer.from(bytes).toString("latin1");
  try {
    for (const identity of parseAgeIdentities(text)) {
      const recipient = await ageRecipientOf(identity);
      assert.deepEqual(parseAgeRecipients(recipient), [recipient]);
    }
  } catch (error) {
    if (!(error instanceof SealtraceError)) throw error;
  }
  try {
    parseAgeRecipients(text);
  } catch (error) {
    if (!(error instanceof SealtraceError)) throw error;
  }
}
