/** Where the files of a lock are: beside what it locks, in a directory that nothing else ever opens. */
import { createHash } from "node:crypto";
import { lstatSync, readlinkSync, realpathSync } from "node:fs";
import { basename, dirname, join, resolve, sep } from "node:path";
import { SealtraceError } from "../../record/index.ts";
import { fileSystemError } from "../system/errors.ts";
import { heldDirectory, makeLockFiles } from "./held-directory.ts";

/** The directory, beside locked files, with all that belongs to their locks. Whoever walks, copies or reads files leaves it alone. */
export const LOCKS_DIRECTORY = ".sealtrace-locks";

/**
 * True for a path in (or of) a directory of locks. A process that opens such a file and closes it again loses the lock which it holds there,
 * for that is how POSIX locks are.
 */
export function isLockSidecar(path: string): boolean {
  return path.split(sep).includes(LOCKS_DIRECTORY);
}

/** The files of one lock. `sidecar` is its name for everybody. */
export interface LockPlace {
  /** What is locked: its full path, without symbolic links. */
  readonly target: string;
  /** What the kernel locks: an SQLite database that stays empty. */
  readonly sidecar: string;
  /** Who holds it, for people. */
  readonly holders: string;
  /** Who waits for it, in order. */
  readonly queue: string;
  /** Tokens, where the kernel can't lock. */
  readonly lease: string;
  /** The directory of its files, through one that is held open: nothing is made by their paths (see `lock-held-directory.ts`). */
  readonly held?: string;
}

/** The lock of a file, whichever of its names it is called by. The file need not exist; its directory must. */
export function lockPlace(path: string): LockPlace {
  if (isLockSidecar(resolve(path))) {
    throw new SealtraceError("SEALTRACE_USAGE", `${path} belongs to a lock itself: lock the file that it is for.`);
  }
  try {
    const held = heldDirectory(path);
    if (held !== undefined) return heldPlace(held.open, join(held.path, held.name));
    const target = resolveTarget(path);
    const sidecar = join(dirname(target), LOCKS_DIRECTORY, `${sidecarName(basename(target))}${SUFFIX}`);
    return { ...placeOfSidecar(sidecar), target };
  } catch (error) {
    throw fileSystemError(error, path, "write");
  }
}

function heldPlace(open: string, target: string): LockPlace {
  const name = `${sidecarName(basename(target))}${SUFFIX}`;
  makeLockFiles(open, LOCKS_DIRECTORY, [name, `${name}.holders`]);
  const place = placeOfSidecar(join(dirname(target), LOCKS_DIRECTORY, name));
  return { ...place, target, held: `${open}/${LOCKS_DIRECTORY}` };
}

/** The target of a sidecar whose name was too long is known by its beginning only. */
export function placeOfSidecar(sidecar: string): LockPlace {
  return {
    target: lockedPath(sidecar),
    sidecar,
    holders: `${sidecar}.holders`,
    queue: `${sidecar}.queue`,
    lease: `${sidecar}.lease`,
  };
}

export function isSidecarName(name: string): boolean {
  return name.endsWith(SUFFIX);
}

/** What a sidecar locks; of a long name only the beginning. */
export function lockedPath(sidecar: string): string {
  return join(dirname(dirname(sidecar)), basename(sidecar).slice(0, -SUFFIX.length));
}

const SUFFIX = ".lock";
/** Some encrypted file systems allow names of 143 bytes; `.lock.holders` and the like come on top. */
const MAX_NAME_BYTES = 120;
const MAX_LINKS = 40;

function sidecarName(name: string): string {
  if (Buffer.byteLength(name) <= MAX_NAME_BYTES) return name;
  const digest = createHash("sha256").update(name).digest("hex");
  return `${[...name].slice(0, 10).join("")}~${digest}`;
}

/** The path without symbolic links, also where its last part does not exist. */
function resolveTarget(path: string): string {
  let target = resolve(path);
  for (let links = 0; links < MAX_LINKS; links++) {
    const directory = realpathSync.native(dirname(target));
    target = join(directory, basename(target));
    const status = lstatSync(target, { throwIfNoEntry: false });
    if (status?.isSymbolicLink() !== true) return status === undefined ? target : asStored(target);
    target = resolve(directory, readlinkSync(target));
  }
  throw Object.assign(new Error("too many symbolic links"), { code: "ELOOP" });
}

/** In the case in which the directory has it. */
function asStored(target: string): string {
  return process.platform === "linux" ? target : realpathSync.native(target);
}
