import { DEFAULT_MAX_BYTES, limitExceeded } from "../limits.ts";
import { truncated } from "./failures.ts";

/** Finds the end of a value whose bytes arrive in pieces. */
export interface Scan {
  /** How far it has looked, or infinite behind what begins nothing; beyond the bytes that are there when it knows what is to come. */
  readonly at: number;
  /** Whether the end was found: then it is `at`. Otherwise to be called again with more bytes behind the same. */
  advance(bytes: Uint8Array): boolean;
}

/**
 * Each value of a sequence as soon as its last byte is there; what it holds in memory is one value and a piece of the source. `maxBytes` is a limit for each value,
 * and is told where the source ends within one, as SEALTRACE_DATA_TRUNCATED is.
 */
export async function* readSequence(
  format: string,
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  newScan: () => Scan,
  decode: (bytes: Uint8Array) => unknown,
  maxBytes: number = DEFAULT_MAX_BYTES,
): AsyncGenerator {
  const pending = new PendingBytes();
  let scan = newScan();
  for await (const piece of source) {
    pending.add(piece);
    while (pending.length > 0 && scan.advance(pending.bytes)) {
      // What can't be read says so itself.
      const end = Math.min(scan.at, pending.length);
      if (end > maxBytes) throw limitExceeded("maxBytes", maxBytes);
      yield decode(pending.bytes.subarray(0, end));
      pending.drop(end);
      scan = newScan();
    }
    if (Math.max(scan.at, pending.length) > maxBytes) throw limitExceeded("maxBytes", maxBytes);
  }
  if (pending.length > 0) throw truncated(format, pending.length);
}

/** Grows at the end and shrinks at the beginning, each in time linear in what is added or dropped. */
class PendingBytes {
  #buffer: Uint8Array = new Uint8Array(0);
  #start = 0;
  #end = 0;

  get length(): number {
    return this.#end - this.#start;
  }

  get bytes(): Uint8Array {
    return this.#buffer.subarray(this.#start, this.#end);
  }

  add(piece: Uint8Array): void {
    if (this.#end + piece.length > this.#buffer.length) {
      const buffer = new Uint8Array(Math.max(this.length + piece.length, this.length * 2));
      buffer.set(this.bytes);
      this.#end -= this.#start;
      this.#start = 0;
      this.#buffer = buffer;
    }
    this.#buffer.set(piece, this.#end);
    this.#end += piece.length;
  }

  drop(length: number): void {
    this.#start += length;
  }
}
