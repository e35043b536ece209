/** Making temporaries, and what every one of them can do. */
import { join } from "node:path";
import { isReservedOnWindows, SealtraceError } from "../../record/index.ts";
import { fileSystemError, isMissing } from "../system/errors.ts";
import { placeOf } from "../system/place.ts";
import { runAsync, runSync, type Steps } from "../system/steps.ts";
import { chmod, close, mkdir, unlink } from "../system/calls.ts";
import { unpredictable, type Storage } from "./base.ts";
import { handOver } from "./keep.ts";
import { removeTree } from "./removal.ts";
import { expectSignals, expectSignalsNoMore, leaveLodging, lodgingIn } from "./thread.ts";
import { closerOf, descriptorPath, openNew, openUnnamed, type UnnamedFile } from "./unnamed.ts";
import type { TemporaryDirectory, TemporaryFile, TemporaryFileOptions, TemporaryOptions } from "./interface.ts";

export function* makeFile(options: TemporaryFileOptions): Steps<TemporaryFile> {
  checkOptions(options);
  const unnamed = options.unnamed === true ? yield* makeUnnamed(options) : undefined;
  return (
    unnamed ??
    (yield* makeNamed(options, {
      *make(path) {
        yield* close(yield* openNew(path));
      },
      unmake: unlink,
      isDirectory: false,
    }))
  );
}

export function* makeDirectory(options: TemporaryOptions): Steps<TemporaryDirectory> {
  checkOptions(options);
  return yield* makeNamed(options, {
    *make(path) {
      yield* mkdir(path, 0o700);
      // Whatever the umask.
      yield* chmod(path, 0o700);
    },
    unmake: removeTree,
    isDirectory: true,
  });
}

interface Kind {
  readonly make: (path: string) => Steps<void>;
  readonly unmake: (path: string) => Steps<void>;
  readonly isDirectory: boolean;
}

function* makeNamed(options: TemporaryOptions, { make, unmake, isDirectory }: Kind): Steps<Entry> {
  const isWatched = options.removeOnSignal !== false;
  if (isWatched) expectSignals();
  try {
    const { path, storage } = yield* underNewName(options, make);
    return new Entry({ path, storage, isDirectory, isWatched, end: () => unmake(path) });
  } catch (error) {
    if (isWatched) expectSignalsNoMore();
    throw error;
  }
}

/** Undefined where the system has no way to a file without a name. */
function* makeUnnamed(options: TemporaryOptions): Steps<Entry | undefined> {
  const opened = (yield* openUnnamed(options.in ?? "disk")) ?? (yield* openAndUnlink(options));
  if (opened === undefined) return undefined;
  const { descriptor, storage } = opened;
  const end = yield* closerOf(descriptor);
  const path = descriptorPath(descriptor);
  if (path !== undefined) return new Entry({ path, storage, descriptor, isDirectory: false, isWatched: false, end });
  yield* end();
  return undefined;
}

function* openAndUnlink(options: TemporaryOptions): Steps<UnnamedFile | undefined> {
  if (process.platform === "win32") return undefined;
  const { made, storage } = yield* underNewName(options, function* (path) {
    const descriptor = yield* openNew(path);
    yield* unlink(path);
    return descriptor;
  });
  return { descriptor: made, storage };
}

function* underNewName<T>(
  { suffix = "", in: storage = "disk" }: TemporaryOptions,
  make: (path: string) => Steps<T>,
): Steps<{ readonly made: T; readonly path: string; readonly storage: Storage }> {
  for (let isAgain = false; ; isAgain = true) {
    const lodging = yield* lodgingIn(storage);
    const path = join(lodging.home.path, unpredictable() + suffix);
    try {
      return { made: yield* make(path), path, storage: lodging.storage };
    } catch (error) {
      if (isAgain || !isMissing(error)) throw fileSystemError(error, path, "write");
      leaveLodging(lodging);
    }
  }
}

function checkOptions({ suffix = "", in: storage = "disk" }: TemporaryOptions): void {
  if (typeof suffix !== "string" || isReservedOnWindows(`x${suffix}`) || suffix.length > MAX_SUFFIX_LENGTH) {
    throw new SealtraceError(
      "SEALTRACE_USAGE",
      `${JSON.stringify(suffix)} can't end the name of a file on every system: take a short one, such as ".json".`,
    );
  }
  if (!["disk", "memory"].includes(storage)) {
    throw new SealtraceError(
      "SEALTRACE_USAGE",
      `A temporary is in "disk" or "memory", not in ${JSON.stringify(storage)}.`,
    );
  }
}

/** With what stands before it, 255 bytes at most in any encoding. */
const MAX_SUFFIX_LENGTH = 50;

interface Made {
  readonly path: string;
  readonly storage: Storage;
  readonly descriptor?: number;
  readonly isDirectory: boolean;
  /** Counted among those that are to be removed on a signal. */
  readonly isWatched: boolean;
  /** Gives back to the system what it holds. May be called again. */
  readonly end: () => Steps<void>;
}

class Entry implements TemporaryFile {
  readonly path: string;
  readonly in: Storage;
  readonly descriptor: number | undefined;
  readonly #made: Made;
  #isDone = false;

  constructor(made: Made) {
    this.path = made.path;
    this.in = made.storage;
    this.descriptor = made.descriptor;
    this.#made = made;
  }

  remove(): Promise<void> {
    return runAsync(this.#remove());
  }

  removeSync(): void {
    runSync(this.#remove());
  }

  keep(path: string): Promise<void> {
    return runAsync(this.#keep(path));
  }

  keepSync(path: string): void {
    runSync(this.#keep(path));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.remove();
  }

  [Symbol.dispose](): void {
    this.removeSync();
  }

  *#remove(): Steps<void> {
    if (this.#isDone) return;
    try {
      yield* this.#made.end();
    } catch (error) {
      if (!isMissing(error)) throw fileSystemError(error, this.path, "write");
    }
    this.#finish();
  }

  /** Twice when it was removed twice at the same time. */
  #finish(): void {
    if (!this.#isDone && this.#made.isWatched) expectSignalsNoMore();
    this.#isDone = true;
  }

  *#keep(path: string): Steps<void> {
    const place = placeOf(path);
    if (this.#isDone) {
      throw new SealtraceError(
        "SEALTRACE_USAGE",
        `${this.path} has been removed, or moved elsewhere, and can't be kept now.`,
      );
    }
    yield* handOver(this.path, place, this.#made.isDirectory);
    yield* this.#remove();
  }
}
