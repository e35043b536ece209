/**
 * What Linux tells of locks in `/proc`: which processes hold one, and who holds a file that has been deleted. Elsewhere, and where `/proc` may not be
 * read, nothing is known, and locks work without it.
 */
import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";

/** One line of `/proc/locks`. */
interface KernelLock {
  readonly pid: number;
  readonly inode: string;
  /** First byte that is locked. SQLite locks from 0x40000000 on. */
  readonly start: number;
}

const SQLITE_PENDING_BYTE = 0x40000000;
const SQLITE_LOCK_BYTES = 512;

/** The processes that hold a lock on this file; 0 for one that is not to be seen from here. Undefined where nothing is told. */
export function kernelHolders(inode: bigint): readonly number[] | undefined {
  const name = String(inode);
  return kernelLocks()?.flatMap((lock) => (lock.inode === name ? [Math.max(lock.pid, 0)] : []));
}

/**
 * True when a process holds a lock of SQLite on a file that had this path, and has been deleted or replaced: somebody removed it under its holder.
 * To be asked after it was seen that another file stands there.
 */
export function isHeldDeleted(path: string): boolean {
  const locked = new Map<number, Set<string>>();
  for (const { pid, inode, start } of kernelLocks() ?? []) {
    if (pid <= 0 || start < SQLITE_PENDING_BYTE || start >= SQLITE_PENDING_BYTE + SQLITE_LOCK_BYTES) continue;
    locked.set(pid, (locked.get(pid) ?? new Set()).add(inode));
  }
  return [...locked].some(([pid, inodes]) => {
    const directory = `/proc/${pid}/fd`;
    return namesIn(directory).some((name) => {
      const descriptor = `${directory}/${name}`;
      return linkTarget(descriptor) === `${path} (deleted)` && inodes.has(inodeOf(descriptor) ?? "");
    });
  });
}

function kernelLocks(): KernelLock[] | undefined {
  if (process.platform !== "linux") return undefined;
  try {
    return readFileSync("/proc/locks", "latin1").split("\n").flatMap(parseLine);
  } catch {
    return undefined;
  }
}

/** `1: POSIX  ADVISORY  WRITE 4711 fe:00:10003079 1073741824 1073742335`; who waits for a lock has `->` after the number. */
function parseLine(line: string): KernelLock[] {
  const [, kind, , , pid, file, start] = line.split(/\s+/);
  if (kind !== "POSIX" || file === undefined) return [];
  return [{ pid: Number(pid), inode: file.slice(file.lastIndexOf(":") + 1), start: Number(start) }];
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function linkTarget(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

function inodeOf(descriptor: string): string | undefined {
  try {
    return String(statSync(descriptor, { bigint: true }).ino);
  } catch {
    return undefined;
  }
}
