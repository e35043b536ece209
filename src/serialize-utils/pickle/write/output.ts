/** The bytes of a pickle as they are written: opcodes with their arguments, the memo's numbers, frames. */
import { writeLong } from "../machine/integers.ts";
import { encodeUtf8WithSurrogates } from "../machine/text.ts";

export type PickleProtocol = 2 | 3 | 4 | 5;

/** As CPython does: frames of about 64 KiB, and what is as large as one outside of any. */
const FRAME_BYTES = 65_536;
/** Opcode and length. */
const FRAME_HEADER = 9;
/** Strings of more are seldom the same twice. */
const MAX_MEMOIZED_STRING = 20;
const RECENT = 1 << 11;
const MAX_ASCII_LOOP = 48;

export class PickleOutput {
  readonly protocol: PickleProtocol;
  #bytes: Buffer<ArrayBuffer> = Buffer.from(new ArrayBuffer(1024));
  #view: DataView = new DataView(this.#bytes.buffer);
  #pos = 0;
  /** Where the frame's contents begin; -1 between frames and in protocols without. */
  #frame = -1;
  #memoized = 0;
  readonly #keys = new Map<string, number>();
  readonly #recent: string[] = Array<string>(RECENT).fill("");
  readonly #recentIndexes: number[] = Array<number>(RECENT).fill(0);
  readonly #objects = new Map<unknown, number>();

  constructor(protocol: PickleProtocol) {
    this.protocol = protocol;
    this.#bytes[0] = 0x80; // PROTO
    this.#bytes[1] = protocol;
    this.#pos = 2;
    this.#beginFrame();
  }

