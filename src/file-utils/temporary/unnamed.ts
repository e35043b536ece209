/** Files without a name: nobody can open them by one, and the system frees them with their last descriptor, whatever becomes of the program. */
import { existsSync, type BigIntStats } from "node:fs";
import { hasDescriptorPaths } from "../system/directory-handle.ts";
import { NO_FOLLOW } from "../content/regular-file.ts";
import type { Steps } from "../system/steps.ts";
import { close, constants, exactStat, fchmod, open } from "../system/calls.ts";
import { groundsFor, type Storage } from "./base.ts";

export interface UnnamedFile {
  readonly descriptor: number;
  readonly storage: Storage;
}

/** A path that leads to an open descriptor, in this process. Undefined where the system has none (Windows). */
export function descriptorPath(descriptor: number): string | undefined {
  if (hasDescriptorPaths()) return `/proc/self/fd/${descriptor}`;
  const path = `/dev/fd/${descriptor}`;
  return process.platform !== "win32" && existsSync(path) ? path : undefined;
}

/** open(2): a file that never had a name; with O_EXCL it can't get one either. Linux alone has it, and not on every file system. */
const O_TMPFILE = 0o20200000;

/** Undefined where a file must have a name at first. */
export function* openUnnamed(storage: Storage): Steps<UnnamedFile | undefined> {
  if (!hasDescriptorPaths()) return undefined;
  for (const ground of groundsFor(storage)) {
    try {
      const descriptor = yield* open(ground.shared, O_TMPFILE | constants.O_RDWR | constants.O_EXCL, PRIVATE_FILE);
      yield* fchmod(descriptor, PRIVATE_FILE);
      return { descriptor, storage: ground.storage };
    } catch {
      // The way by a name will tell what is wrong.
    }
  }
  return undefined;
}

const PRIVATE_FILE = 0o600;

/** A new file of this name that only its owner may open, whatever the umask. */
export function* openNew(path: string): Steps<number> {
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | NO_FOLLOW;
  const descriptor = yield* open(path, flags, PRIVATE_FILE);
  yield* fchmod(descriptor, PRIVATE_FILE);
  return descriptor;
}

/** What closes a descriptor, once. One that the program has closed itself, and that may be something else by now, is left alone. */
export function* closerOf(descriptor: number): Steps<() => Steps<void>> {
  const opened = yield* exactStat(descriptor);
  let isClosed = false;
  return function* () {
    if (isClosed) return;
    isClosed = true;
    try {
      if (!isSameFile(opened, yield* exactStat(descriptor))) return;
    } catch {
      return;
    }
    yield* close(descriptor);
  };
}

/** The number of a file is soon used again, but files have names, or are younger. */
function isSameFile(unnamed: BigIntStats, now: BigIntStats): boolean {
  const { dev, ino, nlink, birthtimeNs } = unnamed;
  return now.dev === dev && now.ino === ino && now.nlink === nlink && now.birthtimeNs === birthtimeNs;
}
