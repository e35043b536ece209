import { existsSync } from "node:fs";
import { fileSystemError } from "./errors.ts";
import { systemPath, type Place } from "./place.ts";
import type { Steps } from "./steps.ts";
import { closeDirectoryDescriptor, constants, lstat, open } from "./calls.ts";

/**
 * A directory kept open, so that it stays the same whoever renames what on the way to it. Where the system can't name things in an open
 * directory (other than Linux), it is a path that was looked at: no symbolic link stood there at that moment.
 */
export interface DirectoryHandle {
  /** What the system is told. */
  readonly system: string;
  /** What people are told. */
  readonly path: string;
  /** Undefined where it is only a path. */
  readonly descriptor: number | undefined;
}

/** Opens a descriptor that only names (open(2)): it needs no right to read, and opening it does nothing else. Linux alone has it. */
export const O_PATH = 0o10000000;

let descriptorPaths: boolean | undefined;

/** True where files can be named through an open directory: `/proc/self/fd/9/name`. */
export function hasDescriptorPaths(): boolean {
  return (descriptorPaths ??= process.platform === "linux" && existsSync("/proc/self/fd"));
}

/** Opens a directory; a symbolic link in its place is an error. Close it with {@link closeDirectory}. */
export function* openDirectory(place: Place): Steps<DirectoryHandle> {
  try {
    if (hasDescriptorPaths()) {
      const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
      return directoryOf(yield* open(systemPath(place), flags), place.path);
    }
    const status = yield* lstat(systemPath(place));
    if (status.isSymbolicLink()) throw Object.assign(new Error("a symbolic link"), { code: "ELOOP" });
    if (!status.isDirectory()) throw Object.assign(new Error("no directory"), { code: "ENOTDIR" });
    return { system: systemPath(place), path: place.path, descriptor: undefined };
  } catch (error) {
    throw fileSystemError(error, place.path, "read");
  }
}

export function directoryOf(descriptor: number, path: string): DirectoryHandle {
  return { system: `/proc/self/fd/${descriptor}`, path, descriptor };
}

export function* closeDirectory({ descriptor }: DirectoryHandle): Steps<void> {
  if (descriptor !== undefined) yield* closeDirectoryDescriptor(descriptor);
}

export function placeIn(directory: DirectoryHandle, name: string): Place {
  return { directory: directory.system, name, path: directory.path === "" ? name : `${directory.path}/${name}` };
}
