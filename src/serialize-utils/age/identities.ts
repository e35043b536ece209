/** Who opens an age file: what stands in an identity file, and new ones. No message says anything of a secret. */
import { checkText } from "../content-argument.ts";
import type { Decrypter } from "age-encryption";
import { SealtraceError } from "../../record/index.ts";
import { loadAge } from "./load-age.ts";
import { parseSshPrivateKey } from "./ssh-private-key.ts";
import { sshIdentity, sshRecipientLine } from "./ssh-stanzas.ts";

const PRIVATE_KEY_BEGIN = "-----BEGIN ";
const NATIVE = /^AGE-SECRET-KEY-(?:PQ-)?1[02-9AC-HJ-NP-Z]+$/;

/** A new identity: `AGE-SECRET-KEY-1…`, or with `hybrid` the post-quantum `AGE-SECRET-KEY-PQ-1…`. Keep it secret; {@link ageRecipientOf} is for everybody. */
export async function generateAgeIdentity({
  hybrid = false,
}: { readonly hybrid?: boolean | undefined } = {}): Promise<string> {
  const { generateHybridIdentity, generateX25519Identity } = await loadAge();
  return hybrid ? generateHybridIdentity() : generateX25519Identity();
}

/** What to encrypt for so that this identity opens it. Rejects with SEALTRACE_KEY_INVALID for what is no identity. */
export async function ageRecipientOf(identity: string): Promise<string> {
  const text = identity.trim();
  if (text.startsWith(PRIVATE_KEY_BEGIN)) return sshRecipientLine(parseSshPrivateKey(text));
  const native = checkNative(text);
  const { identityToRecipient } = await loadAge();
  try {
    return await identityToRecipient(native);
  } catch {
    throw notAnIdentity();
  }
}

/**
 * The identities of an identity file's text: one a line, empty lines and those that begin with `#` aside; or the one SSH private key that the file is. Throws
 * SEALTRACE_KEY_INVALID, naming the line.
 */
export function parseAgeIdentities(text: string): string[] {
  checkText(text);
  if (text.trimStart().startsWith(PRIVATE_KEY_BEGIN)) {
    parseSshPrivateKey(text);
    return [text.trim()];
  }
  const identities: string[] = [];
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    identities.push(checkNative(line.trim(), ` on line ${i + 1}`));
  }
  if (identities.length > 0) return identities;
  throw new SealtraceError(
    "SEALTRACE_KEY_INVALID",
    "There is no identity in it: an identity begins with AGE-SECRET-KEY-1.",
  );
}

/** Throws SEALTRACE_KEY_INVALID for what is no identity. */
export function addIdentity(decrypter: Decrypter, identity: string): void {
  const text = identity.trim();
  if (text.startsWith(PRIVATE_KEY_BEGIN)) {
    decrypter.addIdentity(sshIdentity(parseSshPrivateKey(text)));
    return;
  }
  const native = checkNative(text);
  try {
    decrypter.addIdentity(native);
  } catch {
    // Not even as a cause: its message may quote the secret.
    throw notAnIdentity();
  }
}

function checkNative(identity: string, where = ""): string {
  if (NATIVE.test(identity)) return identity;
  if (/^AGE-PLUGIN-/i.test(identity)) {
    throw new SealtraceError(
      "SEALTRACE_KEY_INVALID",
      `The identity${where} is a plugin's: plugins are programs, and none is run. Use the age command.`,
    );
  }
  if (/^age1|^ssh-/.test(identity)) {
    throw new SealtraceError(
      "SEALTRACE_KEY_INVALID",
      `There is a recipient${where} where an identity is wanted: an identity begins with AGE-SECRET-KEY-1.`,
    );
  }
  throw notAnIdentity(where);
}

function notAnIdentity(where = ""): SealtraceError {
  return new SealtraceError(
    "SEALTRACE_KEY_INVALID",
    `What stands${where === "" ? " here" : where} is no identity, or was copied wrongly: AGE-SECRET-KEY-1 and 58 more characters, or an SSH private key file.`,
  );
}
