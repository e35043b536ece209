/** The directory in which all temporaries of this user lie, in the system's directory for such: private, or not used. */
import { randomBytes } from "node:crypto";
import { accessSync, chmodSync, constants, lstatSync, mkdirSync, readdirSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { SealtraceError } from "../../record/index.ts";
import { fileSystemError } from "../system/errors.ts";

export type Storage = "disk" | "memory";

export interface Ground {
  /** Where others may have theirs too. */
  readonly shared: string;
  readonly storage: Storage;
}

/** Where to put something: the first that can be used. The system's temporary directory is always the last of them. */
export function groundsFor(storage: Storage): Ground[] {
  const usual = resolve(tmpdir());
  const memory: Ground[] = [SHARED_MEMORY, usual]
    .filter((shared) => storage === "memory" && isInMemory(shared))
    .map((shared) => ({ shared, storage: "memory" }));
  return [...memory, { shared: usual, storage: "disk" }];
}

const SHARED_MEMORY = "/dev/shm";
/** statfs(2): TMPFS_MAGIC, RAMFS_MAGIC. */
const MEMORY_TYPES: ReadonlySet<number> = new Set([0x01021994, 0x858458f6]);
const STICKY = 0o1000;
const WRITABLE_BY_OTHERS = 0o022;

/** A directory in memory that we may write to, and in which others can't rename what is ours. */
function isInMemory(path: string): boolean {
  if (process.platform !== "linux") return false;
  try {
    const status = lstatSync(path);
    accessSync(path, constants.W_OK | constants.X_OK);
    const isSafe = (status.mode & STICKY) !== 0 || (status.mode & WRITABLE_BY_OTHERS) === 0;
    return status.isDirectory() && isSafe && MEMORY_TYPES.has(statfsSync(path).type);
  } catch {
    return false;
  }
}

/**
 * This user's directory in a shared one. Its usual name can be foretold, so somebody may have put something there: then an unpredictable
 * one is made, and found again by the next start. Throws a SealtraceError when there can be none.
 */
export function privateBase(shared: string): string {
  const usual = join(shared, `sealtrace-${userName()}`);
  try {
    if (makeDirectory(usual) || isPrivate(usual)) return usual;
    const other = readdirSync(shared).find((name) => OTHER_NAME.test(name) && isPrivate(join(shared, name)));
    if (other !== undefined) return join(shared, other);
    const fresh = `${usual}-${unpredictable()}`;
    if (makeDirectory(fresh) && isPrivate(fresh)) return fresh;
  } catch (error) {
    throw unusable(error, shared);
  }
  throw new SealtraceError(
    "SEALTRACE_DIRECTORY_UNWRITABLE",
    `No private directory can be made in ${shared}, for its file system does not keep modes and owners. Set TMPDIR to a directory on another one.`,
  );
}

/** 128 bits, so that nobody can be there first. */
export function unpredictable(): string {
  return randomBytes(16).toString("hex");
}

const OTHER_NAME = /^sealtrace-\w+-[0-9a-f]{32}$/;
const PRIVATE_DIRECTORY = 0o700;

/** Makes a directory that only its owner may enter, whatever the umask; false when something is there already. */
export function makeDirectory(path: string): boolean {
  try {
    mkdirSync(path, PRIVATE_DIRECTORY);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
  if ((lstatSync(path).mode & 0o777) !== PRIVATE_DIRECTORY) chmodSync(path, PRIVATE_DIRECTORY);
  return true;
}

/** A directory, no link to one, that is ours and closed to others. Windows has no modes: there one that we may list. */
function isPrivate(path: string): boolean {
  try {
    const status = lstatSync(path);
    if (!status.isDirectory()) return false;
    if (process.geteuid === undefined) return Array.isArray(readdirSync(path));
    return status.uid === process.geteuid() && (status.mode & 0o777) === PRIVATE_DIRECTORY;
  } catch {
    return false;
  }
}

function userName(): string {
  return process.geteuid === undefined ? "user" : String(process.geteuid());
}

function unusable(error: unknown, shared: string): SealtraceError {
  if ((error as NodeJS.ErrnoException).code !== "ENOENT") return fileSystemError(error, shared, "write");
  return new SealtraceError(
    "SEALTRACE_FILE_MISSING",
    `The system's directory for temporary files, ${shared}, does not exist. Make it, or set TMPDIR (on Windows TEMP) to one that does.`,
    { cause: error },
  );
}
