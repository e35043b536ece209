import { bufferOf } from "../encoding/buffer-of.ts";

/** Bytes that come in pieces of any size and are taken in pieces of another. */
export class ByteQueue {
  #pieces: Uint8Array[] = [];
  /** Of the first piece, what is taken already. */
  #offset = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(piece: Uint8Array): void {
    if (piece.length === 0) return;
    this.#pieces.push(piece);
    this.#length += piece.length;
  }

  /** Without a copy where they lie in one piece. */
  take(length: number): Buffer {
    const first = this.#pieces[0];
    if (first !== undefined && first.length - this.#offset > length) {
      const start = this.#offset;
      this.#offset += length;
      this.#length -= length;
      return bufferOf(first.subarray(start, start + length));
    }
    const all = this.takeAll();
    if (all.length > length) this.push(all.subarray(length));
    return all.subarray(0, length);
  }

  /** The next bytes, or all when there are fewer; they stay. */
  peek(length: number): Buffer {
    const all = this.takeAll();
    this.push(all);
    return all.subarray(0, length);
  }

  takeAll(): Buffer {
    const first = this.#pieces[0]?.subarray(this.#offset);
    const all =
      this.#pieces.length === 1 && first !== undefined
        ? bufferOf(first)
        : Buffer.concat(first === undefined ? [] : [first, ...this.#pieces.slice(1)], this.#length);
    this.#pieces = [];
    this.#offset = 0;
    this.#length = 0;
    return all;
  }
}
