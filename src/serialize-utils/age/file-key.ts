import { createCipheriv, createDecipheriv } from "node:crypto";
import { SealtraceError } from "../../record/index.ts";

const FILE_KEY_BYTES = 16;
const TAG_BYTES = 16;
export const WRAPPED_BYTES: number = FILE_KEY_BYTES + TAG_BYTES;
const ZERO_NONCE = Buffer.alloc(12);

/** A file key under a key that is used for nothing else: so the nonce may be zero. */
export function wrapFileKey(fileKey: Uint8Array, key: Uint8Array): Buffer {
  const cipher = createCipheriv("chacha20-poly1305", key, ZERO_NONCE, { authTagLength: TAG_BYTES });
  return Buffer.concat([cipher.update(fileKey), cipher.final(), cipher.getAuthTag()]);
}

/** Null when it is under another key. */
export function unwrapFileKey(body: Uint8Array, key: Uint8Array): Buffer | null {
  const decipher = createDecipheriv("chacha20-poly1305", key, ZERO_NONCE, { authTagLength: TAG_BYTES });
  decipher.setAuthTag(body.subarray(FILE_KEY_BYTES));
  const fileKey = decipher.update(body.subarray(0, FILE_KEY_BYTES));
  try {
    decipher.final();
    return fileKey;
  } catch {
    return null;
  }
}

export function malformedStanza(type: string): SealtraceError {
  return new SealtraceError("SEALTRACE_INVALID_DATA", `The age header is malformed: what it has for ${type}.`);
}
