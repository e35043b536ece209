import type { BigIntStats } from "node:fs";
import { SealtraceError } from "../../record/index.ts";
import { demandFree } from "./copy-file.ts";
import { CopyWork, type CopyOptions, type CopyReport } from "./copy-options.ts";
import { copyLeaf, copyNewTree, fillTree, intoItself } from "./copy-tree.ts";
import { syncNames } from "../system/descriptor.ts";
import { kindOf } from "../system/directory-entries.ts";
import { isSame, type Identity } from "../system/directory-trail.ts";
import { fileSystemError, isMissing } from "../system/errors.ts";
import { LOCKS_DIRECTORY } from "../locks/lock-place.ts";
import { placeOf, systemPath, type Place } from "../system/place.ts";
import { runAsync, runSync, type Steps } from "../system/steps.ts";
import { exactLstat } from "../system/calls.ts";
import { demand, type TreePolicy } from "./tree-policy.ts";

/**
 * Copies a file, a symbolic link (as a link) or a directory with all that is in it, with modes and times. Each file has its name when it is
 * whole, and a tree that is new too; only a directory that is filled up (`overwrite`) is seen growing. Holes stay holes. Left out: what belongs to
 * locks (`.sealtrace-locks`), and what vanishes meanwhile. Pipes, sockets and devices are an error. Hard links become files of their own;
 * access control lists and extended attributes are not copied.
 *
 * Throws a SealtraceError when it could not be done; then there is no new file or tree, and a directory that was filled up is as far as it got.
 */
export function copy(from: string, to: string, options: CopyOptions = {}): Promise<CopyReport> {
  return runAsync(copyEntry(placeOf(from), placeOf(to), options), options.signal);
}

/** {@link copy}, blocking. */
export function copySync(from: string, to: string, options: CopyOptions = {}): CopyReport {
  return runSync(copyEntry(placeOf(from), placeOf(to), options));
}

/** {@link copy}, of places. */
export function* copyEntry(from: Place, to: Place, options: CopyOptions & TreePolicy): Steps<CopyReport> {
  const work = new CopyWork(options);
  yield* copyWith(work, from, to);
  return work.report();
}

export function* copyWith(work: CopyWork, from: Place, to: Place): Steps<void> {
  const source = yield* stateOf(from);
  if (source === undefined) throw missing(from);
  const existing = yield* stateOf(to);
  if (existing !== undefined && isSame(source, existing)) throw sameFile(from, to);
  const kind = kindOf(source);
  demand(work.options, "", kind, from.path);
  if (kind === "directory") yield* copyDirectory(from, source, to, existing, work);
  else yield* copyLeaf(from, "", kind, to, work);
  if (work.durable) yield* syncNames(to);
}

function* copyDirectory(
  from: Place,
  source: BigIntStats,
  to: Place,
  existing: BigIntStats | undefined,
  work: CopyWork,
): Steps<void> {
  if (from.name === LOCKS_DIRECTORY) throw lockSidecar(from);
  if (yield* isInside(to, source)) throw intoItself(from.path, to.path);
  if (existing?.isDirectory() === true && work.options.overwrite === true) yield* fillTree(from, to, work);
  else {
    yield* demandFree(to);
    yield* copyNewTree(from, to, work);
  }
}

/** Undefined when nothing is there. */
export function* stateOf(place: Place): Steps<BigIntStats | undefined> {
  try {
    return yield* exactLstat(systemPath(place));
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw fileSystemError(error, place.path, "read");
  }
}

/** Whether a directory is one of those above a place, whatever it is called there. */
function* isInside(place: Place, directory: Identity): Steps<boolean> {
  try {
    let above = yield* exactLstat(`${place.directory}/.`);
    for (let path = `${place.directory}/..`; ; path += "/..") {
      if (isSame(above, directory)) return true;
      const parent = yield* exactLstat(path);
      if (isSame(parent, above)) return false;
      above = parent;
    }
  } catch (error) {
    throw fileSystemError(error, place.path, "write");
  }
}

export function missing({ path }: Place): SealtraceError {
  return fileSystemError(Object.assign(new Error("missing"), { code: "ENOENT" }), path, "read");
}

function sameFile(from: Place, to: Place): SealtraceError {
  return new SealtraceError("SEALTRACE_USAGE", `${from.path} and ${to.path} are one and the same: there is nothing to copy. Choose another target.`); // prettier-ignore
}

function lockSidecar({ path }: Place): SealtraceError {
  return new SealtraceError("SEALTRACE_USAGE", `${path} belongs to locks, and copying it would drop them. Copy the files that it is for.`); // prettier-ignore
}
