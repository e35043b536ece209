import { armored } from "./armor.ts";
import { ByteQueue } from "./byte-queue.ts";
import { sealHeader } from "./header.ts";
import type { AgeEncryption, ByteSource } from "./options.ts";
import { CHUNK_BYTES, PayloadSealer } from "./payload.ts";

/**
 * Encrypts with age (c2sp.org/age): what the `age` command opens. Who encrypted it is not proven by that: sign it as well. Rejects with SEALTRACE_USAGE without
 * recipients or passphrase, and with SEALTRACE_KEY_INVALID for a recipient that is none.
 */
export async function encryptAge(bytes: Uint8Array, options: AgeEncryption): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of encryptAgeStream([bytes], options)) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** The same for what does not fit into memory, in pieces of any size. */
export function encryptAgeStream(source: ByteSource, options: AgeEncryption): AsyncGenerator<Buffer> {
  const pieces = encrypted(source, options);
  return options.armor === true ? armored(pieces) : pieces;
}

async function* encrypted(source: ByteSource, options: AgeEncryption): AsyncGenerator<Buffer> {
  const { header, fileKey } = await sealHeader(options);
  const sealer = new PayloadSealer(fileKey);
  yield Buffer.concat([header, sealer.nonce]);
  const queue = new ByteQueue();
  for await (const piece of source) {
    queue.push(piece);
    // A full chunk is the last one if nothing follows.
    while (queue.length > CHUNK_BYTES) yield* sealer.seal(queue.take(CHUNK_BYTES), false);
  }
  yield* sealer.seal(queue.takeAll(), true);
}
