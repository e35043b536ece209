import { parse, relative, resolve } from "node:path";
import { SealtraceError } from "../../record/index.ts";
import { syncNames } from "../system/descriptor.ts";
import { kindOf } from "../system/directory-entries.ts";
import { fileSystemError, isMissing } from "../system/errors.ts";
import { placeOf, systemPath, type Place } from "../system/place.ts";
import { runAsync, runSync, type Steps } from "../system/steps.ts";
import { lstat, rmdir, unlink } from "../system/calls.ts";
import { demand, type TreePolicy } from "./tree-policy.ts";
import { traverse, type Visited, type Visitor } from "./tree-traversal.ts";

export interface RemoveOptions {
  /** A directory with all that is in it. Default: false, which removes an empty directory only. */
  readonly recursive?: boolean | undefined;
  /** Nothing there is no error. Default: false. */
  readonly missingOk?: boolean | undefined;
  /** The top's name is gone from the disk when it is done, so that it does not come back after a power failure. Default: true. */
  readonly durable?: boolean | undefined;
  /** Ends the work between two entries, with the signal's reason; what was removed is gone. Of no effect in `removeSync`. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Removes a file, a symbolic link (never what it points to) or a directory; on Linux no rename that happens meanwhile leads it elsewhere. The
 * root of a file system and the working directory, or what contains it, are refused (SEALTRACE_USAGE). Throws a SealtraceError for the first
 * entry that can't be removed; others may be gone then.
 */
export async function remove(path: string, options: RemoveOptions = {}): Promise<void> {
  await runAsync(removeEntry(removable(path), options), options.signal);
}

/** {@link remove}, blocking. */
export function removeSync(path: string, options: RemoveOptions = {}): void {
  runSync(removeEntry(removable(path), options));
}

function removable(path: string): Place {
  const place = placeOf(path);
  const absolute = resolve(path);
  const refuse = (what: string): never => {
    throw new SealtraceError("SEALTRACE_USAGE", `${path} is ${what}, and is never removed: give the path of what is to go.`); // prettier-ignore
  };
  if (absolute === parse(absolute).root) refuse("the root of a file system");
  const down = relative(absolute, process.cwd());
  if (down === "" || !/^\.\.($|[/\\])/.test(down)) refuse("the working directory or contains it");
  return place;
}

export interface RemoveEntryOptions extends RemoveOptions, TreePolicy {
  /** A last look at each entry before it goes; what it throws ends the work. */
  readonly confirm?: ((entry: Visited) => Steps<void>) | undefined;
  /** False: goes on when the signal is aborted. Default: true. */
  readonly mayCancel?: boolean | undefined;
}

/** {@link remove}, of a place. */
export function* removeEntry(place: Place, options: RemoveEntryOptions): Steps<void> {
  try {
    const kind = kindOf(yield* lstat(systemPath(place)));
    demand(options, "", kind, place.path);
    if (kind !== "directory") {
      if (options.confirm !== undefined) yield* options.confirm({ place, path: "", kind });
      yield* unlink(systemPath(place));
    } else if (options.recursive === true) yield* traverse(place, new Remover(options), options.mayCancel);
    else yield* removeEmpty(place);
    if (options.durable !== false) yield* syncNames(place);
  } catch (error) {
    if (options.missingOk === true && isMissing(rootCause(error))) return;
    throw fileSystemError(error, place.path, "write");
  }
}

function* removeEmpty(place: Place): Steps<void> {
  try {
    yield* rmdir(systemPath(place));
  } catch (cause) {
    if (!isNotEmpty(cause)) throw cause;
    throw new SealtraceError(
      "SEALTRACE_FILE_EXISTS",
      `${place.path} is a directory with something in it. To remove all of that, pass recursive: true.`,
      { cause },
    );
  }
}

class Remover implements Visitor {
  readonly #options: RemoveEntryOptions;

  constructor(options: RemoveEntryOptions) {
    this.#options = options;
  }

  *leaf(entry: Visited): Steps<void> {
    const { place, path, kind } = entry;
    demand(this.#options, path, kind, place.path);
    try {
      if (this.#options.confirm !== undefined) yield* this.#options.confirm(entry);
      yield* unlink(systemPath(place));
    } catch (error) {
      // It has vanished, or become a directory, which the next look at what holds it will find.
      const { code } = error as NodeJS.ErrnoException;
      if (code === "ENOENT" || code === "EISDIR") return;
      throw fileSystemError(error, place.path, "write");
    }
  }

  *entered(directory: Visited): Steps<void> {
    const { place, path, kind } = directory;
    if (path !== "") demand(this.#options, path, kind, place.path);
    if (this.#options.confirm !== undefined) yield* this.#options.confirm(directory);
  }

  *left({ place }: Visited): Steps<"again" | undefined> {
    try {
      yield* rmdir(systemPath(place));
    } catch (error) {
      if (isNotEmpty(error)) return "again";
      const { code } = error as NodeJS.ErrnoException;
      // Somebody removed it before, or put something else in its place, which is looked at when what holds it is not empty.
      if (code !== "ENOENT" && code !== "ENOTDIR") throw fileSystemError(error, place.path, "write");
    }
    return undefined;
  }
}

function isNotEmpty(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ENOTEMPTY" || code === "EEXIST";
}

/** The system's error in one that has been explained. */
function rootCause(error: unknown): unknown {
  return error instanceof SealtraceError ? error.cause : error;
}
