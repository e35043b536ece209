import { dirname } from "node:path";
import { syncNames } from "../system/descriptor.ts";
import { closeDirectory, openDirectory } from "../system/directory-handle.ts";
import { fileSystemError } from "../system/errors.ts";
import { placeOf, systemPath, type Place } from "../system/place.ts";
import { runAsync, runSync, type Steps } from "../system/steps.ts";
import { chmod, fchmod, fstat, mkdir, stat } from "../system/calls.ts";

export interface CreateDirectoryOptions {
  /** Makes missing directories above it too, and takes one that is there already as it is. Default: false, that is an error. */
  readonly parents?: boolean | undefined;
  /** Of every directory that is made, whatever the umask. Default: 0700. */
  readonly mode?: number | undefined;
  /** The names are on the disk when it is done. Default: true. */
  readonly durable?: boolean | undefined;
}

/** Makes a directory. Throws SEALTRACE_FILE_EXISTS when something is there, SEALTRACE_FILE_MISSING when what it should be in is not. */
export function createDirectory(path: string, options: CreateDirectoryOptions = {}): Promise<void> {
  return runAsync(createAll(path, options));
}

/** {@link createDirectory}, blocking. */
export function createDirectorySync(path: string, options: CreateDirectoryOptions = {}): void {
  runSync(createAll(path, options));
}

function* createAll(path: string, options: CreateDirectoryOptions): Steps<void> {
  const place = placeOf(path);
  if (options.parents !== true) yield* createDirectoryEntry(place, options);
  else for (const missing of yield* missingDirectories(place)) yield* createIfMissing(missing, options);
}

/** {@link createDirectory}, of a place; no parents. */
export function* createDirectoryEntry(place: Place, options: CreateDirectoryOptions): Steps<void> {
  const { mode = 0o700 } = options;
  try {
    yield* mkdir(systemPath(place), mode & 0o777);
    if (process.platform !== "win32") yield* setMode(place, mode);
    if (options.durable !== false) yield* syncNames(place);
  } catch (error) {
    throw fileSystemError(error, place.path, "write");
  }
}

/** The umask has taken bits from it. */
function* setMode(place: Place, mode: number): Steps<void> {
  const handle = yield* openDirectory(place);
  try {
    const { descriptor, system } = handle;
    if (descriptor === undefined) yield* chmod(system, mode);
    else if (((yield* fstat(descriptor)).mode & 0o7777) !== mode) yield* fchmod(descriptor, mode);
  } finally {
    yield* closeDirectory(handle);
  }
}

/** From the highest down; empty when all are there. */
function* missingDirectories(place: Place): Steps<Place[]> {
  const missing: Place[] = [];
  for (let next = place; !(yield* isDirectory(next));) {
    missing.unshift(next);
    next = placeOf(dirname(systemPath(next)));
  }
  return missing;
}

function* isDirectory(place: Place): Steps<boolean> {
  try {
    // A symbolic link to a directory is as good, as for everybody.
    if ((yield* stat(systemPath(place))).isDirectory()) return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw fileSystemError(error, place.path, "write");
  }
  throw fileSystemError(Object.assign(new Error("no directory"), { code: "ENOTDIR" }), place.path, "write");
}

/** Somebody else may make it at the same time. */
function* createIfMissing(place: Place, options: CreateDirectoryOptions): Steps<void> {
  try {
    yield* createDirectoryEntry(place, options);
  } catch (error) {
    if (
      (error as { readonly cause?: NodeJS.ErrnoException }).cause?.code !== "EEXIST" ||
      !(yield* isDirectory(place))
    ) {
      throw error;
    }
  }
}
