import {
  brotliCompressSync,
  brotliDecompressSync,
  constants,
  createBrotliCompress,
  createBrotliDecompress,
  type Zlib,
} from "node:zlib";
import { mostOutput, pieceFor, type Codec } from "./codec.ts";
import { bounded, decodingError, PIECE_BYTES, runToItsEnd } from "./engine.ts";

/** RFC 7932. It has no checksum: some changed bits are decompressed to something else without a word. Nor has it a magic number, so nothing may follow it. */
export const brotli: Codec = {
  suffix: "br",
  levels: { lowest: 0, highest: 11, usual: 5 },
  begins: undefined,
  compress: (bytes, level) =>
    brotliCompressSync(bytes, { ...compressing(level, bytes.length), chunkSize: pieceFor(bytes.length) }),
  compressor: (level) => createBrotliCompress({ ...compressing(level, 0), chunkSize: PIECE_BYTES }),
  decompress(bytes, from, { left, maxBytes }) {
    try {
      const options = { info: true, maxOutputLength: mostOutput(left), chunkSize: pieceFor() };
      const { buffer: content, engine } = brotliDecompressSync(
        bytes.subarray(from),
        options,
      ) as unknown as Decompressed;
      return { content, end: from + engine.bytesWritten };
    } catch (error) {
      throw decodingError(error, maxBytes);
    }
  },
  decompressStream: (reader, limits) =>
    bounded(runToItsEnd(createBrotliDecompress({ chunkSize: PIECE_BYTES }), reader), limits),
};

interface Decompressed {
  readonly buffer: Buffer;
  readonly engine: Zlib;
}

function compressing(level: number, size: number): { readonly params: Record<number, number> } {
  return { params: { [constants.BROTLI_PARAM_QUALITY]: level, [constants.BROTLI_PARAM_SIZE_HINT]: size } };
}
