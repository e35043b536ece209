/** A temporary that has become what it was made for is moved to its place, where it appears whole or not at all. */
import { cp, cpSync } from "node:fs";
import { statusOf, temporaryName } from "../content/atomic-write.ts";
import { syncDescriptor, syncNames } from "../system/descriptor.ts";
import { fileSystemError } from "../system/errors.ts";
import { sibling, systemPath, type Place } from "../system/place.ts";
import { step, type Steps } from "../system/steps.ts";
import { close, constants, copyFile, fchmod, link, open, rename, stat } from "../system/calls.ts";
import { removeTree } from "./removal.ts";

/**
 * Gives a file or directory its final place, where nothing may stand yet; what is left under `from` is to be removed. Files, and names, are on the
 * disk when it is done; the content of directories is brought there when the system wants. Throws a SealtraceError.
 */
export function* handOver(from: string, to: Place, isDirectory: boolean): Steps<void> {
  try {
    if (isDirectory) yield* moveDirectory(from, to);
    else yield* moveFile(from, to);
    yield* syncNames(to);
  } catch (error) {
    throw fileSystemError(error, to.path, "write");
  }
}

function* moveFile(from: string, to: Place): Steps<void> {
  yield* syncFile(from);
  try {
    yield* link(from, systemPath(to));
    return;
  } catch (error) {
    if (codeOf(error) === "EEXIST") throw error;
  }
  yield* staged(to, function* (copy) {
    yield* copyFile(from, copy, constants.COPYFILE_EXCL);
    yield* syncFile(copy, (yield* stat(from)).mode & 0o777);
  });
}

function* moveDirectory(from: string, to: Place): Steps<void> {
  yield* checkFree(to);
  try {
    yield* rename(from, systemPath(to));
    return;
  } catch (error) {
    if (codeOf(error) !== "EXDEV") throw error;
  }
  yield* staged(to, (copy) => copyTree(from, copy));
}

/** Makes it under another name in the same directory, and then gives it its own. */
function* staged(to: Place, make: (path: string) => Steps<void>): Steps<void> {
  const copy = systemPath(sibling(to, temporaryName()));
  try {
    yield* make(copy);
    try {
      yield* link(copy, systemPath(to));
    } catch (error) {
      if (codeOf(error) === "EEXIST") throw error;
      // A directory, or a file system without hard links: there nobody tells, when something comes to stand there after we looked.
      yield* checkFree(to);
      yield* rename(copy, systemPath(to));
    }
  } finally {
    yield* removeTree(copy);
  }
}

function* checkFree(place: Place): Steps<void> {
  if ((yield* statusOf(place)) !== undefined) throw Object.assign(new Error("not free"), { code: "EEXIST" });
}

function* syncFile(path: string, mode?: number): Steps<void> {
  const descriptor = yield* open(path, constants.O_RDWR);
  try {
    if (mode !== undefined) yield* fchmod(descriptor, mode);
    yield* syncDescriptor(descriptor);
  } finally {
    yield* close(descriptor);
  }
}

const WHOLE = { recursive: true, errorOnExist: true, force: false, preserveTimestamps: true, verbatimSymlinks: true };

function copyTree(from: string, to: string): Steps<void> {
  return step(
    () => {
      cpSync(from, to, WHOLE);
    },
    (done) => {
      cp(from, to, WHOLE, done);
    },
  );
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
