import { SealtraceError } from "../../record/index.ts";

/**
 * Follows a zstd frame (RFC 8878, section 3.1.1) from its first byte to its last without decompressing it. The native decoder doesn't say where a frame
 * ends: on some versions of Node it returns the first of several frames, or half of one, as if that were all.
 */
export class ZstdFrame {
  /** What the header claims; known once its last byte was taken. */
  windowBytes = 0;
  /** Undefined where the header doesn't say. */
  contentBytes: number | undefined;
  /** Holds no content, but something of another program's. */
  isSkippable = false;
  hasChecksum = false;
  isDone = false;
  isHeaderRead = false;

  readonly #held = new Uint8Array(LONGEST_PART);
  #heldLength = 0;
  #wanted = MAGIC_LENGTH;
  #skip = 0;
  #isLastBlock = false;
  #interpret: () => void = this.#magic;

  /** Takes what belongs to the frame, from an offset on; returns where it stopped. Throws SEALTRACE_INVALID_DATA for what is no frame. */
  take(piece: Uint8Array, from: number): number {
    let at = from;
    while (at < piece.length && !this.isDone) {
      if (this.#skip > 0) {
        const step = Math.min(this.#skip, piece.length - at);
        this.#skip -= step;
        at += step;
        if (this.#skip === 0) this.#skipped();
        continue;
      }
      this.#held[this.#heldLength] = piece[at] as number;
      this.#heldLength += 1;
      at += 1;
      if (this.#heldLength < this.#wanted) continue;
      this.#heldLength = 0;
      this.#interpret();
    }
    return at;
  }

  #want(length: number, interpret: () => void): void {
    this.#wanted = length;
    this.#interpret = interpret;
  }

  #magic(): void {
    const magic = this.#number(0, MAGIC_LENGTH);
    if (magic === MAGIC) {
      this.#want(1, this.#descriptor);
    } else if (magic >= FIRST_SKIPPABLE && magic <= LAST_SKIPPABLE) {
      this.isSkippable = true;
      this.#want(4, this.#skippable);
    } else {
      throw damaged("it does not begin as a zstd frame does");
    }
  }

  #skippable(): void {
    this.isHeaderRead = true;
    this.#skip = this.#number(0, 4);
    this.isDone = this.#skip === 0;
  }

  #descriptor(): void {
    const descriptor = this.#held[0] as number;
    if ((descriptor & 0b1000) !== 0) throw damaged("its header has a reserved bit set");
    const isSingleSegment = (descriptor & 0b10_0000) !== 0;
    this.hasChecksum = (descriptor & 0b100) !== 0;
    const windowLength = isSingleSegment ? 0 : 1;
    const dictionaryLength = [0, 1, 2, 4][descriptor & 0b11] as number;
    const sizeFlag = descriptor >> 6;
    const sizeLength = sizeFlag === 0 ? (isSingleSegment ? 1 : 0) : 1 << sizeFlag;
    const header = (): void => {
      if (this.#number(windowLength, dictionaryLength) !== 0) {
        throw damaged("it was compressed with a dictionary, which is not here");
      }
      if (sizeLength > 0) {
        const size = this.#number(windowLength + dictionaryLength, sizeLength);
        this.contentBytes = sizeLength === 2 ? size + 256 : size;
      }
      this.windowBytes = isSingleSegment ? (this.contentBytes as number) : windowOf(this.#held[0] as number);
      this.isHeaderRead = true;
      this.#want(BLOCK_HEADER_LENGTH, this.#block);
    };
    const length = windowLength + dictionaryLength + sizeLength;
    if (length > 0) this.#want(length, header);
    else header();
  }

  #block(): void {
    const header = this.#number(0, BLOCK_HEADER_LENGTH);
    const type = (header >> 1) & 0b11;
    const size = header >> 3;
    if (type === RESERVED_BLOCK || size > MAX_BLOCK_BYTES) throw damaged("it has a block of a kind that there is not");
    this.#isLastBlock = (header & 1) === 1;
    // Of a repeated byte only that one is there.
    this.#skip = type === REPEATED_BLOCK ? 1 : size;
    if (this.#skip === 0) this.#skipped();
  }

  #skipped(): void {
    if (this.isSkippable) this.isDone = true;
    else if (!this.#isLastBlock) this.#want(BLOCK_HEADER_LENGTH, this.#block);
    else if (this.hasChecksum) this.#want(CHECKSUM_LENGTH, () => (this.isDone = true));
    else this.isDone = true;
  }

  /** Little-endian, as everything in zstd is; exact as far as numbers are. */
  #number(from: number, length: number): number {
    let value = 0;
    for (let i = length - 1; i >= 0; i -= 1) value = value * 256 + (this.#held[from + i] as number);
    return value;
  }
}

function windowOf(byte: number): number {
  const base = 2 ** (10 + (byte >> 3));
  return base + (base / 8) * (byte & 0b111);
}

function damaged(what: string): SealtraceError {
  return new SealtraceError("SEALTRACE_INVALID_DATA", `It can't be decompressed: ${what}.`);
}

const MAGIC = 0xfd2fb528;
const MAGIC_LENGTH = 4;
const FIRST_SKIPPABLE = 0x184d2a50;
const LAST_SKIPPABLE = 0x184d2a5f;
const BLOCK_HEADER_LENGTH = 3;
const CHECKSUM_LENGTH = 4;
const REPEATED_BLOCK = 1;
const RESERVED_BLOCK = 3;
const MAX_BLOCK_BYTES = 128 * 1024;
/** A header with everything in it. */
const LONGEST_PART = 13;
