import type { Codec } from "../../compression/codec.ts";
import { codecOf, type CompressionName } from "../../compression/compression.ts";
import { PieceReader } from "../../compression/piece-reader.ts";
import { DEFAULT_MAX_BYTES, DEFAULT_MAX_MILLISECONDS, limitExceeded, type ReadingLimits } from "../../limits.ts";
import { damageOf, type Losses, type Run } from "./losses.ts";

/**
 * What a compressed content gives up to where it is damaged; and the whole frames of zstd or members of gzip after that, which are recognized by how they
 * begin. Offsets of losses are those of all runs one after the other.
 */
export async function salvageCompressed(
  runs: readonly Run[],
  name: CompressionName,
  limits: ReadingLimits,
  losses: Losses,
): Promise<Run[]> {
  const salvage = new CompressedSalvage(codecOf(name), limits, losses);
  for (const run of runs) await salvage.run(run);
  return salvage.runs;
}

class CompressedSalvage {
  readonly runs: Run[] = [];
  readonly #codec: Codec;
  readonly #losses: Losses;
  readonly #maxBytes: number;
  readonly #maxMilliseconds: number;
  readonly #end: number;
  #left: number;
  /** Of all runs before. */
  #offset = 0;

  constructor(codec: Codec, limits: ReadingLimits, losses: Losses) {
    const { maxBytes = DEFAULT_MAX_BYTES, maxMilliseconds = DEFAULT_MAX_MILLISECONDS } = limits;
    this.#codec = codec;
    this.#losses = losses;
    this.#maxBytes = maxBytes;
    this.#left = maxBytes;
    this.#maxMilliseconds = maxMilliseconds;
    this.#end = performance.now() + maxMilliseconds;
  }

  async run({ bytes, isStart, isEnd }: Run): Promise<void> {
    let at = isStart ? 0 : this.#skipTo(bytes, 0, "What it goes on from is missing.");
    let beginsAtStart = isStart;
    let pieces: Uint8Array[] = [];
    const finish = (isWhole: boolean): void => {
      const whole = Buffer.concat(pieces);
      if (whole.length > 0 || isWhole) this.runs.push({ bytes: whole, isStart: beginsAtStart, isEnd: isWhole });
      pieces = [];
      beginsAtStart = false;
    };
    while (at < bytes.length) {
      this.#look();
      const unit = at === 0 || this.#mayBegin(bytes, at) ? this.#unitAt(bytes, at) : "Something else follows.";
      if (typeof unit !== "string") {
        pieces.push(unit.content);
        this.#spend(unit.content.length);
        at = unit.end;
        continue;
      }
      const beginning = at === 0 || this.#mayBegin(bytes, at) ? await this.#beginningOfUnit(bytes, at) : [];
      pieces.push(...beginning);
      finish(false);
      const unverified = beginning.reduce((sum, piece) => sum + piece.length, 0);
      at = this.#skipTo(bytes, at, unit, unverified);
    }
    finish(isEnd && pieces.length > 0);
    if (isStart && bytes.length === 0) this.#losses.add("decompress", this.#offset, this.#offset, "It is empty.");
    this.#offset += bytes.length;
  }

  #mayBegin(bytes: Buffer, at: number): boolean {
    return this.#codec.begins?.(bytes.subarray(at, at + LONGEST_MAGIC)) === true;
  }

  /** The unit that begins there, or what is wrong with it. */
  #unitAt(bytes: Buffer, at: number): ReturnType<Codec["decompress"]> | string {
    try {
      return this.#codec.decompress(bytes, at, { left: this.#left, maxBytes: this.#maxBytes });
    } catch (error) {
      return damageOf(error);
    }
  }

  async #beginningOfUnit(bytes: Buffer, at: number): Promise<Uint8Array[]> {
    const pieces: Uint8Array[] = [];
    const reader = new PieceReader(inSmallPieces(bytes, at));
    try {
      const limits = { left: this.#left, maxBytes: this.#maxBytes };
      for await (const piece of this.#codec.decompressStream(reader, limits)) {
        pieces.push(piece);
        this.#spend(piece.length);
      }
    } catch (error) {
      damageOf(error);
    }
    return pieces;
  }

  /** Where the next whole unit begins after a loss, or the end. */
  #skipTo(bytes: Buffer, from: number, reason: string, unverified = 0): number {
    let at = this.#codec.begins === undefined ? bytes.length : from + 1;
    for (; at < bytes.length; at += 1) {
      if (!this.#mayBegin(bytes, at)) continue;
      this.#look();
      if (typeof this.#unitAt(bytes, at) !== "string") break;
    }
    this.#losses.add("decompress", this.#offset + from, this.#offset + at, reason, unverified);
    return at;
  }

  #spend(bytes: number): void {
    if (bytes > this.#left) throw limitExceeded("maxBytes", this.#maxBytes, "once decompressed");
    this.#left -= bytes;
  }

  #look(): void {
    if (performance.now() > this.#end) throw limitExceeded("maxMilliseconds", this.#maxMilliseconds);
  }
}

/** What a decoder has made of a piece is lost when it fails in the next: small ones lose little. */
async function* inSmallPieces(bytes: Buffer, from: number): AsyncGenerator<Uint8Array> {
  for (let at = from; at < bytes.length; at += SMALL_PIECE_BYTES) {
    await Promise.resolve();
    yield bytes.subarray(at, at + SMALL_PIECE_BYTES);
  }
}

const SMALL_PIECE_BYTES = 4096;
const LONGEST_MAGIC = 4;
