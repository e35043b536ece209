/** The pieces of a source one after the other, of which some bytes may be given back. */
export class PieceReader {
  readonly #pieces: AsyncIterator<Uint8Array>;
  #returned: Uint8Array | undefined;
  /** Bytes taken so far. */
  position = 0;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#pieces = source[Symbol.asyncIterator]();
  }

  /** At least one byte; undefined at the end. */
  async next(): Promise<Uint8Array | undefined> {
    const piece = this.#returned ?? (await this.#fresh());
    this.#returned = undefined;
    this.position += piece?.length ?? 0;
    return piece;
  }

  async #fresh(): Promise<Uint8Array | undefined> {
    for (;;) {
      const next = await this.#pieces.next();
      if (next.done === true) return undefined;
      if (next.value.length > 0) return next.value;
    }
  }

  /** The last bytes of what `next` gave come again. */
  giveBack(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.position -= bytes.length;
    this.#returned = bytes;
  }

  /** So many bytes, or fewer at the end of the source. */
  async take(length: number): Promise<Uint8Array> {
    const taken = new Uint8Array(length);
    let done = 0;
    while (done < length) {
      const piece = await this.next();
      if (piece === undefined) break;
      const used = Math.min(piece.length, length - done);
      taken.set(piece.subarray(0, used), done);
      this.giveBack(piece.subarray(used));
      done += used;
    }
    return taken.subarray(0, done);
  }

  /** They come again. Without a copy where they lie in one piece: there may be a million frames in it. */
  async peek(length: number): Promise<Uint8Array> {
    const next = await this.next();
    if (next === undefined) return new Uint8Array(0);
    this.giveBack(next);
    if (next.length >= length) return next.subarray(0, length);
    const bytes = await this.take(length);
    const rest = this.#returned;
    this.#returned = undefined;
    this.giveBack(bytes);
    if (rest !== undefined) this.#returned = Buffer.concat([bytes, rest]);
    return bytes;
  }

  async close(): Promise<void> {
    await this.#pieces.return?.();
  }
}
