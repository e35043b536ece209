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

  /** Under the number that MEMOIZE takes: how many entries there are. */
  add(value: unknown): void {
    if (this.#sparse.size === 0 && this.dense.length < this.#maxEntries) this.dense.push(value);
    else this.put(this.dense.length + this.#sparse.size, value);
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
