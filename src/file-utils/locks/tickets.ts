/**
 * Who waits for a lock, in order: a directory beside the sidecar with a file for every thread that waits. Its name is the time at which it
 * began to wait, then who, then the kind of lock. Its content is renewed while it waits, and tells what the waiters hold (see `deadlock.ts`).
 *
 *     1830221123456-4711-0-9f3a2c1b.exclusive     {"beat":1830221.9,"pid":4711,...}
 *
 * Times are milliseconds of the clock that counts from the start of the system: all processes see the same, and nobody sets it. The queue
 * only makes the lock fair. A ticket that is not renewed is passed over, so nobody has to be trusted; and who is passed over waits longer.
 */
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, renameSync, rmdirSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { threadId } from "node:worker_threads";
import {
  isFresh,
  isOfOurClock,
  isRenewed,
  monotonicNow,
  readTicket,
  STALE_MS,
  whoWeAre,
  type BlockedWaiter,
  type TicketContent,
} from "./ticket-content.ts";

/** Renewed so often, while it waits. */
const BEAT_MS = 250;

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
    if (this.#name !== "" && name !== this.#name) {
      attempt(() => {
        renameSync(join(this.#queue, this.#name), join(this.#queue, name));
      });
    }
    this.#name = name;
    this.#content = content;
    this.#beat = now;
    this.#write({ ...whoWeAre(), beat: now, waiters });
  }

  /**
   * How many have waited longer, not counting who would share with us: 0 only if none of them is alive, otherwise about. Sweeps the tickets of the dead
   * until it finds one that isn't.
   */
  countBefore(): number {
    const names = ticketNames(this.#queue);
    // Somebody took us for dead: we were stopped.
    if (!names.includes(this.#name)) this.#beat = 0;
    const isShared = this.#name.endsWith(".shared");
    const before = names.filter((name) => name < this.#name && !(isShared && name.endsWith(".shared")));
    const firstAlive = before.findIndex((name) => isAlive(this.#queue, name));
    return firstAlive < 0 ? 0 : before.length - firstAlive;
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

/** How many threads wait. */
export function countWaiters(queue: string): number {
  return ticketNames(queue).filter((name) => isAlive(queue, name)).length;
}

/** Those in a queue who hold other locks. */
export function blockedWaiters(queue: string): BlockedWaiter[] {
  return ticketNames(queue).flatMap((name) => {
    const content = readTicket(join(queue, name));
    return content !== undefined && isOfOurClock(content) && isRenewed(content) ? content.waiters : [];
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

/** False for a ticket that nobody renews, which is removed, and for one of another machine, whose age we can't know. */
function isAlive(queue: string, name: string): boolean {
  const path = join(queue, name);
  const content = readTicket(path);
  if (content !== undefined && !isOfOurClock(content)) {
    if (isSilent(path, content.beat)) sweep(queue, name);
    return false;
  }
  // Without content it is just being written, or its writer died over it: then it gets no older than its name.
  if (content === undefined ? isFresh(Number.parseInt(name, 10) / 1_000) : isRenewed(content)) return true;
  sweep(queue, name);
  return false;
}

/** What we saw of other machines' tickets: the beat, and when it was new to us. */
const watched = new Map<string, { readonly beat: number; readonly since: number }>();
const MAX_WATCHED = 1_000;

/** True when a ticket has not been renewed while we watched it for long enough. */
function isSilent(path: string, beat: number): boolean {
  const now = monotonicNow();
  const before = watched.get(path);
  if (before?.beat === beat) return now - before.since > STALE_MS;
  if (watched.size >= MAX_WATCHED) watched.clear();
  watched.set(path, { beat, since: now });
  return false;
}

function sweep(queue: string, name: string): void {
  watched.delete(join(queue, name));
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
