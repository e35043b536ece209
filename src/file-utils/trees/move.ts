import type { BigIntStats } from "node:fs";
import { SealtraceError } from "../../record/index.ts";
import { copyWith, missing, stateOf } from "./copy.ts";
import { demandFree } from "./copy-file.ts";
import { CopyWork } from "./copy-options.ts";
import { intoItself } from "./copy-tree.ts";
import { syncNames } from "../system/descriptor.ts";
import { kindOf, listEntries } from "../system/directory-entries.ts";
import { isSame } from "../system/directory-trail.ts";
import { fileSystemError } from "../system/errors.ts";
import { LOCKS_DIRECTORY } from "../locks/lock-place.ts";
import type { LongWork } from "../system/options.ts";
import { placeOf, systemPath, type Place } from "../system/place.ts";
import { renameToFree } from "./publish.ts";
import { sameState } from "../content/regular-file.ts";
import { removeEntry } from "./remove.ts";
import { runAsync, runSync, type Steps } from "../system/steps.ts";
import { exactLstat, rename, rmdir, unlink } from "../system/calls.ts";
import { demand, type TreePolicy } from "./tree-policy.ts";
import type { Visited } from "./tree-traversal.ts";

export interface MoveOptions extends LongWork {
  /**
   * A file or symbolic link in the way is replaced, and so is an empty directory by a directory; one with something in it never is. Default:
   * false, anything in the way is an error (SEALTRACE_FILE_EXISTS).
   */
  readonly overwrite?: boolean | undefined;
  /** The names are on the disk when it is done, so that a power failure does not undo it. Default: true; across file systems always. */
  readonly durable?: boolean | undefined;
}

export interface MoveReport {
  /** False where it took a copy, because the target is on another file system. */
  readonly renamed: boolean;
  /** Bytes copied. */
  readonly bytes: number;
}

/**
 * Moves a file, a symbolic link or a directory. On one file system that is a renaming. Across file systems it is a verified copy (as `copy` does
 * it; the owner is kept where that is allowed), and only when that is on the disk the source is removed, if it is as it was copied: otherwise
 * SEALTRACE_FILE_CHANGED is thrown, and both stay. Whoever dies when, everything is whole at its old or its new name, or at both.
 *
 * That nothing in the way is replaced is certain for files; for directories, and on file systems without hard links, what is made in the way in the
 * same instant can be replaced (of directories: an empty one only).
 */
export function move(from: string, to: string, options: MoveOptions = {}): Promise<MoveReport> {
  return runAsync(moveEntry(placeOf(from), placeOf(to), options), options.signal);
}

/** {@link move}, blocking. */
export function moveSync(from: string, to: string, options: MoveOptions = {}): MoveReport {
  return runSync(moveEntry(placeOf(from), placeOf(to), options));
}

/** {@link move}, of places. `permit` is asked about the top, and across file systems about every entry. */
export function* moveEntry(from: Place, to: Place, options: MoveOptions & TreePolicy): Steps<MoveReport> {
  const source = yield* stateOf(from);
  if (source === undefined) throw missing(from);
  const kind = kindOf(source);
  demand(options, "", kind, from.path);
  const existing = yield* stateOf(to);
  if (existing !== undefined && isSame(source, existing)) yield* moveWithinFile(from, source, to, options);
  else {
    if (options.overwrite !== true || (existing !== undefined && kindOf(existing) === "other")) yield* demandFree(to);
    try {
      if (options.overwrite === true) yield* rename(systemPath(from), systemPath(to));
      else yield* renameToFree(from, to, kind);
    } catch (error) {
      const code = codeOf(error);
      if (code === "EXDEV") return yield* moveAcross(from, to, existing, options);
      if (code === "EINVAL" && kind === "directory") throw intoItself(from.path, to.path);
      throw fileSystemError(error, to.path, "write");
    }
  }
  if (options.durable !== false) {
    yield* syncNames(to);
    if (from.directory !== to.directory) yield* syncNames(from);
  }
  return { renamed: true, bytes: 0 };
}

function* moveAcross(
  from: Place,
  to: Place,
  existing: BigIntStats | undefined,
  options: MoveOptions & TreePolicy,
): Steps<MoveReport> {
  if (existing?.isDirectory() === true) yield* makeRoom(to);
  const work = new CopyWork({ ...options, durable: true, verify: true, links: "keep", owner: "if allowed" }, true);
  yield* copyWith(work, from, to);
  const confirm = (entry: Visited): Steps<void> => demandAsCopied(entry, work, to);
  // From here on it is only finished: half a source helps nobody.
  yield* removeEntry(from, { recursive: true, confirm, mayCancel: false });
  return { renamed: false, bytes: work.bytes };
}

/** As renaming does it: an empty directory gives way, another does not. */
function* makeRoom(to: Place): Steps<void> {
  try {
    yield* rmdir(systemPath(to));
  } catch (error) {
    throw fileSystemError(error, to.path, "write");
  }
}

function* demandAsCopied({ place, path }: Visited, { copied }: CopyWork, to: Place): Steps<void> {
  if (path.split("/").includes(LOCKS_DIRECTORY)) return;
  const before = copied?.get(path);
  const isKnown = copied?.has(path) === true;
  if (isKnown && (before === undefined || sameState(before, yield* exactLstat(systemPath(place))))) return;
  throw new SealtraceError(
    "SEALTRACE_FILE_CHANGED",
    `${place.path} was changed after it had been copied, and stays, with what has not been removed yet. What was copied is whole at ${to.path}: compare them, then remove one.`,
  );
}

/** Where both are one file: another name of it (a hard link), the same name spelled in another case, or nothing to do at all. */
function* moveWithinFile(from: Place, source: BigIntStats, to: Place, options: MoveOptions): Steps<void> {
  const oneDirectory = isSame(yield* directoryOf(from), yield* directoryOf(to));
  if (oneDirectory && from.name === to.name) return;
  try {
    if (!(yield* isListed(to))) yield* rename(systemPath(from), systemPath(to));
    else if (options.overwrite !== true) yield* demandFree(to);
    else if (source.nlink > 1n && (yield* isListed(from))) yield* unlink(systemPath(from));
  } catch (error) {
    throw fileSystemError(error, to.path, "write");
  }
}

/** Under exactly this name: systems that don't mind the case still list one. */
function* isListed({ directory, name }: Place): Steps<boolean> {
  return (yield* listEntries(directory)).some((entry) => entry.name === name);
}

function directoryOf({ directory }: Place): Steps<BigIntStats> {
  return exactLstat(`${directory}/.`);
}

function codeOf(error: unknown): string | undefined {
  const cause = error instanceof SealtraceError ? error.cause : error;
  return (cause as NodeJS.ErrnoException | null)?.code;
}
