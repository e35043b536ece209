/** Iterators over what comes in batches: a promise per element, and nothing else per element. An async generator costs several times as much. */

/** Whoever has batches to give; one call at a time. */
export interface Batches<T> {
  /** Undefined at the end. */
  next(): Promise<readonly T[] | undefined>;
  /** Frees what is held. After the end, after an error and when nobody wants more; once. */
  end(): Promise<void>;
}

export class BatchIterator<T> implements AsyncIterableIterator<T, undefined> {
  readonly #source: Batches<T>;
  #batch: readonly T[] = [];
  #taken = 0;
  #ended = false;
  /** Who asks before the answer to the last question waits for that. */
  #waiting: Promise<unknown> = Promise.resolve();

  constructor(source: Batches<T>) {
    this.#source = source;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (this.#taken < this.#batch.length) {
      return Promise.resolve({ value: this.#batch[this.#taken++] as T, done: false });
    }
    const answer = this.#waiting.then(() => this.#refill());
    this.#waiting = answer.catch(() => undefined);
    return answer;
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    await this.#end();
    return { value: undefined, done: true };
  }

  async #refill(): Promise<IteratorResult<T, undefined>> {
    while (this.#taken >= this.#batch.length && !this.#ended) {
      try {
        const batch = await this.#source.next();
        if (batch === undefined) await this.#end();
        else if (!this.#isEnded()) [this.#batch, this.#taken] = [batch, 0];
      } catch (error) {
        await this.#end();
        throw error;
      }
    }
    if (this.#taken >= this.#batch.length) return { value: undefined, done: true };
    return { value: this.#batch[this.#taken++] as T, done: false };
  }

  /** `return()` may have been called while a batch was on its way. */
  #isEnded(): boolean {
    return this.#ended;
  }

  async #end(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    this.#batch = [];
    await this.#source.end();
  }
}
