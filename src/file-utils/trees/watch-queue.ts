import type { Batches } from "./batches.ts";

/** `overflow`: more has changed than could be kept. Look at everything yourself; what changes from now on is told again. */
export type ChangeKind = "created" | "changed" | "removed" | "overflow";

export interface Change {
  readonly kind: ChangeKind;
  /** Relative to the watched directory, with `/` between names; of a watched file, its name; of an overflow "". */
  readonly path: string;
}

/** Changes that nobody has taken yet: one for each path, and no more than so many. */
export class ChangeQueue implements Batches<Change> {
  readonly #limit: number;
  readonly #onEnd: () => void;
  #changes = new Map<string, Change>();
  #overflow = false;
  #failure: { readonly error: unknown } | undefined;
  #ended = false;
  #wake: (() => void) | undefined;

  constructor(limit: number, onEnd: () => void) {
    this.#limit = limit;
    this.#onEnd = onEnd;
  }

  add(kind: ChangeKind, path: string): void {
    const merged = merge(this.#changes.get(path)?.kind, kind);
    this.#changes.delete(path);
    if (merged !== undefined) this.#changes.set(path, { kind: merged, path });
    if (this.#changes.size > this.#limit) {
      this.#changes.clear();
      this.#overflow = true;
    }
  }

  /** Hands over what was added to whoever waits. */
  tell(): void {
    if (this.#overflow || this.#changes.size > 0) this.#wake?.();
  }

  /** Ends it with an error, after what has been added. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#wake?.();
  }

  async next(): Promise<Change[] | undefined> {
    for (;;) {
      const batch = this.#take();
      if (batch.length > 0) return batch;
      if (this.#failure !== undefined) throw this.#failure.error;
      if (this.#ended) return undefined;
      await new Promise<void>((resolve) => (this.#wake = resolve));
      this.#wake = undefined;
    }
  }

  end(): Promise<void> {
    this.#ended = true;
    this.#changes.clear();
    this.#overflow = false;
    this.#onEnd();
    this.#wake?.();
    return Promise.resolve();
  }

  #take(): Change[] {
    const batch: Change[] = this.#overflow ? [{ kind: "overflow", path: "" }] : [];
    batch.push(...this.#changes.values());
    this.#changes = new Map();
    this.#overflow = false;
    return batch;
  }
}

/** What two changes of one path are together, for somebody who saw neither; undefined: nothing. */
function merge(before: ChangeKind | undefined, now: ChangeKind): ChangeKind | undefined {
  if (before === "created") return now === "removed" ? undefined : "created";
  return before === "removed" && now === "created" ? "changed" : now;
}
