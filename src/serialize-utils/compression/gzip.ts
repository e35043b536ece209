import { crc32, createGzip, createInflateRaw, gzipSync, inflateRawSync, type Zlib } from "node:zlib";
import { SealtraceError } from "../../record/index.ts";
import { mostOutput, pieceFor, startsWith, type Codec } from "./codec.ts";
import { bounded, decodingError, PIECE_BYTES, runToItsEnd, truncated } from "./engine.ts";
import { gzipHeaderEnd } from "./gzip-header.ts";
import type { PieceReader } from "./piece-reader.ts";

/**
 * RFC 1952. Members are read one by one: the native reader passes over what follows the last one when that is zeros, and doesn't tell how many there were.
 */
export const gzip: Codec = {
  suffix: "gz",
  levels: { lowest: 0, highest: 9, usual: 6 },
  begins: (bytes) => startsWith(bytes, [0x1f, 0x8b]),
  compress: (bytes, level) => gzipSync(bytes, { level, chunkSize: pieceFor(bytes.length) }),
  compressor: (level) => createGzip({ level, chunkSize: PIECE_BYTES }),
  decompress(bytes, from, { left, maxBytes }) {
    const begin = gzipHeaderEnd(bytes, from);
    if (begin === undefined) throw cutShort(bytes.length, from);
    try {
      // Says how much it took.
      const options = { info: true, maxOutputLength: mostOutput(left), chunkSize: pieceFor() };
      const { buffer: content, engine } = inflateRawSync(bytes.subarray(begin), options) as unknown as Inflated;
      const trailer = begin + engine.bytesWritten;
      const end = trailer + TRAILER_LENGTH;
      if (end > bytes.length) throw cutShort(bytes.length, from);
      checkTrailer(bytes.subarray(trailer, end), crc32(content), content.length);
      return { content, end };
    } catch (error) {
      throw decodingError(error, maxBytes);
    }
  },
  async *decompressStream(reader, limits) {
    const start = reader.position;
    await skipHeader(reader);
    const engine = createInflateRaw({ chunkSize: PIECE_BYTES });
    let checksum = 0;
    let length = 0;
    for await (const piece of bounded(runToItsEnd(engine, reader), limits)) {
      checksum = crc32(piece, checksum);
      length += piece.length;
      yield piece;
    }
    const trailer = await reader.take(TRAILER_LENGTH);
    if (trailer.length < TRAILER_LENGTH) throw cutShort(reader.position, start);
    checkTrailer(trailer, checksum, length);
  },
};

interface Inflated {
  readonly buffer: Buffer;
  readonly engine: Zlib;
}

async function skipHeader(reader: PieceReader): Promise<void> {
  const begin = reader.position;
  for (let length = FIRST_LOOK; ; length *= 2) {
    const head = await reader.peek(length);
    const end = gzipHeaderEnd(head, 0);
    if (end !== undefined) {
      await reader.take(end);
      return;
    }
    if (head.length < length) throw cutShort(begin + head.length, begin);
    if (length >= LONGEST_HEADER) {
      throw new SealtraceError(
        "SEALTRACE_LIMIT_EXCEEDED",
        `The gzip header at byte ${begin} is longer than ${LONGEST_HEADER} bytes.`,
      );
    }
  }
}

function checkTrailer(trailer: Uint8Array, checksum: number, length: number): void {
  const view = new DataView(trailer.buffer, trailer.byteOffset);
  if (view.getUint32(0, true) === checksum && view.getUint32(4, true) === length % 2 ** 32) return;
  throw new SealtraceError("SEALTRACE_INVALID_DATA", "It can't be decompressed, it is damaged: its checksum is wrong.");
}

function cutShort(end: number, begin: number): SealtraceError {
  return truncated(`byte ${end}, within the member that begins at byte ${begin}`);
}

const TRAILER_LENGTH = 8;
const FIRST_LOOK = 1024;
/** An extra field of 64 KiB, and names. */
const LONGEST_HEADER: number = 256 * 1024;
