import type { DirectoryHandle } from "./directory-handle.ts";
import { systemPath, type Place } from "./place.ts";
import type { Steps } from "./steps.ts";
import { lstat } from "./system.ts";
import { traverse } from "./tree-traversal.ts";

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
  /** Of what has ended; grows for ever. */
  #ended = 0;

  constructor(limit: number, handle: DirectoryHandle) {
    this.#limit = limit;
    this.#handle = handle;
  }

  get isLimited(): boolean {
    return this.#limit !== Infinity;
  }

  /** Before an operation, which ends by {@link end}. */
  *begin(): Steps<Growth> {
    if (this.isLimited && !this.#isExact) yield* this.#count();
    const growth: Growth = { bytes: 0 };
    this.#growing.add(growth);
    return growth;
  }

  /** Takes the room for so many bytes more, or says why not. */
  grow(growth: Growth, bytes: number): string | undefined {
    if (!this.isLimited) return undefined;
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
    if (!succeeded || growth.bytes < 0 || this.#growing.size > 0) this.#isExact = false;
  }

  /** After files were removed. */
  forget(): void {
    this.#isExact = false;
  }

  /** What others add meanwhile through the root may have been counted or not. */
  *#count(): Steps<void> {
    const endedBefore = this.#ended;
    this.#isExact = this.#growing.size === 0;
    const bytes = yield* bytesOfTree({ directory: this.#handle.system, name: ".", path: this.#handle.path });
    const ended = this.#ended - endedBefore;
    this.#counted = bytes + ended;
    if (ended > 0) this.#isExact = false;
  }
}

/** Bytes of the files in a tree, or of one file. */
export function* bytesOfTree(place: Place): Steps<number> {
  const status = yield* lstat(systemPath(place));
  if (!status.isDirectory()) return status.isFile() ? status.size : 0;
  let bytes = 0;
  yield* traverse(place, {
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
