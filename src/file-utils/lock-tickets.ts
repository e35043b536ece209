/**
 * Who waits for a lock, in order: a directory beside the sidecar with a file for every thread that waits. Its name is the time at which it
 * began to wait, then who, then the kind of lock. Its content is renewed while it waits, and tells what the waiters hold (see `deadlock.ts`).
 *
 *     1830221123456-4711-0-9f3a2c1b.exclusive     {"beat":1830221.9,"waiters":[...]}
 *
 * Times are milliseconds of the clock that counts from the start of the system: all processes see the same, and nobody sets it. The queue
 * only makes the lock fair. A ticket that is not renewed is passed over, so nobody has to be trusted; and who is passed over waits longer.
 */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { join } from "node:path";
import { threadId } from "node:worker_threads";

/** Renewed so often, while it waits. */
const BEAT_MS = 250;
/** After so long without renewal, whoever waits is taken for dead, stopped or blocked. */
const STALE_MS = 2_000;

/** One who waits for a lock and holds others. */
export interface BlockedWaiter {
  readonly id: string;
  /** When it began to wait. */
  readonly since: number;
  readonly pid: number;
  /** The lock that it waits for, and those that it holds: sidecars. */
  readonly waits: string;
  readonly holds: readonly string[];
}

interface TicketContent {
  readonly beat: number;
  readonly host: string;
  readonly waiters: readonly BlockedWaiter[];
}

/** Milliseconds since the system was started, in all its processes. */
export function monotonicNow(): number {
  return Number(process.hrtime.bigint() / 1_000n) / 1_000;
}

export function hasQueue(queue: string): boolean {
  return existsSync(queue);
}

/** This thread's place in one queue. */
export class Ticket {
  readonly #queue: string;
  readonly #order: string;
  #name = "";
  #content = "";
  #beat = 0;

  constructor(queue: string) {
    this.#queue = queue;
    const micros = Math.floor(monotonicNow() * 1_000)
      .toString()
      .padStart(16, "0");
    this.#order = [micros, process.pid, threadId, randomBytes(4).toString("hex")].join("-");
    openTickets.add(this);
    removeAtExit();
  }

  /** Makes the ticket, or renews it if it is time, or if something has changed. */
  renew(shared: boolean, waiters: readonly BlockedWaiter[]): void {
    const now = monotonicNow();
    const name = `${this.#order}.${shared ? "shared" : "exclusive"}`;
    const content = JSON.stringify(waiters);
    if (name === this.#name && content === this.#content && now - this.#beat < BEAT_MS) return;
    if (this.#name !== "" && name !== this.#name)
      attempt(() => renameSync(join(this.#queue, this.#name), join(this.#queue, name)));
    this.#name = name;
    this.#content = content;
    this.#beat = now;
    this.#write({ beat: now, host: hostname(), waiters });
  }

  /** True when nobody who is alive has waited longer, unless both want to share. Sweeps the tickets of the dead. */
  isNext(): boolean {
    const names = ticketNames(this.#queue);
    // Somebody took us for dead: we were stopped.
    if (!names.includes(this.#name)) this.#beat = 0;
    const isShared = this.#name.endsWith(".shared");
    for (const name of names) {
      if (name >= this.#name) break;
      if (isShared && name.endsWith(".shared")) continue;
      if (isAlive(this.#queue, name)) return false;
    }
    return true;
  }

  remove(): void {
    openTickets.delete(this);
    attempt(() => {
      unlinkSync(join(this.#queue, this.#name));
    });
    removeIfEmpty(this.#queue);
  }

  #write(content: TicketContent): void {
    const path = join(this.#queue, this.#name);
    const text = JSON.stringify(content);
    try {
      writeFileSync(path, text, { mode: 0o600 });
    } catch {
      // The last one to leave removes the directory. Where it can't be made, the lock is not fair, and still a lock.
      attempt(() => {
        mkdirSync(this.#queue, 0o700);
        writeFileSync(path, text, { mode: 0o600 });
      });
    }
  }
}

/** True when somebody waits who is alive. Sweeps the tickets of the dead. */
export function someoneWaits(queue: string): boolean {
  return ticketNames(queue).some((name) => isAlive(queue, name));
}

/** How many threads wait, for a lock to share and for an exclusive one. */
export function countWaiters(queue: string): number {
  return ticketNames(queue).filter((name) => isAlive(queue, name)).length;
}

/** Those in a queue who hold other locks. */
export function blockedWaiters(queue: string): BlockedWaiter[] {
  return ticketNames(queue).flatMap((name) => {
    const content = readTicket(queue, name);
    return content?.host === hostname() && isFresh(content.beat) ? content.waiters : [];
  });
}

/** Oldest first. */
function ticketNames(queue: string): string[] {
  try {
    return readdirSync(queue).sort();
  } catch {
    return [];
  }
}

/** False for a ticket that nobody renews, which is removed. */
function isAlive(queue: string, name: string): boolean {
  const content = readTicket(queue, name);
  // That of another machine is renewed by another clock: we can't know, and don't wait for it.
  if (content !== undefined && content.host !== hostname()) return false;
  // Without content it is just being written, or its writer died over it: then it gets no older than it was.
  if (isFresh(content?.beat ?? Number.parseInt(name, 10) / 1_000)) return true;
  sweep(queue, name);
  return false;
}

/** Also false for a time to come: then the system was started anew. */
function isFresh(beat: number): boolean {
  const age = monotonicNow() - beat;
  return age >= -STALE_MS && age < STALE_MS;
}

function sweep(queue: string, name: string): void {
  attempt(() => {
    unlinkSync(join(queue, name));
  });
  removeIfEmpty(queue);
}

function removeIfEmpty(queue: string): void {
  attempt(() => {
    rmdirSync(queue);
  });
}

/** Undefined when it is gone, or is just being written. */
function readTicket(queue: string, name: string): TicketContent | undefined {
  try {
    return JSON.parse(readFileSync(join(queue, name), "utf8")) as TicketContent;
  } catch {
    return undefined;
  }
}

const openTickets = new Set<Ticket>();
let removesAtExit = false;

/** A program that ends while it waits keeps nobody waiting. */
function removeAtExit(): void {
  if (removesAtExit) return;
  removesAtExit = true;
  process.once("exit", () => {
    for (const ticket of openTickets) ticket.remove();
  });
}

/** What fails here makes the lock less fair, and no less a lock. */
function attempt(action: () => void): void {
  try {
    action();
  } catch {
    // See above.
  }
}
