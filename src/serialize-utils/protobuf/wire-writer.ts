import { ByteWriter } from "../binary/byte-writer.ts";
import { writeUtf8 } from "../binary/text-bytes.ts";

/** Writes the wire format of Protobuf. Lengths stand before what they count: they are put in at the end, so that depth costs nothing twice. */
export class WireWriter extends ByteWriter {
  /** Of what was opened: where its content begins and ends in the draft, and what it is in. */
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  readonly #parents: number[] = [];
  #innermost = -1;

  tag(field: number, wireType: number): void {
    this.varint(field * 8 + wireType);
  }

  /** A safe integer that is not negative. */
  varint(value: number): void {
    this.reserve(10);
    while (value >= 0x80) {
      this.u8((value % 0x80) | 0x80);
      value = Math.floor(value / 0x80);
    }
    this.u8(value);
  }

  /** 64 bits, of which a negative number takes all. */
  bigVarint(value: bigint): void {
    let rest = BigInt.asUintN(64, value);
    this.reserve(10);
    for (; rest >= 0x80n; rest >>= 7n) this.u8(Number(rest & 0x7fn) | 0x80);
    this.u8(Number(rest));
  }

  bytesWithLength(bytes: Uint8Array): void {
    this.varint(bytes.length);
    this.raw(bytes);
  }

  /** False, with nothing written, for a text that UTF-8 can't hold. */
  textWithLength(text: string): boolean {
    const length = utf8Length(text);
    if (length < 0) return false;
    this.varint(length);
    this.reserve(text.length * 3);
    this.at += writeUtf8(text, this.bytes, this.at);
    return true;
  }

  /** Its length will stand here. */
  open(): void {
    this.#parents.push(this.#innermost);
    this.#innermost = this.#starts.push(this.at) - 1;
    this.#ends.push(0);
  }

  close(): void {
    this.#ends[this.#innermost] = this.at;
    this.#innermost = this.#parents[this.#innermost] as number;
  }

  override finish(): Uint8Array {
    const draft = super.finish();
    if (this.#starts.length === 0) return draft;
    const lengths = this.#lengths();
    const whole = new WireWriter();
    let copied = 0;
    for (let i = 0; i < lengths.length; i += 1) {
      const start = this.#starts[i] as number;
      whole.#copy(draft, copied, start);
      whole.varint(lengths[i] as number);
      copied = start;
    }
    whole.#copy(draft, copied, draft.length);
    return whole.finish();
  }

  /** Most pieces are a few bytes. */
  #copy(source: Uint8Array, start: number, end: number): void {
    if (end - start > SHORT) return this.raw(source.subarray(start, end));
    this.reserve(SHORT);
    for (let i = start; i < end; i += 1) this.bytes[this.at++] = source[i] as number;
  }

  /** From the last to the first, and so from inside to outside: each is as long as its draft and the lengths that are put in. */
  #lengths(): number[] {
    const added = this.#starts.map(() => 0);
    const lengths = this.#ends.map((end, i) => end - (this.#starts[i] as number));
    for (let i = lengths.length - 1; i >= 0; i -= 1) {
      lengths[i] = (lengths[i] as number) + (added[i] as number);
      const parent = this.#parents[i] as number;
      if (parent >= 0) {
        added[parent] = (added[parent] as number) + (added[i] as number) + varintSize(lengths[i] as number);
      }
    }
    return lengths;
  }
}

const SHORT = 32;

/** In bytes, of a safe integer that is not negative. */
export function varintSize(value: number): number {
  let size = 1;
  for (; value >= 0x80; value = Math.floor(value / 0x80)) size += 1;
  return size;
}

/** -1 for a text with half of a surrogate pair. */
export function utf8Length(text: string): number {
  return text.isWellFormed() ? Buffer.byteLength(text) : -1;
}

export const VARINT = 0;
export const FIXED64 = 1;
export const LENGTH = 2;
export const GROUP = 3;
export const END_GROUP = 4;
export const FIXED32 = 5;
