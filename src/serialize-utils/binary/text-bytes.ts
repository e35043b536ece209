import { isUtf8 } from "node:buffer";

/** Quicker than `toString`: methods of every Buffer, which its types leave out. */
interface Slices {
  latin1Slice(start: number, end: number): string;
  utf8Slice(start: number, end: number): string;
  utf8Write(text: string, at: number): number;
}

export function latin1Text(bytes: Buffer, start: number, end: number): string {
  return (bytes as Buffer & Slices).latin1Slice(start, end);
}

/** Above, the native functions are faster than a loop. */
const SHORT_TO_WRITE = 18;
const SHORT_TO_READ = 32;

/**
 * Writes a text as UTF-8 into bytes that have room for three times its length; gives the number of bytes written, or -1 for a text with half of a surrogate
 * pair, which UTF-8 can't hold.
 */
export function writeUtf8(text: string, bytes: Buffer, at: number): number {
  const { length } = text;
  if (length <= SHORT_TO_WRITE) {
    let i = 0;
    for (; i < length; i += 1) {
      const unit = text.charCodeAt(i);
      if (unit >= 0x80) break;
      bytes[at + i] = unit;
    }
    if (i === length) return length;
  }
  const written = (bytes as Buffer & Slices).utf8Write(text, at);
  return written === length || text.isWellFormed() ? written : -1;
}

/** The text of UTF-8 bytes; undefined when they are none. */
export function readUtf8(bytes: Buffer, start: number, end: number): string | undefined {
  const length = end - start;
  if (length <= SHORT_TO_READ) {
    let i = start;
    while (i < end && (bytes[i] as number) < 0x80) i += 1;
    if (i === end) return latin1Text(bytes, start, end);
  }
  const text = (bytes as Buffer & Slices).utf8Slice(start, end);
  // A replacement character stands for what is wrong, or for itself.
  return text.includes("\uFFFD") && !isUtf8(bytes.subarray(start, end)) ? undefined : text;
}

/**
 * The same for 1 to 32 bytes. Short ASCII texts that were read before are found by their bytes: most keys of objects, and values such as "info".
 */
export function readShortUtf8(bytes: Buffer, start: number, end: number): string | undefined {
  const length = end - start;
  // A few bytes are enough to find a slot: two texts that share one only push each other out.
  const first = bytes[start] as number;
  const middle = bytes[start + (length >> 1)] as number;
  const last = bytes[end - 1] as number;
  const slot = (first + middle * 33 + last * 1089 + length * 7) & (SLOTS - 1);
  const known = knownTexts[slot] as string;
  if (known.length === length) {
    let i = 0;
    while (i < length && known.charCodeAt(i) === bytes[start + i]) i += 1;
    if (i === length) return known;
  }
  const text = readUtf8(bytes, start, end);
  if (text?.length === length) knownTexts[slot] = text;
  return text;
}

const SLOTS = 2048;
const knownTexts: string[] = new Array<string>(SLOTS).fill("");
