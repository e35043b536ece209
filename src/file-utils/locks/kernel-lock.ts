/**
 * A lock that the kernel releases the moment its holder dies: an SQLite database, otherwise empty, held in an exclusive transaction.
 * POSIX locks belong to a process and are lost when it closes the file anywhere, so nothing else may ever open a lock file.
 */
import { chmodSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { SealtraceError } from "../../record/index.ts";
import { pathExists } from "../essentials/directory.ts";
import { fileSystemError } from "../system/errors.ts";
import { isBusy, loadSqlite, systemError } from "./sqlite.ts";

export interface Lock {
  release(): void;
}

/** A prober holds the file for an instant: a writer must not take that for another writer. */
const WRITER_PATIENCE_MS = 250;
const PRIVATE = 0o600;

/** A database that nobody refers to is collected, and its lock with it. */
const heldDatabases = new Set<DatabaseSync>();

/** The lock on this file, or undefined when somebody holds it. Makes the file. */
export function acquireLock(path: string): Lock | undefined {
  const isNew = !pathExists(path);
  // SQLite makes it: were it made by us, our closing it could take a lock from another thread.
  const database = attempt(path, "write", () => new (sqlite().DatabaseSync)(path));
  if (database === undefined) return undefined;
  if (isNew) chmodSync(path, PRIVATE);
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
    const database = new (sqlite().DatabaseSync)(path, { readOnly: true });
    try {
      database.exec("SELECT 1 FROM sqlite_master");
    } finally {
      database.close();
    }
    return true;
  });
  return free === undefined;
}

/** Undefined when SQLite says that somebody else holds the file. */
function attempt<T>(path: string, purpose: "read" | "write", action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    if (isBusy(error)) return undefined;
    throw fileSystemError(systemError(error), path, purpose);
  }
}

function sqlite(): typeof import("node:sqlite") {
  const module = loadSqlite();
  if (module !== undefined) return module;
  throw new SealtraceError(
    "SEALTRACE_USAGE",
    "This Node.js was built without node:sqlite, which locks need: use another build.",
  );
}
