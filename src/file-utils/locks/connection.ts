/**
 * One thread's hold on one sidecar, by the kernel. Mutual exclusion rests on this file alone, and in it on two things: SQLite's transaction is a lock
 * of the kernel, and after locking, the sidecar is still the file that we locked. Who locked a file that has been deleted meanwhile
 * holds nothing, and begins anew.
 */
import { chmodSync, lstatSync } from "node:fs";
import { dirname } from "node:path";
import { pathToFileURL } from "node:url";
import type { DatabaseSync } from "node:sqlite";
import { SealtraceError } from "../../record/index.ts";
import { fileSystemError } from "../system/errors.ts";
import { makeLocksDirectory, refuseForbidden, refuseLink } from "./directory.ts";
import { HolderSlot } from "./holders.ts";
import { KernelCannotLock, type Mechanism } from "./lock-mechanism.ts";
import type { LockPlace } from "./lock-place.ts";
import { isHeldDeleted, kernelHolders } from "./proc.ts";
import { begin, cannotLock, isNoDatabase, keepJournalInMemory, systemError, type Sqlite } from "./sqlite.ts";

interface Identity {
  readonly dev: bigint;
  readonly ino: bigint;
}

interface Connection {
  readonly database: DatabaseSync;
  readonly identity: Identity;
  readonly slot: HolderSlot;
  isPrepared: boolean;
  /** Nobody holds an older file of that name. */
  isOnly: boolean;
}

/** Whether the kernel shows us our own locks; found out with the first one. */
let showsOwnLocks: boolean | undefined;

/** Whoever deletes the sidecar again and again, while we look, must be told. */
const MAX_ATTEMPTS = 20;

export class KernelMechanism implements Mechanism {
  readonly pause = { from: 1, to: 10 } as const;
  readonly #sqlite: Sqlite;
  readonly #place: LockPlace;
  #connection: Connection | undefined;

  constructor(sqlite: Sqlite, place: LockPlace) {
    this.#sqlite = sqlite;
    this.#place = place;
  }

  attempt(shared: boolean): boolean {
    try {
      return this.#attempt(shared);
    } catch (error) {
      this.close();
      if (cannotLock(error)) throw new KernelCannotLock("no locks", { cause: error });
      if (isNoDatabase(error)) throw this.#misused("it has content", error);
      throw fileSystemError(systemError(error), this.#place.sidecar, "write");
    }
  }

  #attempt(shared: boolean): boolean {
    for (let attempts = 0; attempts < MAX_ATTEMPTS; attempts++) {
      this.#connection ??= this.#open();
      const connection = this.#connection;
      const taken = this.#begin(connection, shared);
      if (isSame(identityOf(this.#place.sidecar), connection.identity)) return taken && this.#took(connection, shared);
      this.close();
    }
    throw this.#misused("something deletes or replaces it all the time");
  }

  #begin(connection: Connection, shared: boolean): boolean {
    connection.isPrepared ||= keepJournalInMemory(connection.database);
    return connection.isPrepared && begin(connection.database, shared);
  }

  /** False when somebody deleted the sidecar while another held it: then that one holds the lock, until it gives it back. */
  #took(connection: Connection, shared: boolean): boolean {
    connection.isOnly ||= !isHeldDeleted(this.#place.sidecar);
    if (!connection.isOnly) {
      connection.database.exec("ROLLBACK");
      return false;
    }
    showsOwnLocks ??= kernelHolders(connection.identity.ino)?.includes(process.pid) ?? false;
    connection.slot.take(shared);
    return true;
  }

  release(): void {
    const { database, slot } = this.#connection as Connection;
    try {
      slot.free();
    } catch {
      // Then an old holder is shown.
    }
    try {
      database.exec("ROLLBACK");
    } catch {
      // Closing gives everything back as well.
      this.close();
    }
  }

  loss(): string | undefined {
    const identity = this.#connection?.identity;
    if (identity === undefined || !isSame(this.#identityNow(), identity))
      return `${this.#place.sidecar} was deleted or replaced`;
    if (showsOwnLocks === true && kernelHolders(identity.ino)?.includes(process.pid) === false) {
      return `this process opened and closed ${this.#place.sidecar} elsewhere`;
    }
    return undefined;
  }

  close(): void {
    this.#connection?.slot.close();
    this.#connection?.database.close();
    this.#connection = undefined;
  }

  #identityNow(): Identity | undefined {
    try {
      return identityOf(this.#place.sidecar);
    } catch {
      return undefined;
    }
  }

  /** A connection to the file that stands there now. Whoever deletes it in the middle makes us begin anew. */
  #open(): Connection {
    const { sidecar } = this.#place;
    refuseForbidden(sidecar);
    refuseLink(dirname(sidecar));
    let failure: unknown;
    for (let attempts = 0; attempts < MAX_ATTEMPTS; attempts++) {
      try {
        const connection = this.#tryOpen();
        if (connection !== undefined) return connection;
      } catch (error) {
        if (!mayBeGone(error)) throw error;
        failure = error;
      }
    }
    if (failure instanceof Error) throw failure;
    throw this.#misused("something deletes or replaces it all the time");
  }

  /** Undefined when the sidecar is another one than a moment ago. */
  #tryOpen(): Connection | undefined {
    const { sidecar, holders, held } = this.#place;
    const identity = identityOf(sidecar);
    if (identity === undefined) {
      this.#make();
      return undefined;
    }
    const database = new this.#sqlite.DatabaseSync(held === undefined ? sidecar : existing(sidecar));
    if (isSame(identityOf(sidecar), identity)) {
      const slot = new HolderSlot(holders, held === undefined);
      return { database, identity, slot, isPrepared: false, isOnly: false };
    }
    database.close();
    return undefined;
  }

  /** By SQLite, which knows of the locks in other threads: were it made and closed by us, they could lose theirs. */
  #make(): void {
    const { sidecar, held } = this.#place;
    if (held !== undefined) throw Object.assign(new Error("removed"), { code: "ENOENT" });
    makeLocksDirectory(this.#place);
    new this.#sqlite.DatabaseSync(sidecar).close();
    chmodSync(sidecar, 0o600);
  }

  #misused(why: string, cause?: unknown): SealtraceError {
    const { sidecar } = this.#place;
    return new SealtraceError(
      "SEALTRACE_FILE_SYSTEM",
      `${sidecar} can't be locked: ${why}. Leave it alone, or remove it.`,
      {
        cause,
      },
    );
  }
}

/** What is not there, or what SQLite can't open for whatever reason. */
function mayBeGone(error: unknown): boolean {
  const { code = "" } = systemError(error) as NodeJS.ErrnoException;
  return code === "ENOENT" || code === "EACCES";
}

/** What SQLite takes for a file that it must not make. */
function existing(path: string): URL {
  const url = pathToFileURL(path);
  url.searchParams.set("mode", "rw");
  return url;
}

/** Of the file itself, no link. */
function identityOf(path: string): Identity | undefined {
  const status = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  if (status === undefined || status.isFile()) return status;
  throw Object.assign(new Error("no file"), { code: status.isSymbolicLink() ? "ELOOP" : "EISDIR" });
}

function isSame(one: Identity | undefined, other: Identity): boolean {
  return one?.ino === other.ino && one.dev === other.dev;
}
