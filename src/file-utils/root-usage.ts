import type { DirectoryHandle } from "./directory-handle.ts";
import { systemPath, type Place } from "./place.ts";
import type { Steps } from "./steps.ts";
import { lstat } from "./system.ts";
import { traverse } from "./tree-traversal.ts";

/**
 * How many bytes the files in a root have, counted once and then kept by what is done through the root. What others add meanwhile is seen when it is
 * counted again: after removals, and after anything that failed.
 */
export class RootUsage {
  readonly #limit: number;
  readonly #handle: DirectoryHandle;
  #bytes: number | undefined;

  constructor(limit: number, handle: DirectoryHandle) {
    this.#limit = limit;
    this.#handle = handle;
  }

  *measure(): Steps<void> {
    if (this.#limit === Infinity || this.#bytes !== undefined) return;
    this.#bytes = yield* bytesOfTree({ directory: this.#handle.system, name: ".", path: this.#handle.path });
  }

  /** Takes the room for so many bytes more, or says why not. */
  grow(bytes: number): string | undefined {
    if (this.#limit === Infinity) return undefined;
    const after = (this.#bytes ?? 0) + bytes;
    if (bytes > 0 && after > this.#limit)
      return `there would be ${after} bytes in all, and there may be ${this.#limit}`;
    this.#bytes = after;
    return undefined;
  }

  forget(): void {
    this.#bytes = undefined;
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
