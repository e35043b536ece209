/** The strings of a pickle. Most are short and ASCII, and the same come again and again. */
import { bufferOf } from "../../encoding/buffer-of.ts";
import { decodeUtf8WithSurrogates } from "./text.ts";

const CACHE_SIZE = 1 << 12;
const MAX_CACHED = 16;

/** What `toString("latin1")` of a Buffer calls, which Node's types leave out. */
interface Latin1Source {
  latin1Slice(start: number, end: number): string;
}

export class StringReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #buffer: Latin1Source;
  readonly #cached: string[] = Array<string>(CACHE_SIZE).fill("");

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#buffer = bufferOf(bytes) as unknown as Latin1Source;
  }

  /** UTF-8 with lone surrogates. `where` is where its opcode is, for the error. */
  read(start: number, end: number, where: number): string {
    const bytes = this.#bytes;
    const length = end - start;
    if (length === 0) return "";
    if (length > MAX_CACHED) return this.#decode(start, end, where);
    // Not of all bytes: they are compared with those of what is found.
    let hash = Math.imul(length, 31) + (bytes[start] as number);
    hash = Math.imul(hash, 31) + (bytes[start + (length >> 1)] as number);
    hash = Math.imul(hash, 31) + (bytes[end - 2] as number);
    hash = Math.imul(hash, 31) + (bytes[end - 1] as number);
    const slot = (hash ^ (hash >>> 12)) & (CACHE_SIZE - 1);
    const cached = this.#cached[slot] as string;
    if (cached.length === length && isAt(bytes, start, cached)) return cached;
    const text = this.#decode(start, end, where);
    if (text.length === length) this.#cached[slot] = text;
    return text;
  }

  #decode(start: number, end: number, where: number): string {
    const bytes = this.#bytes;
    const view = this.#view;
    let i = start;
    while (i + 4 <= end && (view.getInt32(i) & 0x80808080) === 0) i += 4;
    while (i < end && (bytes[i] as number) < 0x80) i += 1;
    return i === end
      ? this.#buffer.latin1Slice(start, end)
      : decodeUtf8WithSurrogates(bytes.subarray(start, end), where);
  }
}

function isAt(bytes: Uint8Array, start: number, text: string): boolean {
  for (let i = 0; i < text.length; i += 1) if (text.charCodeAt(i) !== bytes[start + i]) return false;
  return true;
}
