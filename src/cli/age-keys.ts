/** Where `encrypt` and `decrypt` have their keys from: files of identities and recipients, as age has them. */
import { printable } from "../config/index.ts";
import { SealtraceError } from "../record/index.ts";
import { decodeUtf8, decryptAge, parseAgeIdentities, parseAgeRecipients } from "../serialize-utils/index.ts";
import { readSmallFile } from "./byte-streams.ts";
import type { SecretSource } from "./secret-prompt.ts";

const MAX_BYTES = 16 * 1024 * 1024;

/** The identities of a file, which may itself be encrypted with a passphrase. */
export function readIdentities(path: string, passphrase: SecretSource): Promise<string[]> {
  return about(path, async () => {
    let bytes = await readSmallFile(path, MAX_BYTES);
    if (/^(?:age-encryption\.org\/|-----BEGIN AGE ENCRYPTED FILE-----)/.test(bytes.toString("latin1", 0, 64))) {
      bytes = await decryptAge(bytes, { passphrase: await passphrase(`Passphrase of ${printable(path)}`) });
    }
    return parseAgeIdentities(decodeUtf8(bytes));
  });
}

export function readRecipients(path: string): Promise<string[]> {
  return about(path, async () => parseAgeRecipients(decodeUtf8(await readSmallFile(path, MAX_BYTES))));
}

/** Errors of a key name its file, and are wrong use whatever they are: the content was not even looked at. */
async function about<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof SealtraceError) || error.message.includes(path)) throw error;
    throw new SealtraceError("SEALTRACE_KEY_INVALID", `${path}: ${error.message}`, { cause: error });
  }
}
