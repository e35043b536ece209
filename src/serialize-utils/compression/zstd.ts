import { constants, createZstdCompress, createZstdDecompress, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { SealtraceError } from "../../record/index.ts";
import { limitExceeded } from "../limits.ts";
import { mostOutput, pieceFor, startsWith, type Codec, type UnitLimits } from "./codec.ts";
import { bounded, decodingError, PIECE_BYTES, run, truncated } from "./engine.ts";
import { ZstdFrame } from "./zstd-frame.ts";

/** RFC 8878. Every frame that is written ends with a checksum of its content; frames that have none are read, too. */
export const zstd: Codec = {
  suffix: "zst",
  levels: { lowest: -7, highest: 22, usual: 3 },
  begins: (bytes) => startsWith(bytes, FRAME_MAGIC) || beginsSkippable(bytes),
  compress: (bytes, level) => zstdCompressSync(bytes, { ...compressing(level), chunkSize: pieceFor(bytes.length) }),
  compressor: (level) => createZstdCompress({ ...compressing(level), chunkSize: PIECE_BYTES }),
  decompress(bytes, from, limits) {
    const frame = new ZstdFrame();
    const end = frame.take(bytes, from);
    if (frame.isHeaderRead) checkClaims(frame, limits);
    if (!frame.isDone) throw cutShort(bytes.length, from);
    if (frame.isSkippable) return { content: Buffer.alloc(0), end };
    try {
      const content = zstdDecompressSync(bytes.subarray(from, end), {
        ...decompressing(limits),
        chunkSize: pieceFor(frame.contentBytes),
        maxOutputLength: mostOutput(limits.left),
      });
      return { content, end };
    } catch (error) {
      throw decodingError(error, limits.maxBytes);
    }
  },
  async *decompressStream(reader, limits) {
    const frame = new ZstdFrame();
    const begin = reader.position;
    const next = async (): Promise<Uint8Array | undefined> => {
      if (frame.isDone) return undefined;
      const piece = await reader.next();
      if (piece === undefined) throw cutShort(reader.position, begin);
      const end = frame.take(piece, 0);
      reader.giveBack(piece.subarray(end));
      if (frame.isHeaderRead) checkClaims(frame, limits);
      return piece.subarray(0, end);
    };
    if (beginsSkippable(await reader.peek(FRAME_MAGIC.length))) while ((await next()) !== undefined);
    else yield* bounded(run(createZstdDecompress({ ...decompressing(limits), chunkSize: PIECE_BYTES }), next), limits);
  },
};

function compressing(level: number): { readonly params: Record<number, number> } {
  return { params: { [constants.ZSTD_c_compressionLevel]: level, [constants.ZSTD_c_checksumFlag]: 1 } };
}

function decompressing(limits: UnitLimits): { readonly params: Record<number, number> } {
  return { params: { [constants.ZSTD_d_windowLogMax]: Math.ceil(Math.log2(maxWindow(limits))) } };
}

/** The decoder keeps as much of what it has made: a few bytes may ask for gigabytes. Not less than RFC 8878 wants of everybody, not more than the command `zstd` takes. */
function maxWindow({ maxBytes }: UnitLimits): number {
  return Math.min(Math.max(maxBytes, 8 * 1024 * 1024), 128 * 1024 * 1024);
}

/** Before anything is made room for. */
function checkClaims({ contentBytes = 0, windowBytes }: ZstdFrame, limits: UnitLimits): void {
  if (contentBytes > limits.left) throw limitExceeded("maxBytes", limits.maxBytes, "once decompressed");
  if (windowBytes <= maxWindow(limits)) return;
  throw new SealtraceError(
    "SEALTRACE_LIMIT_EXCEEDED",
    `It wants a window of ${windowBytes} bytes to be decompressed, more than the ${maxWindow(limits)} that it gets: compress it without --long, or raise maxBytes (a window may be 128 MiB).`,
  );
}

function cutShort(end: number, begin: number): SealtraceError {
  return truncated(`byte ${end}, within the frame that begins at byte ${begin}`);
}

function beginsSkippable(bytes: Uint8Array): boolean {
  return ((bytes[0] ?? 0) & 0xf0) === 0x50 && startsWith(bytes.subarray(1), SKIPPABLE_MAGIC_AFTER_FIRST);
}

const FRAME_MAGIC = [0x28, 0xb5, 0x2f, 0xfd];
const SKIPPABLE_MAGIC_AFTER_FIRST = [0x2a, 0x4d, 0x18];
