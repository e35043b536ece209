import { checkText } from "../content-argument.ts";
import type { KeyObject } from "node:crypto";
import { SealtraceError } from "../../record/index.ts";
import { ed25519PublicBytes, ed25519PublicKey } from "./ed25519.ts";
import { bytesOf, linesOf, UNTRUSTED } from "./minisign-lines.ts";

export interface MinisignPublicKey {
  /** 16 hexadecimal digits, as the minisign command shows it. */
  readonly keyId: string;
  readonly key: KeyObject;
}

export const ALGORITHM = "Ed";
export const KEY_ID_BYTES = 8;
const KEY_BYTES = 32;

/** The key of a public key file's text, or of the one line of base64 in it (minisign's `-P`). Throws SEALTRACE_KEY_INVALID. */
export function parseMinisignPublicKey(text: string): MinisignPublicKey {
  checkText(text);
  const [comment, base64] = linesOf(text.trim(), 2) ?? [UNTRUSTED, text.trim()];
  const bytes = bytesOf(base64, 2 + KEY_ID_BYTES + KEY_BYTES);
  if (bytes === undefined || comment?.startsWith(UNTRUSTED) !== true || bytes.toString("latin1", 0, 2) !== ALGORITHM) {
    throw new SealtraceError(
      "SEALTRACE_KEY_INVALID",
      "It is no minisign public key: that is a line of 56 characters that begins with RW, below a comment.",
    );
  }
  return {
    keyId: keyIdOf(bytes.subarray(2, 2 + KEY_ID_BYTES)),
    key: ed25519PublicKey(bytes.subarray(2 + KEY_ID_BYTES)),
  };
}

/** The text of a public key file. */
export function minisignPublicKeyText(keyId: string, key: KeyObject): string {
  const bytes = Buffer.concat([Buffer.from(ALGORITHM), keyIdBytes(keyId), ed25519PublicBytes(key)]);
  return `${UNTRUSTED}minisign public key ${keyId}\n${bytes.toString("base64")}\n`;
}

/** The command shows the eight bytes as a little-endian number. */
export function keyIdOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).reverse().toString("hex").toUpperCase();
}

export function keyIdBytes(keyId: string): Buffer {
  return Buffer.from(keyId, "hex").reverse();
}
