import { isUtf8 } from "node:buffer";

/** Quicker than `toString`: methods of every Buffer, which its types leave out. */
interface Slices {
  latin1Slice(start: number, end: number): string;
  utf8Slice(start: number, end: number): string;
}

export function latin1Text(bytes: Buffer, start: number, end: number): string {
  return (bytes as Buffer & Slices).latin1Slice(start, end);
}

/** Above, the native functions are faster than a loop. */
const SHORT = 32;

/**
 * Writes a text as UTF-8 into bytes that have room for three times its length; gives the number of bytes written, or -1 for a text with half of a surrogate
 * pair, which UTF-8 can't hold.
 */
export function writeUtf8(text: string, bytes: Buffer, at: number): number {
  const { length } = text;
  if (length > SHORT) return text.isWellFormed() ? bytes.write(text, at) : -1;
  for (let i = 0; i < length; i += 1) {
    const unit = text.charCodeAt(i);
    if (unit >= 0x80) return text.isWellFormed() ? i + bytes.write(i === 0 ? text : text.slice(i), at + i) : -1;
    bytes[at + i] = unit;
  }
  return length;
}

/** The text of UTF-8 bytes; undefined when they are none. */
export function readUtf8(bytes: Buffer, start: number, end: number): string | undefined {
  const length = end - start;
  if (length <= SHORT) {
    let i = start;
    while (i < end && (bytes[i] as number) < 0x80) i += 1;
    if (i === end) return latin1Text(bytes, start, end);
  }
  const text = (bytes as Buffer & Slices).utf8Slice(start, end);
  // A replacement character stands for what is wrong, or for itself.
  return text.includes("\uFFFD") && !isUtf8(bytes.subarray(start, end)) ? undefined : text;
}

/** Short ASCII texts that were read before, found by their bytes: most keys of objects, and values such as "info". */
export class TextCache {
  readonly #texts: string[] = new Array<string>(SLOTS).fill("");

  /** The text of 1 to 255 bytes; undefined when they are no UTF-8. */
  read(bytes: Buffer, start: number, end: number): string | undefined {
    const length = end - start;
    // The sum of a few bytes is enough: two texts that share a slot only push each other out.
    const first = bytes[start] as number;
    const middle = bytes[start + (length >> 1)] as number;
    const last = bytes[end - 1] as number;
    const slot = (first + middle * 33 + last * 1089 + length * 7) & (SLOTS - 1);
    const known = this.#texts[slot] as string;
    if (known.length === length) {
      let i = 0;
      while (i < length && known.charCodeAt(i) === bytes[start + i]) i += 1;
      if (i === length) return known;
    }
    const text = readUtf8(bytes, start, end);
    if (text?.length === length) this.#texts[slot] = text;
    return text;
  }
}

const SLOTS = 2048;
