/** SQLite as far as locks need it: loaded without a word, and what its refusals mean. Result codes: sqlite.org/rescode.html. */
import type { DatabaseSync } from "node:sqlite";

export type Sqlite = typeof import("node:sqlite");

let loaded: Sqlite | undefined;

/** Undefined in a Node.js that was built without it. Node 22 warns that it is experimental; a program's standard error must stay its own. */
export function loadSqlite(): Sqlite | undefined {
  if (loaded !== undefined) return loaded;
  const { emitWarning } = process;
  process.emitWarning = () => undefined;
  try {
    loaded = process.getBuiltinModule("node:sqlite") as Sqlite | undefined; // eslint-disable-line @typescript-eslint/no-unnecessary-type-assertion -- the types know no other builds
    return loaded;
  } finally {
    process.emitWarning = emitWarning;
  }
}

const BUSY = 5;
const READONLY = 8;
const FULL = 13;
const CANTOPEN = 14;
const NOLFS = 22;
const NOTADB = 26;
/** SQLITE_IOERR_UNLOCK, _RDLOCK, _CHECKRESERVEDLOCK, _LOCK. */
const LOCK_ERRORS: ReadonlySet<number> = new Set([2058, 2314, 3594, 3850]);

/** Somebody else holds the file. */
export function isBusy(error: unknown): boolean {
  return resultOf(error) % 256 === BUSY;
}

/** The file system does not lock. */
export function cannotLock(error: unknown): boolean {
  const result = resultOf(error);
  return LOCK_ERRORS.has(result) || result % 256 === NOLFS;
}

export function isNoDatabase(error: unknown): boolean {
  return resultOf(error) % 256 === NOTADB;
}

/** The error with the code that the system would have given it. */
export function systemError(error: unknown): unknown {
  const code = SYSTEM_CODES[resultOf(error) % 256];
  return code === undefined ? error : Object.assign(new Error(String(error), { cause: error }), { code });
}

const SYSTEM_CODES: Readonly<Record<number, string>> = { [FULL]: "ENOSPC", [READONLY]: "EACCES", [CANTOPEN]: "EACCES" };

/** With its extension in the higher bits; 0 for an error that is not SQLite's. */
function resultOf(error: unknown): number {
  return (error as { readonly errcode?: number } | null)?.errcode ?? 0;
}

/** Takes the lock of a database; false when somebody else has it. */
export function begin(database: DatabaseSync, shared: boolean): boolean {
  return ifFree(() => {
    try {
      database.exec(shared ? "BEGIN; SELECT 1 FROM sqlite_master" : "BEGIN EXCLUSIVE");
    } catch (error) {
      if (database.isTransaction) database.exec("ROLLBACK");
      throw error;
    }
  });
}

/** The journal is never written, but would be made and removed each time. False when somebody has the lock: SQLite looks into the file first. */
export function keepJournalInMemory(database: DatabaseSync): boolean {
  return ifFree(() => {
    database.exec("PRAGMA journal_mode = MEMORY");
  });
}

function ifFree(action: () => void): boolean {
  try {
    action();
    return true;
  } catch (error) {
    if (isBusy(error)) return false;
    throw error;
  }
}
