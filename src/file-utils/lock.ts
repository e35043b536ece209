/**
 * A lock that the kernel releases the moment its holder dies: an SQLite database, otherwise empty, held in an exclusive transaction.
 * POSIX locks belong to a process and are lost when it closes the file anywhere, so nothing else may ever open a lock file.
 */
import type { DatabaseSync } from "node:sqlite";
import { createFile } from "./atomic-write.ts";
import { pathExists } from "./directory.ts";
import { fileSystemError } from "./errors.ts";

export interface Lock {
  release(): void;
}

/** A prober holds the file for an instant: a writer must not take that for another writer. */
const WRITER_PATIENCE_MS = 250;

/** A database that nobody refers to is collected, and its lock with it. */
const heldDatabases = new Set<DatabaseSync>();

/** The lock on this file, or undefined when somebody holds it. Makes the file. */
export function acquireLock(path: string): Lock | undefined {
  makeLockFile(path);
  const database = attempt(path, "write", () => new (loadSqlite().DatabaseSync)(path));
  if (database === undefined) return undefined;
  let held: true | undefined;
  try {
    held = attempt(path, "write", () => {
      database.exec(`PRAGMA busy_timeout = ${WRITER_PATIENCE_MS}; BEGIN EXCLUSIVE`);
      return true;
    });
  } finally {
    if (held === undefined) database.close();
  }
  if (held === undefined) return undefined;
  heldDatabases.add(database);
  return {
    release() {
      heldDatabases.delete(database);
      database.close();
    },
  };
}

/** True while somebody, also in this process, holds the lock on this file. Works in a directory that is read-only. */
export function isLocked(path: string): boolean {
  if (!pathExists(path)) return false;
  const free = attempt(path, "read", () => {
    const database = new (loadSqlite().DatabaseSync)(path, { readOnly: true });
    try {
      database.exec("SELECT 1 FROM sqlite_master");
    } finally {
      database.close();
    }
    return true;
  });
  return free === undefined;
}

/** Made with a mode of its own, and never opened otherwise: see above. */
function makeLockFile(path: string): void {
  if (pathExists(path)) return;
  try {
    createFile(path, "");
  } catch (error) {
    if (!pathExists(path)) throw error;
  }
}

/** Undefined when SQLite says that somebody else holds the file. */
function attempt<T>(path: string, purpose: "read" | "write", action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    const result = ((error as { errcode?: number } | null)?.errcode ?? 0) % 256;
    if (result === SQLITE.BUSY) return undefined;
    throw fileSystemError(systemError(error, result), path, purpose);
  }
}

/** Primary result codes (sqlite.org/rescode.html). */
const SQLITE = { BUSY: 5, READONLY: 8, FULL: 13, CANTOPEN: 14 } as const;

function systemError(error: unknown, result: number): unknown {
  const code = { [SQLITE.FULL]: "ENOSPC", [SQLITE.READONLY]: "EACCES", [SQLITE.CANTOPEN]: "EACCES" }[result];
  return code === undefined ? error : Object.assign(new Error(String(error), { cause: error }), { code });
}

/** Node 22 warns that SQLite is experimental; a recorded program's standard error must stay its own. */
function loadSqlite(): typeof import("node:sqlite") {
  const { emitWarning } = process;
  process.emitWarning = () => undefined;
  try {
    return process.getBuiltinModule("node:sqlite");
  } finally {
    process.emitWarning = emitWarning;
  }
}
