import { SealtraceError } from "../../record/index.ts";
import { closeDirectory, directoryOf, openDirectory, placeIn, type DirectoryHandle } from "./directory-handle.ts";
import { fileSystemError } from "./errors.ts";
import type { Place } from "./place.ts";
import type { Steps } from "./steps.ts";
import { constants, exactStat, open } from "./calls.ts";

/** One file or directory, whatever it is called. */
export interface Identity {
  readonly dev: bigint;
  readonly ino: bigint;
}

export function isSame(one: Identity, other: Identity): boolean {
  return one.dev === other.dev && one.ino === other.ino;
}

interface Level {
  /** Undefined while it is closed. */
  handle: DirectoryHandle | undefined;
  /** Known of what was closed. */
  identity: Identity | undefined;
}

/** Directories of one tree that are open at a time. A process may have some hundred files open, and a tree can be thousands of levels deep. */
const MAX_OPEN = 32;

/**
 * The way from the top of a tree down to where somebody works, through open directories, so that no rename leads the work elsewhere. Those far
 * above are closed, and on the way back opened through `..`; if that is not the same directory any more, it is an error.
 */
export class DirectoryTrail {
  readonly #levels: Level[] = [];
  #firstOpen = 0;

  /** Opens the top. Whatever happens then, `close` it. */
  static *open(place: Place): Steps<DirectoryTrail> {
    const trail = new DirectoryTrail();
    trail.#levels.push({ handle: yield* openDirectory(place), identity: undefined });
    return trail;
  }

  get current(): DirectoryHandle {
    return this.#levels.at(-1)?.handle as DirectoryHandle;
  }

  /** Levels below the top. */
  get depth(): number {
    return this.#levels.length - 1;
  }

  /** Goes down. A symbolic link, or what is no directory, is an error, and one stays where one is. */
  *enter(name: string): Steps<void> {
    this.#levels.push({ handle: yield* openDirectory(placeIn(this.current, name)), identity: undefined });
    if (this.#levels.length - this.#firstOpen > MAX_OPEN) {
      const far = this.#levels[this.#firstOpen] as Level;
      const handle = far.handle as DirectoryHandle;
      if (handle.descriptor === undefined) return;
      far.identity = yield* exactStat(handle.descriptor);
      far.handle = undefined;
      this.#firstOpen += 1;
      yield* closeDirectory(handle);
    }
  }

  /** Goes up; not from the top. */
  *leave(): Steps<void> {
    const child = this.current;
    const parent = this.#levels.at(-2) as Level;
    if (parent.handle === undefined) {
      parent.handle = yield* openParent(child, parent.identity as Identity);
      this.#firstOpen -= 1;
    }
    this.#levels.pop();
    yield* closeDirectory(child);
  }

  *close(): Steps<void> {
    for (let level = this.#levels.pop(); level !== undefined; level = this.#levels.pop()) {
      if (level.handle !== undefined) yield* closeDirectory(level.handle);
    }
  }
}

function* openParent(child: DirectoryHandle, expected: Identity): Steps<DirectoryHandle> {
  const path = child.path.slice(0, Math.max(child.path.lastIndexOf("/"), 0));
  try {
    const descriptor = yield* open(`${child.system}/..`, constants.O_RDONLY | constants.O_DIRECTORY);
    const parent = directoryOf(descriptor, path);
    if (isSame(yield* exactStat(descriptor), expected)) return parent;
    yield* closeDirectory(parent);
  } catch (error) {
    throw fileSystemError(error, path, "read");
  }
  throw new SealtraceError(
    "SEALTRACE_FILE_CHANGED",
    `${child.path} was moved elsewhere while it was worked on. Try again when nobody moves directories in it.`,
  );
}
