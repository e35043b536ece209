/** What PUT and MEMOIZE keep for GET. Numbers are dense in what CPython writes; one that isn't costs an entry, not an array of its size. */
import { SealtraceError } from "../../../record/index.ts";

/** Dense entries lie in pieces: one array would be copied while it grows, and be old while what comes into it is young, which the garbage collector has to note. */
const PIECE_BITS = 10;
const PIECE_SIZE = 1 << PIECE_BITS;
const WITHIN_PIECE = PIECE_SIZE - 1;

export class PickleMemo {
  /** The entries 0 to size - 1 are dense. */
  size = 0;
  readonly #pieces: unknown[][] = [];
  #lastPiece: unknown[] = [];
  readonly #sparse = new Map<number, unknown>();
  readonly #maxEntries: number;

  constructor(maxEntries: number) {
    this.#maxEntries = maxEntries;
  }

  /** Under the number that MEMOIZE takes: how many entries there are. Gives it. */
  add(value: unknown): number {
    const index = this.size + this.#sparse.size;
    if (index === this.size && index < this.#maxEntries) this.#append(value);
    else this.put(index, value);
    return index;
  }

  put(index: number, value: unknown): void {
    if (index < this.size) this.#set(index, value);
    else {
      if (this.size + this.#sparse.size >= this.#maxEntries) this.#refuse();
      if (index === this.size) {
        this.#append(value);
        this.#catchUp();
      } else this.#sparse.set(index, value);
    }
  }

  /** Puts another value where this one still is. */
  exchange(index: number, old: unknown, value: unknown): void {
    if (index < this.size) {
      if (this.dense(index) === old) this.#set(index, value);
    } else if (this.#sparse.get(index) === old) this.#sparse.set(index, value);
  }

  has(index: number): boolean {
    return index < this.size || this.#sparse.has(index);
  }

  get(index: number): unknown {
    return index < this.size ? this.dense(index) : this.#sparse.get(index);
  }

  /** An entry below `size`. */
  dense(index: number): unknown {
    return (this.#pieces[index >>> PIECE_BITS] as unknown[])[index & WITHIN_PIECE];
  }

  #set(index: number, value: unknown): void {
    (this.#pieces[index >>> PIECE_BITS] as unknown[])[index & WITHIN_PIECE] = value;
  }

  #append(value: unknown): void {
    const within = this.size & WITHIN_PIECE;
    if (within === 0) {
      this.#lastPiece = Array<unknown>(PIECE_SIZE);
      this.#pieces.push(this.#lastPiece);
    }
    this.#lastPiece[within] = value;
    this.size += 1;
  }

  /** Entries that have come to follow the dense ones. */
  #catchUp(): void {
    while (this.#sparse.size > 0 && this.#sparse.has(this.size)) {
      const index = this.size;
      this.#append(this.#sparse.get(index));
      this.#sparse.delete(index);
    }
  }

  #refuse(): never {
    throw new SealtraceError(
      "SEALTRACE_LIMIT_EXCEEDED",
      `It keeps more than ${this.#maxEntries} values in its memo. If that is right, raise maxMemo.`,
    );
  }
}
