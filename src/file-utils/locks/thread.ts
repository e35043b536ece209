/**
 * What a thread has to do with one lock: its one hold on the sidecar, whoever shares it here, and those who wait here, in order. It is kept for a
 * second after its last use, for opening costs ten times what locking costs.
 */
import { closeSync } from "node:fs";
import { basename, dirname } from "node:path";
import { LeaseMechanism } from "./lease-lock.ts";
import { KernelMechanism } from "./connection.ts";
import type { Acquisition } from "./context.ts";
import { KernelCannotLock, type Mechanism } from "./lock-mechanism.ts";
import { keepOpen } from "./held-directory.ts";
import type { LockPlace } from "./lock-place.ts";
import { isOnNetwork } from "./network.ts";
import { loadSqlite } from "./sqlite.ts";
import { hasQueue, Ticket } from "./tickets.ts";
import type { BlockedWaiter } from "./ticket-content.ts";

/** One who waits in this thread. */
export interface Waiter {
  readonly shared: boolean;
  readonly self: BlockedWaiter;
  /** Makes it look again at once. */
  wake: (() => void) | undefined;
}

/** How many wait in front of us: with 0, only the holder is before us. */
export type Turn = "taken" | number;

export class ThreadLock {
  readonly place: LockPlace;
  readonly holders: Set<Acquisition> = new Set<Acquisition>();
  readonly waiters: Waiter[] = [];
  usedAt = 0;
  readonly #directory: number | undefined;
  #mechanism: Mechanism;
  #ticket: Ticket | undefined;

  constructor(place: LockPlace, lease: number | undefined) {
    this.#directory = place.held === undefined ? undefined : keepOpen(place.held);
    this.place = this.#directory === undefined ? place : { ...place, queue: queueIn(this.#directory, place) };
    this.#mechanism = chooseMechanism(place, lease);
  }

  get mechanism(): Mechanism {
    return this.#mechanism;
  }

  get isIdle(): boolean {
    return this.holders.size === 0 && this.waiters.length === 0;
  }

  /** Whether those who hold it in this thread would let it in. */
  admits(shared: boolean): boolean {
    if (this.holders.size === 0) return true;
    if (!shared) return false;
    for (const holder of this.holders) return holder.shared;
    return true;
  }

  /** Takes the lock for one more holder; false when another thread or process has it. */
  attempt(shared: boolean): boolean {
    if (this.holders.size > 0) return true;
    try {
      return this.#mechanism.attempt(shared);
    } catch (error) {
      if (!(error instanceof KernelCannotLock)) throw error;
      this.#mechanism = new LeaseMechanism(this.place);
      return this.#mechanism.attempt(shared);
    }
  }

  release(acquisition: Acquisition): void {
    this.holders.delete(acquisition);
    if (this.holders.size > 0) return;
    this.#mechanism.release();
    this.wakeNext();
  }

  /** Takes the lock for the first of those who wait here, if no thread has waited longer; otherwise says how many have. */
  attemptInTurn(shared: boolean): Turn {
    if (this.#ticket === undefined && !hasQueue(this.place.queue) && this.attempt(shared)) return "taken";
    const before = this.ticket().countBefore();
    return before === 0 && this.attempt(shared) ? "taken" : before;
  }

  /** Our place in the queue of all threads; renews it. */
  ticket(): Ticket {
    const [next] = this.waiters as [Waiter];
    this.#ticket ??= new Ticket(this.place.queue);
    this.#ticket.renew(
      next.shared,
      this.waiters.flatMap(({ self }) => (self.holds.length > 0 ? [self] : [])),
    );
    return this.#ticket;
  }

  /** One who waited got the lock, or gave up. */
  leave(waiter: Waiter, gotIt: boolean): void {
    this.waiters.splice(this.waiters.indexOf(waiter), 1);
    // Whoever gets the lock takes a new place for the others of its thread, behind other threads.
    if (gotIt || this.waiters.length === 0) {
      this.#ticket?.remove();
      this.#ticket = undefined;
    }
    this.wakeNext();
  }

  wakeNext(): void {
    this.waiters[0]?.wake?.();
  }

  close(): void {
    this.#mechanism.close();
    if (this.#directory !== undefined) closeSync(this.#directory);
  }
}

/** Tickets are made through the open directory, too. */
function queueIn(directory: number, { queue }: LockPlace): string {
  return `/proc/self/fd/${directory}/${basename(queue)}`;
}

/** The kernel's lock where it holds for everybody who may open the file; a lease elsewhere, or when one is asked for, of so many milliseconds. */
function chooseMechanism(place: LockPlace, lease: number | undefined): Mechanism {
  const sqlite = loadSqlite();
  if (lease === undefined && sqlite !== undefined && !isOnNetwork(dirname(dirname(place.sidecar)))) {
    return new KernelMechanism(sqlite, place);
  }
  return new LeaseMechanism(place, lease);
}

const IDLE_MS = 1_000;
const MAX_IDLE = 64;

const threadLocks = new Map<string, ThreadLock>();
let closing: NodeJS.Timeout | undefined;

/** This thread's part in a lock. `lease`: see `chooseMechanism`. */
export function threadLock(place: LockPlace, lease?: number): ThreadLock {
  // One that makes its files by their paths must not do it for one that doesn't.
  const key = `${place.held === undefined ? "" : "held:"}${place.sidecar}`;
  let lock = threadLocks.get(key);
  if (lock === undefined) {
    if (threadLocks.size >= MAX_IDLE) closeIdle(0);
    lock = new ThreadLock(place, lease);
    threadLocks.set(key, lock);
    closeLater(lock);
  }
  return lock;
}

/** Will be closed when it is not used again soon. */
export function closeLater(lock: ThreadLock): void {
  lock.usedAt = performance.now();
  closing ??= setTimeout(closeIdleOnes, IDLE_MS).unref();
}

function closeIdleOnes(): void {
  closing = undefined;
  closeIdle(IDLE_MS);
  if (threadLocks.size > 0) closing = setTimeout(closeIdleOnes, IDLE_MS).unref();
}

function closeIdle(idleMs: number): void {
  const now = performance.now();
  for (const [key, lock] of threadLocks) {
    if (!lock.isIdle || now - lock.usedAt < idleMs) continue;
    lock.close();
    threadLocks.delete(key);
  }
}
