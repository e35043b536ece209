/** The header of an age file (c2sp.org/age): the file key, wrapped for each recipient, under a MAC. It is age-encryption's work. */
import type { Identity, Recipient, Stanza } from "age-encryption";
import { SealtraceError } from "../../record/index.ts";
import { addIdentity } from "./identities.ts";
import { loadAge } from "./load-age.ts";
import {
  DEFAULT_MAX_SCRYPT_WORK_FACTOR,
  DEFAULT_SCRYPT_WORK_FACTOR,
  type AgeDecryption,
  type AgeEncryption,
} from "./options.ts";
import { passphraseIdentity, passphraseRecipient } from "./passphrase.ts";
import { NONCE_BYTES, TAG_BYTES } from "./payload.ts";
import { addRecipients } from "./recipients.ts";

/** A new file key and a header for all who may open it. Throws SEALTRACE_USAGE and SEALTRACE_KEY_INVALID. */
export async function sealHeader(options: AgeEncryption): Promise<{ header: Buffer; fileKey: Uint8Array }> {
  const { recipients = [], passphrase, scryptWorkFactor = DEFAULT_SCRYPT_WORK_FACTOR } = options;
  if ((passphrase === undefined) === (recipients.length === 0)) {
    throw new SealtraceError(
      "SEALTRACE_USAGE",
      "Encryption needs either recipients or a passphrase: a passphrase can't be mixed with recipients.",
    );
  }
  const { Encrypter } = await loadAge();
  const encrypter = new Encrypter();
  if (passphrase !== undefined) encrypter.addRecipient(passphraseRecipient(passphrase, scryptWorkFactor));
  addRecipients(encrypter, recipients);
  let fileKey: Uint8Array | undefined;
  const capture: Recipient = {
    wrapFileKey(key) {
      fileKey = key;
      return [];
    },
  };
  encrypter.addRecipient(capture);
  let empty: Uint8Array;
  try {
    empty = await encrypter.encrypt(new Uint8Array());
  } catch (cause) {
    if (cause instanceof SealtraceError) throw cause;
    throw new SealtraceError(
      "SEALTRACE_KEY_INVALID",
      "One of the recipients is spelled rightly, but is no key: nothing can be encrypted for it.",
      { cause },
    );
  }
  return { header: Buffer.from(empty.subarray(0, -NONCE_BYTES - TAG_BYTES)), fileKey: fileKey as Uint8Array };
}

/**
 * The file key. Throws SEALTRACE_DECRYPTION_FAILED when no identity opens it or it was changed, SEALTRACE_INVALID_DATA for what is malformed,
 * SEALTRACE_KEY_INVALID for identities that are none.
 */
export async function openHeader(header: Uint8Array, options: AgeDecryption): Promise<Uint8Array> {
  const { identities = [], passphrase, maxScryptWorkFactor = DEFAULT_MAX_SCRYPT_WORK_FACTOR } = options;
  if (identities.length === 0 && passphrase === undefined) {
    throw new SealtraceError("SEALTRACE_USAGE", "Decryption needs an identity or a passphrase.");
  }
  const { Decrypter } = await loadAge();
  const decrypter = new Decrypter();
  const progress: { stage: "reading" | "unwrapping" | "no match" | "unwrapped"; stanzas: readonly Stanza[] } = {
    stage: "reading",
    stanzas: [],
  };
  const first: Identity = {
    unwrapFileKey(stanzas) {
      Object.assign(progress, { stage: "unwrapping", stanzas });
      checkStanzas(stanzas);
      return null;
    },
  };
  const last: Identity = {
    unwrapFileKey() {
      progress.stage = "no match";
      return null;
    },
  };
  decrypter.addIdentity(first);
  for (const identity of identities) addIdentity(decrypter, identity);
  if (passphrase !== undefined) decrypter.addIdentity(passphraseIdentity(passphrase, maxScryptWorkFactor));
  decrypter.addIdentity(last);
  try {
    return await decrypter.decryptHeader(header);
  } catch (cause) {
    if (cause instanceof SealtraceError) throw cause;
    if (progress.stage === "no match") throw noMatch(progress.stanzas, options);
    // Its own sentence is the only thing that tells it from a malformed stanza.
    if (progress.stage === "unwrapping" && String(cause).includes("HMAC")) {
      throw new SealtraceError(
        "SEALTRACE_DECRYPTION_FAILED",
        "Its header was changed after it was encrypted: don't use it, get it again.",
        { cause },
      );
    }
    throw new SealtraceError(
      "SEALTRACE_INVALID_DATA",
      "The age header is malformed: what wrote it is wrong, or it was changed.",
      {
        cause,
      },
    );
  }
}

/** A passphrase stands alone: else who knows it could pretend to be the sender of what others open. */
function checkStanzas(stanzas: readonly Stanza[]): void {
  if (stanzas.length === 1 || stanzas.every(({ args }) => args[0] !== "scrypt")) return;
  throw new SealtraceError(
    "SEALTRACE_INVALID_DATA",
    "The age header is malformed: it mixes a passphrase with recipients.",
  );
}

function noMatch(stanzas: readonly Stanza[], { identities = [], passphrase }: AgeDecryption): SealtraceError {
  const byPassphrase = stanzas.some(({ args }) => args[0] === "scrypt");
  const types = [...new Set(stanzas.map(({ args }) => args[0]?.slice(0, 40)))].slice(0, 5).join(", ");
  const sentence = byPassphrase
    ? passphrase === undefined
      ? "It is encrypted with a passphrase: give that."
      : "The passphrase is wrong."
    : identities.length === 0
      ? `It is encrypted for recipients (${types}), not with a passphrase: give an identity.`
      : `None of the identities opens it: it is encrypted for others (${types}).`;
  return new SealtraceError("SEALTRACE_DECRYPTION_FAILED", sentence);
}
