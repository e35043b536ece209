import { bufferOf } from "../encoding/buffer-of.ts";
import { checkLimits, DEFAULT_MAX_BYTES, limitExceeded, type ReadingLimits } from "../limits.ts";
import { invalid, truncated } from "./failures.ts";
import { readShortUtf8, readUtf8 } from "./text-bytes.ts";

/** Bytes from anywhere, and how far they were read. Nothing is read beyond their end; numbers are in network order. */
export class ByteReader {
  readonly format: string;
  readonly bytes: Buffer;
  readonly view: DataView;
  readonly end: number;
  at = 0;

  constructor(format: string, bytes: Uint8Array, limits: ReadingLimits) {
    checkLimits(limits);
    const { maxBytes = DEFAULT_MAX_BYTES } = limits;
    if (bytes.length > maxBytes) throw limitExceeded("maxBytes", maxBytes);
    this.format = format;
    this.bytes = bufferOf(bytes);
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.end = bytes.length;
  }

  /** Moves on by so many bytes; gives where they begin. */
  take(length: number): number {
    const start = this.at;
    if (length > this.end - start) throw truncated(this.format, this.end);
    this.at = start + length;
    return start;
  }

  /** Refuses a container of which not even one byte for each of its values is there. */
  expect(values: number): void {
    if (values > this.end - this.at) throw truncated(this.format, this.end);
  }

  u8(): number {
    if (this.at >= this.end) throw truncated(this.format, this.end);
    return this.bytes[this.at++] as number;
  }

  u16(): number {
    return this.view.getUint16(this.take(2));
  }

  u32(): number {
    return this.view.getUint32(this.take(4));
  }

  f64(): number {
    return this.view.getFloat64(this.take(8));
  }

  text(length: number): string {
    const start = this.take(length);
    if (length === 0) return "";
    const text = length <= MAX_SHORT ? readShortUtf8(this.bytes, start, this.at) : readUtf8(this.bytes, start, this.at);
    if (text === undefined) throw this.invalid("a text is no UTF-8", start);
    return text;
  }

  /** A copy, so that a few bytes that are kept don't keep all. */
  copy(length: number): Uint8Array<ArrayBuffer> {
    const start = this.take(length);
    return new Uint8Array(this.bytes.subarray(start, this.at));
  }

  invalid(what: string, at: number = this.at, cause?: unknown): Error {
    return invalid(this.format, what, at, cause);
  }
}

const MAX_SHORT = 32;
