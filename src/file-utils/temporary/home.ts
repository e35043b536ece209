/**
 * A thread's own directory for temporaries. In the base lie, for each,
 *
 *     <32 hex digits>.lock     held as long as the owner lives: the kernel frees it, so that who is dead is known and not guessed
 *     <32 hex digits>/         the temporaries; made after the lock, removed before it
 *     sweep.lock               held by the one who removes what the dead left
 *
 * A thread that was started after its process had a home lives in a directory within it. This layout is shared by all versions.
 */
import { lstatSync, rmSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { getEnvironmentData, isMainThread, setEnvironmentData } from "node:worker_threads";
import { fileSystemError, isMissing } from "../system/errors.ts";
import { acquireLock, isLocked, type Lock } from "../locks/kernel-lock.ts";
import { runSync, type Steps } from "../system/steps.ts";
import { readdir } from "../system/calls.ts";
import { makeDirectory, unpredictable } from "./base.ts";
import { removeTree } from "./removal.ts";

export interface Home {
  readonly path: string;
  /** Removes it and all that is in it, blocking. What can't be removed now is left to the next start. Never throws. */
  remove(): void;
}

/** Throws a SealtraceError when there can be none. */
export function makeHome(base: string): Home {
  try {
    const home =
      homeInProcess(base) ?? lockedHome(base) ?? homeOf(join(base, `${unpredictable()}-unlocked`), undefined);
    if (isMainThread) setEnvironmentData(processHome(base), home.path);
    return home;
  } catch (error) {
    throw fileSystemError(error, base, "write");
  }
}

/** Under this name a process tells the threads that it starts where its home is. */
function processHome(base: string): string {
  return `sealtrace:temporary:${base}`;
}

/** Within that of the main thread, which is removed when the process ends, even if this thread does not come to it. */
function homeInProcess(base: string): Home | undefined {
  const parent = isMainThread ? undefined : getEnvironmentData(processHome(base));
  if (typeof parent !== "string") return undefined;
  try {
    return homeOf(join(parent, unpredictable()), undefined);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Names are never used twice, so a lock that could not be had for a moment is not waited for. */
const MAX_ATTEMPTS = 20;

/** Undefined where nothing can be locked: then only its owner removes it. */
function lockedHome(base: string): Home | undefined {
  for (let attempts = 0; attempts < MAX_ATTEMPTS; attempts += 1) {
    const path = join(base, unpredictable());
    const lock = lockFor(path);
    if (lock === undefined) return undefined;
    if (lock === "taken") continue;
    try {
      return homeOf(path, lock);
    } catch (error) {
      discard(lock, path);
      throw error;
    }
  }
  return undefined;
}

/** A sweeper may have seen the file before we locked it. It either holds it, or has removed it: then ours is a lock on nothing. */
function lockFor(path: string): Lock | "taken" | undefined {
  try {
    const lock = acquireLock(lockPath(path));
    if (lock === undefined) return "taken";
    if (exists(lockPath(path))) return lock;
    lock.release();
    return "taken";
  } catch {
    // SQLite says many things of a file that is gone.
    if (!exists(lockPath(path))) return "taken";
    rmSync(lockPath(path), { force: true });
    return undefined;
  }
}

function homeOf(path: string, lock: Lock | undefined): Home {
  makeDirectory(path);
  return {
    path,
    remove() {
      try {
        runSync(removeTree(path));
      } catch {
        lock?.release();
        return;
      }
      if (lock !== undefined) discard(lock, path);
    },
  };
}

/**
 * Removes what the dead left in a base. One at a time does that: with two, one could lock anew under a name that the other has just removed, and
 * the owner of a home take that for its own. Never throws: what is in the way now may not be at the next start.
 */
export function* sweep(base: string): Steps<void> {
  try {
    const guard = lockIfFree(join(base, "sweep.lock"));
    if (guard === undefined) return;
    try {
      for (const { name } of yield* readdir(base, { withFileTypes: true })) {
        const [, home, isJournal] = HOME_LOCK.exec(name) ?? [];
        if (home === undefined) continue;
        if (isJournal === undefined) yield* removeIfDead(join(base, home));
        else if (!exists(lockPath(join(base, home)))) rmSync(join(base, name), { force: true });
      }
    } finally {
      guard.release();
    }
  } catch {
    // Without locks nobody knows who is dead.
  }
}

/** Or what SQLite has beside it, and leaves when it is killed just after the lock was removed. */
const HOME_LOCK = /^([0-9a-f]{32})\.lock(-journal)?$/;

function lockPath(home: string): string {
  return `${home}.lock`;
}

/** What is in the way of one of them, such as its owner, who removes it himself now, is not in the way of the others. */
function* removeIfDead(home: string): Steps<void> {
  let lock: Lock | undefined;
  try {
    lock = lockIfFree(lockPath(home));
    if (lock === undefined) return;
    yield* removeTree(home);
  } catch {
    lock?.release();
    return;
  }
  discard(lock, home);
}

/** Acquiring waits a while for a lock that is held; asking does not. */
function lockIfFree(path: string): Lock | undefined {
  return isLocked(path) ? undefined : acquireLock(path);
}

/** Removes the file while it is locked; on Windows, which can't, nobody who has it open lets it be removed. Never throws. */
function discard(lock: Lock, home: string): void {
  if (process.platform === "win32") lock.release();
  try {
    unlinkSync(lockPath(home));
  } catch {
    // Without its directory it is removed by the next start.
  }
  if (process.platform !== "win32") lock.release();
}

function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
