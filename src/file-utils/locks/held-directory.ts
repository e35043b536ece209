/**
 * The lock of a file in a directory that is held open, as a root holds it. SQLite knows files by their paths only, and somebody may lead a path elsewhere in the
 * moment in which it is used. So the files of the lock are made here, through the open directory, and by their paths nothing is made any more: who is led
 * elsewhere finds nothing there, or something that is not the lock.
 */
import { closeSync, constants, linkSync, lstatSync, mkdirSync, openSync, readlinkSync, unlinkSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { O_PATH } from "../system/directory-handle.ts";

const HELD = /^(\/proc\/self\/fd\/\d+)\/([^/]+)$/;

/** Where a place is whose directory is held open: that directory as the system is told, and by its path at this moment. Undefined for other paths. */
export function heldDirectory(
  path: string,
): { readonly open: string; readonly path: string; readonly name: string } | undefined {
  const [, open, name] = (process.platform === "linux" ? HELD.exec(path) : null) ?? [];
  return open === undefined || name === undefined ? undefined : { open, path: readlinkSync(open), name };
}

/** Makes the files of a lock that are not there yet. */
export function makeLockFiles(open: string, locks: string, names: readonly string[]): void {
  const directory = `${open}/${locks}`;
  if (names.every((name) => lstatSync(`${directory}/${name}`, { throwIfNoEntry: false })?.isFile())) return;
  try {
    mkdirSync(directory, 0o700);
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
  }
  const descriptor = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    for (const name of names) makeEmpty(`/proc/self/fd/${descriptor}`, name);
  } finally {
    closeSync(descriptor);
  }
}

/** Under another name first: a lock file must not be opened and closed again, whoever locks it in this process would lose the lock. */
function makeEmpty(directory: string, name: string): void {
  const path = `${directory}/${name}`;
  if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) return;
  const temporary = `${directory}/.sealtrace-${randomBytes(10).toString("hex")}.tmp`;
  closeSync(openSync(temporary, "wx", 0o600));
  try {
    linkSync(temporary, path);
  } catch (error) {
    const code = codeOf(error);
    if (code === "EEXIST") return;
    // No second names on this file system.
    if (code !== "EPERM" && code !== "EOPNOTSUPP") throw error;
    // Not closed again: see above.
    neverClosed.push(openSync(path, "ax", 0o600));
  } finally {
    unlinkSync(temporary);
  }
}

const neverClosed: number[] = [];

/** Keeps the directory of a lock's files open for as long as a thread has to do with the lock: the way to it may be closed before. */
export function keepOpen(locks: string): number {
  return openSync(locks, O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW);
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
