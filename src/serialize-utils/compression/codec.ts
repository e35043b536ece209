import { constants } from "node:buffer";
import type { Transform } from "node:stream";
import type { Zlib } from "node:zlib";
import type { PieceReader } from "./piece-reader.ts";

/** A native compressor or decompressor. */
export type Engine = Transform & Zlib;

/** How a kind of compression is written and read. A content is made of units: frames of zstd, members of gzip, the one stream of brotli. */
export interface Codec {
  readonly suffix: string;
  readonly levels: { readonly lowest: number; readonly highest: number; readonly usual: number };
  /** Whether another unit may begin with these bytes; as many of them as are there. Undefined: only one unit may be in a content. */
  readonly begins: ((bytes: Uint8Array) => boolean) | undefined;
  compress(bytes: Uint8Array, level: number): Buffer;
  compressor(level: number): Engine;
  /** One unit, from an offset on. Throws SEALTRACE_DATA_TRUNCATED when its end is missing. */
  decompress(bytes: Uint8Array, from: number, limits: UnitLimits): Unit;
  /** {@link Codec.decompress}, of what a reader gives next. */
  decompressStream(reader: PieceReader, limits: UnitLimits): AsyncIterable<Uint8Array>;
}

export interface UnitLimits {
  /** The most bytes that the unit may become. */
  readonly left: number;
  /** Of the whole content, for the error. */
  readonly maxBytes: number;
}

export interface Unit {
  readonly content: Buffer;
  /** The offset after the unit. */
  readonly end: number;
}

/** As many bytes as are there. */
export function startsWith(bytes: Uint8Array, magic: readonly number[]): boolean {
  return bytes.length > 0 && magic.every((byte, i) => i >= bytes.length || bytes[i] === byte);
}

/** What `node:zlib` takes as the most that may come. */
export function mostOutput(left: number): number {
  return Math.min(Math.max(Math.floor(left), 1), constants.MAX_LENGTH);
}

/** How large the pieces of a whole content are, of which so much may come; what was only claimed costs no more than this. */
export function pieceFor(bytes: number = LARGE_PIECE_BYTES): number {
  return Math.min(Math.max(bytes + 64, 1024), LARGE_PIECE_BYTES);
}

const LARGE_PIECE_BYTES = 256 * 1024;
