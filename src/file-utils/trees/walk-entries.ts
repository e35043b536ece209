import { BatchIterator } from "./batches.ts";
import { listEntries } from "../system/directory-entries.ts";
import { DirectoryTrail } from "../system/directory-trail.ts";
import { fileSystemError } from "../system/errors.ts";
import type { Place } from "../system/place.ts";
import { cancellable, runAsync, runSync, type Steps } from "../system/steps.ts";
import type { TreePolicy } from "./tree-policy.ts";
import { Selection, type Entry, type WalkOptions } from "./walk-entry.ts";
import { reportUnreadable, TOP } from "./walk-top.ts";

export type EntryWalkOptions = WalkOptions & TreePolicy;

/**
 * A walk through open directories, one after the other, depth first: nothing that is renamed meanwhile leads it elsewhere. Slower than `walk`.
 * Whatever happens, `end` it.
 */
export class EntryWalk {
  readonly #place: Place;
  readonly #options: EntryWalkOptions;
  readonly #selection: Selection;
  #trail: DirectoryTrail | undefined;
  /** Of each level of the trail, the directories that are still to be entered. */
  readonly #toEnter: Entry[][] = [];

  constructor(place: Place, options: EntryWalkOptions) {
    this.#place = place;
    this.#options = options;
    this.#selection = new Selection(place.path, options);
  }

  /** Opens the directory. From here on its place is needed no more. */
  *begin(): Steps<DirectoryTrail> {
    return (this.#trail ??= yield* DirectoryTrail.open(this.#place));
  }

  /** What is in the next directory; undefined at the end. */
  *next(): Steps<readonly Entry[] | undefined> {
    if (this.#trail === undefined || this.#toEnter.length === 0) {
      this.#trail = yield* this.begin();
      const shown = yield* this.#list(this.#trail, TOP);
      if (shown.length > 0) return shown;
    }
    for (;;) {
      yield* cancellable();
      const entry = this.#toEnter.at(-1)?.pop();
      if (entry !== undefined) {
        const shown = yield* this.#enter(this.#trail, entry);
        if (shown.length > 0) return shown;
      } else if (this.#trail.depth > 0) {
        this.#toEnter.pop();
        yield* this.#trail.leave();
      } else return undefined;
    }
  }

  *end(): Steps<void> {
    if (this.#trail !== undefined) yield* this.#trail.close();
  }

  *#enter(trail: DirectoryTrail, entry: Entry): Steps<readonly Entry[]> {
    try {
      yield* trail.enter(entry.name);
    } catch (error) {
      reportUnreadable(error, this.#place, entry.path, this.#options);
      return [];
    }
    return yield* this.#list(trail, entry);
  }

  *#list({ current }: DirectoryTrail, { path, depth }: Entry): Steps<readonly Entry[]> {
    const shown: Entry[] = [];
    const toEnter: Entry[] = [];
    this.#toEnter.push(toEnter);
    try {
      let listed = yield* listEntries(current.system);
      const { permit } = this.#options;
      const prefix = path === "" ? "" : `${path}/`;
      if (permit !== undefined) listed = listed.filter(({ name, kind }) => permit(prefix + name, kind));
      this.#selection.sort(listed, path, depth + 1, shown, toEnter);
    } catch (error) {
      throw fileSystemError(error, current.path, "read");
    }
    return shown;
  }
}

type Walking = Pick<EntryWalk, "next" | "end">;

/** The walk's entries. Whoever stops early ends it, as `for await` does. */
export function entriesOf(walk: Walking, signal?: AbortSignal): AsyncIterableIterator<Entry, undefined> {
  return new BatchIterator({ next: () => runAsync(walk.next(), signal), end: () => runAsync(walk.end()) });
}

/** {@link entriesOf}, blocking. */
export function* entriesOfSync(walk: Walking): IterableIterator<Entry, undefined> {
  try {
    for (let batch = runSync(walk.next()); batch !== undefined; batch = runSync(walk.next())) yield* batch;
    return undefined;
  } finally {
    runSync(walk.end());
  }
}
