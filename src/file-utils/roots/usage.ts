import type { DirectoryHandle } from "../system/directory-handle.ts";
import { LOCKS_DIRECTORY } from "../locks/lock-place.ts";
import { systemPath, type Place } from "../system/place.ts";
import type { Steps } from "../system/steps.ts";
import { lstat } from "../system/calls.ts";
import { traverse } from "../trees/tree-traversal.ts";

/** What one operation has added so far, in bytes; less than nothing when it made files smaller. */
export interface Growth {
  bytes: number;
}

/**
 * How many bytes the files in a root have: counted, and then kept by what is done through the root. It is counted again after removals, after anything
 * that failed, and after operations that went on at the same time; what others add meanwhile is seen then. Where the number can't be exact it is too
 * high: what is freed counts for nobody but who freed it before it is counted again.
 */
export class RootUsage {
  readonly #limit: number;
  readonly #handle: DirectoryHandle;
  readonly #growing = new Set<Growth>();
  #counted = 0;
  #isExact = false;
  /** Bytes that were added by what has ended, and how often something made the number doubtful: to see that something happened while it was counted. */
  #ended = 0;
  #doubts = 0;

  constructor(limit: number, handle: DirectoryHandle) {
    this.#limit = limit;
    this.#handle = handle;
  }

  get isLimited(): boolean {
    return this.#limit !== Infinity;
  }

  /** Before an operation, which ends by {@link end}. */
  *begin(): Steps<Growth> {
    if (!this.#isExact) yield* this.#count();
    const growth: Growth = { bytes: 0 };
    this.#growing.add(growth);
    return growth;
  }

  /** Takes the room for so many bytes more, or says why not. */
  grow(growth: Growth, bytes: number): string | undefined {
    growth.bytes += bytes;
    let after = this.#counted;
    for (const { bytes: added } of this.#growing) after += Math.max(0, added);
    if (bytes <= 0 || after <= this.#limit) return undefined;
    growth.bytes -= bytes;
    return `there would be ${after} bytes in all, and there may be ${this.#limit}`;
  }

  end(growth: Growth, succeeded: boolean): void {
    this.#growing.delete(growth);
    const added = Math.max(0, growth.bytes);
    this.#counted += added;
    this.#ended += added;
    if (!succeeded || growth.bytes < 0 || this.#growing.size > 0) this.forget();
  }

  /** After files were removed. */
  forget(): void {
    this.#isExact = false;
    this.#doubts += 1;
  }

  /** What others add meanwhile through the root may have been counted or not: it counts in any case. */
  *#count(): Steps<void> {
    const [ended, doubts, growing] = [this.#ended, this.#doubts, this.#growing.size];
    const bytes = yield* bytesOfTree({ directory: this.#handle.system, name: ".", path: this.#handle.path });
    this.#counted = bytes + this.#ended - ended;
    this.#isExact = growing + this.#growing.size === 0 && this.#ended === ended && this.#doubts === doubts;
  }
}

/** What one operation adds, in all roots that it counts in. */
export class Charge {
  readonly #growths: (readonly [RootUsage, Growth])[] = [];

  static *begin(usages: Iterable<RootUsage>): Steps<Charge> {
    const charge = new Charge();
    try {
      for (const usage of usages) {
        if (usage.isLimited) charge.#growths.push([usage, yield* usage.begin()]);
      }
      return charge;
    } catch (error) {
      charge.end(false);
      throw error;
    }
  }

  /** Takes the room for so many bytes more, or says why not. */
  grow(bytes: number): string | undefined {
    for (const [usage, growth] of this.#growths) {
      const reason = usage.grow(growth, bytes);
      if (reason !== undefined) return reason;
    }
    return undefined;
  }

  end(succeeded: boolean): void {
    for (const [usage, growth] of this.#growths.splice(0)) usage.end(growth, succeeded);
  }
}

/** Bytes of the files in a tree, or of one file. */
export function* bytesOfTree(place: Place): Steps<number> {
  const status = yield* lstat(systemPath(place));
  if (!status.isDirectory()) return status.isFile() ? status.size : 0;
  let bytes = 0;
  yield* traverse(place, {
    // Made by us, and not by what anybody puts into the root.
    skips: (directory) => directory.place.name === LOCKS_DIRECTORY,
    *leaf(entry) {
      try {
        const { size } = yield* lstat(systemPath(entry.place));
        if (entry.kind === "file") bytes += size;
      } catch {
        // It has just been removed.
      }
    },
    *entered() {
      return undefined;
    },
    *left() {
      return undefined;
    },
  });
  return bytes;
}