  /** Everything, after STOP. */
  finish(): Uint8Array<ArrayBuffer> {
    this.opcode(0x2e); // STOP
    this.#endFrame();
    return new Uint8Array(this.#bytes.subarray(0, this.#pos));
  }

  opcode(opcode: number): void {
    this.#reserve(1);
    this.#bytes[this.#pos++] = opcode;
  }

  opcodes(opcodes: readonly number[]): void {
    for (const opcode of opcodes) this.opcode(opcode);
  }

  /** An integer as an int, everything else and -0 as a float. */
  number(value: number): void {
    this.#reserve(12);
    const bytes = this.#bytes;
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) {
      bytes[this.#pos] = 0x47; // BINFLOAT
      this.#view.setFloat64(this.#pos + 1, value);
      this.#pos += 9;
    } else if (value >= 0 && value <= 0xff) {
      bytes[this.#pos] = 0x4b; // BININT1
      bytes[this.#pos + 1] = value;
      this.#pos += 2;
    } else if (value >= 0 && value <= 0xffff) {
      bytes[this.#pos] = 0x4d; // BININT2
      this.#view.setUint16(this.#pos + 1, value, true);
      this.#pos += 3;
    } else if (value >= -0x8000_0000 && value <= 0x7fff_ffff) {
      bytes[this.#pos] = 0x4a; // BININT
      this.#view.setInt32(this.#pos + 1, value, true);
      this.#pos += 5;
    } else {
      bytes[this.#pos] = 0x8a; // LONG1
      bytes[this.#pos + 1] = 8;
      this.#view.setUint32(this.#pos + 2, value % 0x1_0000_0000, true);
      this.#view.setInt32(this.#pos + 6, Math.floor(value / 0x1_0000_0000), true);
      this.#pos += 10;
    }
  }

  /** Always as LONG4, by which our reader knows that it was a BigInt. */
  bigint(value: bigint): void {
    const digits = writeLong(value);
    this.#sized(0x8b, digits.length);
    this.#raw(digits);
  }

  /** A key of a dict: the same come again and again. */
  key(text: string): void {
    const index = this.#keys.get(text);
    if (index !== undefined) this.#get(index);
    else {
      this.#text(text);
      this.#keys.set(text, this.#put());
    }
  }

  /** Any other string. Short ones that were written lately are written as references. */
  string(text: string): void {
    const { length } = text;
    if (length > MAX_MEMOIZED_STRING || length === 0) {
      this.#text(text);
      return;
    }
    const slot =
      (text.charCodeAt(0) + 31 * text.charCodeAt(length - 1) + 961 * text.charCodeAt(length >> 1) + 7 * length) &
      (RECENT - 1);
    if (this.#recent[slot] === text) this.#get(this.#recentIndexes[slot] as number);
    else {
      this.#text(text);
      this.#recent[slot] = text;
      this.#recentIndexes[slot] = this.#put();
    }
  }

  /** `bytes`, or `bytearray`. */
  bytes(content: Uint8Array, isByteArray = false): void {
    const { length } = content;
    const isLarge = this.#frame >= 0 && length >= FRAME_BYTES;
    if (isLarge) this.#endFrame();
    if (isByteArray) this.#sized8(0x96, length);
    else if (length <= 0xff) {
      this.#reserve(2);
      this.#bytes[this.#pos++] = 0x43; // SHORT_BINBYTES
      this.#bytes[this.#pos++] = length;
    } else if (length <= 0xffff_ffff) this.#sized(0x42, length);
    else this.#sized8(0x8e, length);
    this.#raw(content);
    if (isLarge) this.#beginFrame();
  }

  /** Whether it was written before, and so is written as a reference. */
  reference(value: unknown): boolean {
    const index = this.#objects.get(value);
    if (index === undefined) return false;
    this.#get(index);
    return true;
  }

  /** How much has been. */
  get memoized(): number {
    return this.#memoized;
  }

  has(value: unknown): boolean {
    return this.#objects.has(value);
  }

  /** Keeps what was written last, for references to `value`. */
  memoize(value: unknown): void {
    this.#objects.set(value, this.#put());
  }

  /** A line of text, as GLOBAL has. */
  line(text: string): void {
    this.#raw(Buffer.from(`${text}\n`));
  }

  /** Between two values: a good place to end a frame. */
  betweenValues(): void {
    if (this.#pos - this.#frame < FRAME_BYTES || this.#frame < 0) return;
    this.#endFrame();
    this.#beginFrame();
  }

  #text(text: string): void {
    const { length } = text;
    if (length <= MAX_ASCII_LOOP) {
      this.#reserve(length + 5);
      const bytes = this.#bytes;
      const isNew = this.protocol >= 4;
      const start = this.#pos + (isNew ? 2 : 5);
      let all = 0;
      for (let i = 0; i < length; i += 1) {
        const unit = text.charCodeAt(i);
        all |= unit;
        bytes[start + i] = unit;
      }
      if (all < 0x80) {
        this.#textHeader(length);
        this.#pos += length;
        return;
      }
    } else if (text.isWellFormed()) {
      this.#reserve(3 * length + 5);
      // The length is known when it is written: where one byte for it may not do, four are taken.
      const isShort = this.protocol >= 4 && 3 * length <= 0xff;
      const start = this.#pos + (isShort ? 2 : 5);
      const written = this.#bytes.write(text, start);
      if (isShort) this.#textHeader(written);
      else {
        this.#bytes[this.#pos] = 0x58; // BINUNICODE
        this.#view.setUint32(this.#pos + 1, written, true);
        this.#pos = start;
      }
      this.#pos += written;
      return;
    }
    const encoded = encodeUtf8WithSurrogates(text);
    this.#reserve(5);
    this.#textHeader(encoded.length);
    this.#raw(encoded);
  }

  #textHeader(length: number): void {
    if (this.protocol >= 4 && length <= 0xff) {
      this.#bytes[this.#pos++] = 0x8c; // SHORT_BINUNICODE
      this.#bytes[this.#pos++] = length;
    } else {
      this.#bytes[this.#pos++] = 0x58; // BINUNICODE
      this.#view.setUint32(this.#pos, length, true);
      this.#pos += 4;
    }
  }

  #put(): number {
    const index = this.#memoized++;
    if (this.protocol >= 4)
      this.opcode(0x94); // MEMOIZE
    else this.#numbered(index, 0x71, 0x72); // BINPUT, LONG_BINPUT
    return index;
  }

  #get(index: number): void {
    this.#numbered(index, 0x68, 0x6a); // BINGET, LONG_BINGET
  }

  #numbered(index: number, short: number, long: number): void {
    this.#reserve(5);
    if (index <= 0xff) {
      this.#bytes[this.#pos++] = short;
      this.#bytes[this.#pos++] = index;
    } else this.#sized(long, index);
  }

  #sized(opcode: number, length: number): void {
    this.#reserve(5);
    this.#bytes[this.#pos] = opcode;
    this.#view.setUint32(this.#pos + 1, length, true);
    this.#pos += 5;
  }

  #sized8(opcode: number, length: number): void {
    this.#reserve(9);
    this.#bytes[this.#pos] = opcode;
    this.#view.setBigUint64(this.#pos + 1, BigInt(length), true);
    this.#pos += 9;
  }

  #raw(content: Uint8Array): void {
    this.#reserve(content.length);
    this.#bytes.set(content, this.#pos);
    this.#pos += content.length;
  }

  #beginFrame(): void {
    if (this.protocol < 4) return;
    this.#reserve(FRAME_HEADER);
    this.#pos += FRAME_HEADER;
    this.#frame = this.#pos;
  }

  #endFrame(): void {
    if (this.#frame < 0) return;
    const at = this.#frame - FRAME_HEADER;
    if (this.#pos === this.#frame) this.#pos = at;
    else {
      this.#bytes[at] = 0x95; // FRAME
      this.#view.setBigUint64(at + 1, BigInt(this.#pos - this.#frame), true);
    }
    this.#frame = -1;
  }

  #reserve(length: number): void {
    if (this.#pos + length <= this.#bytes.length) return;
    const larger = Buffer.from(new ArrayBuffer(Math.max(2 * this.#bytes.length, this.#pos + length)));
    larger.set(this.#bytes.subarray(0, this.#pos));
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}
