import { SealtraceError } from "../../record/index.ts";
import { DEFAULT_MAX_BYTES, DEFAULT_MAX_MILLISECONDS, checkLimits, limitExceeded } from "../limits.ts";
import { ArmorReader, looksArmored } from "./armor.ts";
import { ByteQueue } from "./byte-queue.ts";
import { collect } from "./collect.ts";
import { HeaderReader } from "./header-reader.ts";
import { openHeader } from "./header.ts";
import { DEFAULT_MAX_HEADER_BYTES, type AgeDecryption, type ByteSource } from "./options.ts";
import { endsEarly, INTRODUCTION, NONCE_BYTES, PayloadOpener, SEALED_CHUNK_BYTES } from "./payload.ts";

/**
 * Decrypts what was encrypted with age (c2sp.org/age), armored or not. Rejects, and gives nothing, when anything of it was changed: with
 * SEALTRACE_DECRYPTION_FAILED, also when no identity opens it; with SEALTRACE_DATA_TRUNCATED, SEALTRACE_DATA_TRAILING and SEALTRACE_DATA_CONCATENATED where
 * these can be told from other changes; with SEALTRACE_INVALID_DATA for what is no age file, SEALTRACE_LIMIT_EXCEEDED and SEALTRACE_KEY_INVALID.
 */
export async function decryptAge(bytes: Uint8Array, options: AgeDecryption): Promise<Buffer> {
  const { maxBytes = DEFAULT_MAX_BYTES, maxMilliseconds = DEFAULT_MAX_MILLISECONDS } = options;
  return collect(decryptAgeStream([bytes], { ...options, maxBytes, maxMilliseconds }), bytes.length);
}

/**
 * The same for what does not fit into memory, in pieces of any size. Each 64 KiB is handed out once it is authenticated; that nothing is missing at the end is
 * known only when the stream has ended without an error. `maxBytes` and `maxMilliseconds` are unlimited unless they are given.
 */
export async function* decryptAgeStream(source: ByteSource, options: AgeDecryption): AsyncGenerator<Buffer> {
  const limits = new StreamLimits(options);
  const headerReader = new HeaderReader(options.maxHeaderBytes ?? DEFAULT_MAX_HEADER_BYTES);
  const queue = new ByteQueue();
  let fileKey: Uint8Array | undefined;
  let opener: PayloadOpener | undefined;
  for await (let piece of unarmored(source)) {
    if (fileKey === undefined) {
      const found = headerReader.push(piece);
      if (found === undefined) continue;
      fileKey = await openHeader(found.header, options);
      piece = found.rest;
    }
    queue.push(piece);
    if (opener === undefined) {
      if (queue.length < NONCE_BYTES) continue;
      opener = new PayloadOpener(fileKey, queue.take(NONCE_BYTES));
    }
    while (queue.length >= SEALED_CHUNK_BYTES + LOOK_AHEAD) yield* limits.counted(openNext(opener, queue));
  }
  if (fileKey === undefined) headerReader.end();
  if (opener === undefined) throw endsEarly("right after its header");
  if (queue.length > SEALED_CHUNK_BYTES) yield* limits.counted(openNext(opener, queue));
  yield* limits.counted(opener.openLast(queue.takeAll()));
}

/** A chunk whose end is followed by another file is seen as such, in whatever pieces they come. */
const LOOK_AHEAD = INTRODUCTION.length;

function openNext(opener: PayloadOpener, queue: ByteQueue): Generator<Buffer> {
  return opener.open(queue.take(SEALED_CHUNK_BYTES), () => queue.peek(LOOK_AHEAD));
}

async function* unarmored(source: ByteSource): AsyncGenerator<Uint8Array> {
  let armor: ArmorReader | undefined;
  let begun = false;
  for await (const piece of source) {
    if (!(piece instanceof Uint8Array)) {
      throw new SealtraceError("SEALTRACE_USAGE", "Encrypted content comes as bytes (Uint8Array), not as text.");
    }
    if (!begun && piece.length > 0) {
      begun = true;
      if (looksArmored(piece[0] as number)) armor = new ArmorReader();
    }
    if (armor === undefined) yield piece;
    else yield* armor.push(piece);
  }
  if (armor !== undefined) yield* armor.end();
}

class StreamLimits {
  readonly #maxBytes: number;
  readonly #maxMilliseconds: number;
  readonly #end: number;
  #bytes = 0;

  constructor(options: AgeDecryption) {
    checkLimits(options);
    const { maxBytes = Infinity, maxMilliseconds = Infinity } = options;
    this.#maxBytes = maxBytes;
    this.#maxMilliseconds = maxMilliseconds;
    this.#end = performance.now() + maxMilliseconds;
  }

  *counted(chunks: Iterable<Buffer>): Generator<Buffer> {
    for (const chunk of chunks) {
      this.#bytes += chunk.length;
      if (this.#bytes > this.#maxBytes) throw limitExceeded("maxBytes", this.#maxBytes);
      if (performance.now() > this.#end) throw limitExceeded("maxMilliseconds", this.#maxMilliseconds);
      if (chunk.length > 0) yield chunk;
    }
  }
}
