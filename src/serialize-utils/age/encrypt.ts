import { armored } from "./armor.ts";
import { ByteQueue } from "./byte-queue.ts";
import { collect } from "./collect.ts";
import { sealHeader } from "./header.ts";
import type { AgeEncryption, ByteSource } from "./options.ts";
import { CHUNK_BYTES, PayloadSealer, TAG_BYTES } from "./payload.ts";

/**
 * Encrypts with age (c2sp.org/age): what the `age` command opens. Who encrypted it is not proven by that: sign it as well. Rejects with SEALTRACE_USAGE without
 * recipients or passphrase, and with SEALTRACE_KEY_INVALID for a recipient that is none.
 */
export async function encryptAge(bytes: Uint8Array, options: AgeEncryption): Promise<Buffer> {
  const size = bytes.length + (bytes.length / CHUNK_BYTES + 1) * TAG_BYTES + TYPICAL_HEADER_BYTES;
  const parts = flat(encrypted([bytes], options));
  return options.armor === true
    ? collect(armored(parts), Math.ceil(size * ARMOR_RATIO))
    : collect(parts, Math.ceil(size));
}

const TYPICAL_HEADER_BYTES = 1024;
const ARMOR_RATIO = 65 / 48;

/** The same for what does not fit into memory, in pieces of any size. */
export function encryptAgeStream(source: ByteSource, options: AgeEncryption): AsyncGenerator<Buffer> {
  const parts = encrypted(source, options);
  return options.armor === true ? armored(flat(parts)) : joined(parts);
}

/** What belongs together, in its parts. */
type Parts = readonly Buffer[];

async function* flat(all: AsyncIterable<Parts>): AsyncGenerator<Buffer> {
  for await (const parts of all) yield* parts;
}

async function* joined(all: AsyncIterable<Parts>): AsyncGenerator<Buffer> {
  for await (const parts of all) yield Buffer.concat(parts);
}

async function* encrypted(source: ByteSource, options: AgeEncryption): AsyncGenerator<Parts> {
  const { header, fileKey } = await sealHeader(options);
  const sealer = new PayloadSealer(fileKey);
  const queue = new ByteQueue();
  let begun = false;
  for await (const piece of source) {
    // Not before: a source that can't be read leaves nothing behind.
    if (!begun) yield [header, sealer.nonce];
    begun = true;
    queue.push(piece);
    // A full chunk is the last one if nothing follows.
    while (queue.length > CHUNK_BYTES) yield sealer.seal(queue.take(CHUNK_BYTES), false);
  }
  if (!begun) yield [header, sealer.nonce];
  yield sealer.seal(queue.takeAll(), true);
}
