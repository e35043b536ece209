/** Age files as an attacker would make them, who may write anything but doesn't know the secrets of others: an independent writer of the format. */
import { createCipheriv, hkdfSync, randomBytes } from "node:crypto";
import { Encrypter, Stanza } from "age-encryption";

export interface Chunk {
  readonly bytes: Uint8Array;
  /** What its nonce says. */
  readonly number: number;
  readonly last: boolean;
}

export interface CraftedFile {
  readonly header: Buffer;
  readonly nonce: Buffer;
  /** Sealed, one by one. */
  readonly chunks: readonly Buffer[];
  readonly whole: Buffer;
}

/** A file for a recipient, with further stanzas before that one's, and these chunks. */
export async function craft(
  recipient: string,
  chunks: readonly Chunk[],
  stanzas: readonly Stanza[] = [],
): Promise<CraftedFile> {
  const encrypter = new Encrypter();
  let fileKey: Uint8Array = new Uint8Array();
  encrypter.addRecipient({
    wrapFileKey(key) {
      fileKey = key;
      return [...stanzas];
    },
  });
  encrypter.addRecipient(recipient);
  const header = Buffer.from(await encrypter.encrypt(new Uint8Array())).subarray(0, -32);
  const nonce = randomBytes(16);
  const key = Buffer.from(hkdfSync("sha256", fileKey, nonce, "payload", 32));
  const sealed = chunks.map((chunk) => seal(key, chunk));
  return { header, nonce, chunks: sealed, whole: Buffer.concat([header, nonce, ...sealed]) };
}

/** The chunks of a right file. */
export function chunksOf(bytes: Uint8Array, size = 65_536): Chunk[] {
  const count = Math.max(1, Math.ceil(bytes.length / size));
  return Array.from({ length: count }, (_, i) => ({
    bytes: bytes.subarray(i * size, (i + 1) * size),
    number: i,
    last: i === count - 1,
  }));
}

function seal(key: Buffer, { bytes, number, last }: Chunk): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUInt32BE(number, 7);
  nonce[11] = last ? 1 : 0;
  const cipher = createCipheriv("chacha20-poly1305", key, nonce, { authTagLength: 16 });
  return Buffer.concat([cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
}
