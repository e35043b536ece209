/** zstd, gzip and brotli by `node:zlib`, with an end to everything: output is bounded, and what stands after the end is never passed over. */
import { checkBytes } from "../content-argument.ts";
import { SealtraceError } from "../../record/index.ts";
import {
  DEFAULT_MAX_BYTES,
  DEFAULT_MAX_MILLISECONDS,
  checkLimits,
  limitExceeded,
  type ReadingLimits,
} from "../limits.ts";
import { brotli } from "./brotli.ts";
import type { Codec, UnitLimits } from "./codec.ts";
import { run, truncated } from "./engine.ts";
import { gzip } from "./gzip.ts";
import { PieceReader } from "./piece-reader.ts";
import { zstd } from "./zstd.ts";

/**
 * - `zstd`: RFC 8878, with a checksum of the content
 * - `gzip`: RFC 1952, with a checksum of the content
 * - `brotli`: RFC 7932; without a checksum, so that damage may go unseen: sign or encrypt what matters
 */
export type CompressionName = "zstd" | "gzip" | "brotli";

export interface CompressionOptions {
  /** zstd -7 to 22 (default 3), gzip 0 to 9 (default 6), brotli 0 to 11 (default 5): higher is smaller and slower. */
  readonly level?: number | undefined;
}

export interface DecompressionOptions extends Pick<ReadingLimits, "maxBytes" | "maxMilliseconds"> {
  /**
   * Several zstd frames or gzip members one after the other. Both standards allow it, and the commands `zstd` and `gzip` read them as one content, as is
   * done here; `refuse` takes one alone. Default: `accept`.
   */
  readonly concatenated?: "accept" | "refuse" | undefined;
}

const CODECS: Readonly<Record<CompressionName, Codec>> = { zstd, gzip, brotli };

export const COMPRESSIONS: readonly CompressionName[] = Object.keys(CODECS) as CompressionName[];

/** `zst` for zstd, `gz`, `br`. */
export function compressionSuffix(name: CompressionName): string {
  return CODECS[name].suffix;
}

/** All in one frame, member or stream. Throws SEALTRACE_USAGE for a level that there is not. */
export function compress(bytes: Uint8Array, name: CompressionName, options: CompressionOptions = {}): Buffer {
  checkBytes(bytes);
  const codec = codecOf(name);
  return codec.compress(bytes, levelOf(codec, name, options));
}

/** {@link compress}, a piece at a time, in constant memory and off the event loop. */
export async function* compressStream(
  source: AsyncIterable<Uint8Array>,
  name: CompressionName,
  options: CompressionOptions = {},
): AsyncGenerator<Uint8Array> {
  const codec = codecOf(name);
  const reader = new PieceReader(source);
  try {
    yield* run(codec.compressor(levelOf(codec, name, options)), () => reader.next());
  } finally {
    await reader.close();
  }
}

/**
 * The content. Throws SEALTRACE_DATA_TRUNCATED when it ends too early, _DATA_TRAILING when something else follows it, _DATA_CONCATENATED for a second frame
 * or member where that is refused, _LIMIT_EXCEEDED beyond `maxBytes` (256 MiB), which is also what it allocates at most, _INVALID_DATA for what is damaged.
 */
export function decompress(bytes: Uint8Array, name: CompressionName, options: DecompressionOptions = {}): Buffer {
  checkBytes(bytes);
  const codec = codecOf(name);
  const budget = new UnitBudget(options);
  const contents: Buffer[] = [];
  let at = 0;
  do {
    if (at > 0) checkFollowing(codec, bytes.subarray(at, at + LONGEST_MAGIC), at, options);
    else checkBeginning(codec, name, bytes.subarray(0, LONGEST_MAGIC));
    const { content, end } = codec.decompress(bytes, at, budget);
    budget.spend(content.length);
    contents.push(content);
    at = end;
  } while (at < bytes.length);
  return contents.length === 1 ? (contents[0] as Buffer) : Buffer.concat(contents);
}

/**
 * {@link decompress}, a piece at a time, in constant memory and off the event loop. What is handed out is not known to be whole until the end has come
 * without an error.
 */
export async function* decompressStream(
  source: AsyncIterable<Uint8Array>,
  name: CompressionName,
  options: DecompressionOptions = {},
): AsyncGenerator<Uint8Array> {
  const codec = codecOf(name);
  const budget = new UnitBudget(options);
  const reader = new PieceReader(source);
  try {
    for (let isFirst = true; ; isFirst = false) {
      const next = await reader.peek(LONGEST_MAGIC);
      if (isFirst) checkBeginning(codec, name, next);
      else if (next.length === 0) return;
      else checkFollowing(codec, next, reader.position, options);
      const unit = { left: budget.left, maxBytes: budget.maxBytes };
      for await (const piece of codec.decompressStream(reader, unit)) {
        budget.spend(piece.length);
        yield piece;
      }
      budget.spend(0);
    }
  } finally {
    await reader.close();
  }
}

/** What may still come, and how long it may take. */
class UnitBudget implements UnitLimits {
  readonly maxBytes: number;
  left: number;
  readonly #maxMilliseconds: number;
  readonly #end: number;

  constructor(limits: DecompressionOptions) {
    checkLimits(limits);
    const { maxBytes = DEFAULT_MAX_BYTES, maxMilliseconds = DEFAULT_MAX_MILLISECONDS } = limits;
    this.maxBytes = maxBytes;
    this.left = maxBytes;
    this.#maxMilliseconds = maxMilliseconds;
    this.#end = performance.now() + maxMilliseconds;
  }

  spend(bytes: number): void {
    if (bytes > this.left) throw limitExceeded("maxBytes", this.maxBytes, "once decompressed");
    this.left -= bytes;
    if (performance.now() > this.#end) throw limitExceeded("maxMilliseconds", this.#maxMilliseconds);
  }
}

function checkBeginning({ begins }: Codec, name: CompressionName, head: Uint8Array): void {
  if (head.length === 0) throw truncated("byte 0: it is empty");
  if (begins?.(head) !== false) return;
  throw new SealtraceError(
    "SEALTRACE_INVALID_DATA",
    `It can't be decompressed: it does not begin as ${name} does. It may not be compressed, or in another way.`,
  );
}

function checkFollowing(codec: Codec, head: Uint8Array, at: number, { concatenated }: DecompressionOptions): void {
  if (codec.begins?.(head) !== true) {
    throw new SealtraceError(
      "SEALTRACE_DATA_TRAILING",
      `Its content ends at byte ${at}, and something else follows: find out who appended it.`,
    );
  }
  if (concatenated !== "refuse") return;
  throw new SealtraceError(
    "SEALTRACE_DATA_CONCATENATED",
    `A second content begins at byte ${at}, and one alone is expected: allow several by concatenated: "accept".`,
  );
}

/** Throws SEALTRACE_USAGE for a name that there is not. */
export function codecOf(name: CompressionName): Codec {
  if (Object.hasOwn(CODECS, name)) return CODECS[name];
  throw new SealtraceError(
    "SEALTRACE_USAGE",
    `There is no compression ${name as string}: take one of ${COMPRESSIONS.join(", ")}.`,
  );
}

function levelOf({ levels }: Codec, name: CompressionName, { level = levels.usual }: CompressionOptions): number {
  if (Number.isInteger(level) && level >= levels.lowest && level <= levels.highest) return level;
  throw new SealtraceError(
    "SEALTRACE_USAGE",
    `A level of ${name} is a whole number from ${levels.lowest} to ${levels.highest}, not ${level}.`,
  );
}

const LONGEST_MAGIC = 4;
