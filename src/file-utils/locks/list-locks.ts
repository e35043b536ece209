/** Which files in a directory are locked, by whom, and who waits. */
import { lstatSync, readdirSync } from "node:fs";
import { hostname } from "node:os";
import { join, resolve } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { fileSystemError, isMissing } from "../system/errors.ts";
import { newestLease } from "./lease-lock.ts";
import { readHolders, type LockHolder } from "./holders.ts";
import { isSidecarName, LOCKS_DIRECTORY, placeOfSidecar, type LockPlace } from "./lock-place.ts";
import { kernelHolders } from "./proc.ts";
import { begin, isNoDatabase, keepJournalInMemory, loadSqlite, systemError } from "./sqlite.ts";
import { countWaiters } from "./tickets.ts";

export interface LockInfo {
  /** What is locked. Of a name of more than 120 bytes only the beginning, and a digest. */
  readonly path: string;
  readonly held: "exclusive" | "shared" | "free";
  /** Threads that hold it; one that only the kernel knows has nothing but its `pid`. */
  readonly holders: readonly LockHolder[];
  /** Threads that wait for it. */
  readonly waiters: number;
  /** Of a lease: see `HeldLock`. */
  readonly token?: number | undefined;
}

/**
 * The locks of the files in a directory, those too that nobody holds now, by path. A lock that is taken or given back meanwhile may be shown either way.
 * Throws a SealtraceError when the directory can't be read.
 */
export function listLocks(directory: string): LockInfo[] {
  const locks = join(resolve(directory), LOCKS_DIRECTORY);
  return sidecarsIn(directory, locks).map((name) => inspectLock(placeOfSidecar(join(locks, name))));
}

/** Locks of the kernel have a file of this name; leases only a directory that is named after it. */
function sidecarsIn(directory: string, locks: string): string[] {
  try {
    lstatSync(directory);
    const names = readdirSync(locks).map((name) => (name.endsWith(".lease") ? name.slice(0, -".lease".length) : name));
    return [...new Set(names)].filter(isSidecarName).sort();
  } catch (error) {
    if (isMissing(error) && lstatSync(directory, { throwIfNoEntry: false }) !== undefined) return [];
    throw fileSystemError(error, directory, "read");
  }
}

/** One lock, at this moment. */
export function inspectLock(place: LockPlace): LockInfo {
  const common = { path: place.target, waiters: countWaiters(place.queue) };
  const lease = newestLease(place);
  if (lease !== undefined && !lease.released) {
    const holders = lease.holder === undefined ? [] : [lease.holder];
    return { ...common, held: "exclusive", holders, token: lease.token };
  }
  const held = probe(place);
  return { ...common, held, holders: held === "free" ? [] : holdersOf(place, held) };
}

/** As they say; checked against the kernel where it tells. */
function holdersOf(place: LockPlace, held: "exclusive" | "shared"): LockHolder[] {
  const said = readHolders(place.holders, held === "shared");
  const inode = lstatSync(place.sidecar, { bigint: true, throwIfNoEntry: false })?.ino;
  const pids = inode === undefined ? undefined : kernelHolders(inode);
  // 0: from here not all can be seen.
  if (pids === undefined || pids.length === 0 || pids.includes(0)) return said;
  const confirmed = said.filter(({ pid, host }) => (host !== undefined && host !== hostname()) || pids.includes(pid));
  const silent = new Set(pids.filter((pid) => confirmed.every((holder) => holder.pid !== pid)));
  return [...confirmed, ...[...silent].map((pid) => ({ pid }))];
}

/** How a lock is held at this moment. Holds it itself for an instant. */
function probe({ sidecar }: LockPlace): "exclusive" | "shared" | "free" {
  const sqlite = loadSqlite();
  if (sqlite === undefined || lstatSync(sidecar, { throwIfNoEntry: false })?.isFile() !== true) return "free";
  let database: DatabaseSync | undefined;
  try {
    database = new sqlite.DatabaseSync(sidecar);
    if (!keepJournalInMemory(database) || !begin(database, true)) return "exclusive";
    database.exec("ROLLBACK");
    return begin(database, false) ? "free" : "shared";
  } catch (error) {
    if (isNoDatabase(error)) return "free";
    throw fileSystemError(systemError(error), sidecar, "read");
  } finally {
    database?.close();
  }
}
