/** The strings of a pickle. Most are short and ASCII, and the same come again and again. */
import { decodeUtf8WithSurrogates } from "./text.ts";

const CACHE_SIZE = 1 << 12;
const MAX_CACHED = 16;

/** What `toString("latin1")` of a Buffer calls, which Node's types leave out. */
interface Latin1Source {
  latin1Slice(start: number, end: number): string;
}

export class StringReader {
  readonly #bytes: Uint8Array;
  readonly #buffer: Latin1Source;
  readonly #cached: string[] = Array<string>(CACHE_SIZE).fill("");

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length) as unknown as Latin1Source;
  }

  /** UTF-8 with lone surrogates. `where` is where its opcode is, for the error. */
  read(start: number, end: number, where: number): string {
    const bytes = this.#bytes;
    const length = end - start;
    if (length > MAX_CACHED) {
      let i = start;
      while (i < end && (bytes[i] as number) < 0x80) i += 1;
      return i === end
        ? this.#buffer.latin1Slice(start, end)
        : decodeUtf8WithSurrogates(bytes.subarray(start, end), where);
    }
    let hash = length;
    let all = 0;
    for (let i = start; i < end; i += 1) {
      const byte = bytes[i] as number;
      all |= byte;
      hash = (Math.imul(hash, 31) + byte) | 0;
    }
    if (all >= 0x80) return decodeUtf8WithSurrogates(bytes.subarray(start, end), where);
    const slot = (hash ^ (hash >>> 15)) & (CACHE_SIZE - 1);
    const cached = this.#cached[slot] as string;
    if (cached.length === length && isAt(bytes, start, cached)) return cached;
    const text = this.#buffer.latin1Slice(start, end);
    this.#cached[slot] = text;
    return text;
  }
}

function isAt(bytes: Uint8Array, start: number, text: string): boolean {
  for (let i = 0; i < text.length; i += 1) if (text.charCodeAt(i) !== bytes[start + i]) return false;
  return true;
}
