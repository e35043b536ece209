import * as fs from "node:fs";
import type { Batches } from "./batches.ts";
import { hasDoubtful, listDirectory, type ListedEntry } from "../system/directory-entries.ts";
import { systemName } from "../system/raw-name.ts";
import { runAsync } from "../system/steps.ts";
import type { Selection, Entry, WalkOptions } from "./walk-entry.ts";
import { checkTop, pathUnder, reportUnreadable, TOP, type WalkTop } from "./walk-top.ts";

/** Enough to keep the threads that read busy while this one sorts what they found: with 256, ten thousand small directories took a third longer. */
const MAX_READING = 4_096;
/** Entries that may wait to be taken before no further directory is read. */
const MAX_WAITING = 16_384;

/** Reads many directories at once, by their paths. */
export class ParallelWalk implements Batches<Entry> {
  readonly #top: WalkTop;
  readonly #options: WalkOptions;
  readonly #selection: Selection;
  readonly #toRead: Entry[] = [];
  #reading = 0;
  #found: Entry[] = [];
  #failure: { readonly error: unknown } | undefined;
  #started = false;
  #ended = false;
  #wake: (() => void) | undefined;
  #waking = false;

  constructor(top: WalkTop, selection: Selection, options: WalkOptions) {
    this.#top = top;
    this.#selection = selection;
    this.#options = options;
  }

  async next(): Promise<Entry[] | undefined> {
    if (!this.#started) await this.#start();
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure.error;
      const found = this.#found;
      this.#found = [];
      this.#readOn();
      if (found.length > 0) return found;
      if (this.#ended || this.#reading === 0) return undefined;
      await new Promise<void>((resolve) => (this.#wake = resolve));
      this.#wake = undefined;
    }
  }

  async #start(): Promise<void> {
    this.#started = true;
    const { signal } = this.#options;
    await runAsync(checkTop(this.#top), signal);
    signal?.addEventListener("abort", this.#abort, { once: true });
    if (signal?.aborted === true) this.#abort();
    this.#toRead.push(TOP);
  }

  end(): Promise<void> {
    this.#ended = true;
    this.#options.signal?.removeEventListener("abort", this.#abort);
    return Promise.resolve();
  }

  readonly #abort = (): void => {
    this.#fail(this.#options.signal?.reason);
  };

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.#ended = true;
    this.#wake?.();
  }

  /** After all that has been read by now is sorted: asking for each directory's entries would cost more than the sorting. */
  #wakeSoon(): void {
    if (this.#waking) return;
    this.#waking = true;
    setImmediate(() => {
      this.#waking = false;
      this.#wake?.();
    });
  }

  #readOn(): void {
    while (this.#mayRead()) this.#read(this.#toRead.pop() as Entry);
  }

  #mayRead(): boolean {
    return !this.#ended && this.#toRead.length > 0 && this.#reading < MAX_READING && this.#found.length < MAX_WAITING;
  }

  #read(entry: Entry): void {
    this.#reading += 1;
    const path = pathUnder(this.#top.system, entry.path);
    fs.readdir(systemName(path), { withFileTypes: true }, (error, listed) => {
      if (error !== null) this.#done(entry, error);
      else if (!hasDoubtful(listed)) this.#done(entry, null, listed);
      else runAsync(listDirectory(path)).then((exact) => this.#done(entry, null, exact), (failure: unknown) => this.#done(entry, failure)); // prettier-ignore
    });
  }

  #done(parent: Entry, error: unknown, listed: readonly ListedEntry[] = []): void {
    this.#reading -= 1;
    if (this.#ended) return;
    try {
      if (error === null) this.#selection.sort(listed, parent.path, parent.depth + 1, this.#found, this.#toRead);
      else reportUnreadable(error, this.#top, parent.path, this.#options);
      this.#readOn();
      this.#wakeSoon();
    } catch (thrown) {
      this.#fail(thrown);
    }
  }
}
