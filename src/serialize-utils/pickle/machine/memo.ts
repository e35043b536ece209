/** What PUT and MEMOIZE keep for GET. Numbers are dense in what CPython writes; one that isn't costs an entry, not an array of its size. */
import { SealtraceError } from "../../../record/index.ts";

export class PickleMemo {
  /** The entries 0 to length - 1; the machine reads it directly. */
  readonly dense: unknown[] = [];
  readonly #sparse = new Map<number, unknown>();
  readonly #maxEntries: number;

  constructor(maxEntries: number) {
    this.#maxEntries = maxEntries;
  }

  /** Under the number that MEMOIZE takes: how many entries there are. Gives it. */
  add(value: unknown): number {
    const index = this.dense.length + this.#sparse.size;
    this.put(index, value);
    return index;
  }

  put(index: number, value: unknown): void {
    const { dense } = this;
    if (index < dense.length) dense[index] = value;
    else {
      if (dense.length + this.#sparse.size >= this.#maxEntries) this.#refuse();
      if (index === dense.length) {
        dense.push(value);
        this.#catchUp();
      } else this.#sparse.set(index, value);
    }
  }

  /** Puts another value where this one still is. */
  exchange(index: number, old: unknown, value: unknown): void {
    if (index < this.dense.length) {
      if (this.dense[index] === old) this.dense[index] = value;
    } else if (this.#sparse.get(index) === old) this.#sparse.set(index, value);
  }

  has(index: number): boolean {
    return index < this.dense.length || this.#sparse.has(index);
  }

  get(index: number): unknown {
    return index < this.dense.length ? this.dense[index] : this.#sparse.get(index);
  }

  /** Entries that have come to follow the dense ones. */
  #catchUp(): void {
    while (this.#sparse.size > 0 && this.#sparse.has(this.dense.length)) {
      const index = this.dense.length;
      this.dense.push(this.#sparse.get(index));
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
