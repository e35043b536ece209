/**
 * Finds out whether somebody waits in vain: holds a lock for which another waits who, directly or through others, holds the lock that the first one
 * waits for. All that takes part stands in the queues' tickets, whichever thread or process wrote it.
 */
import { SealtraceError } from "../../record/index.ts";
import { lockedPath, placeOfSidecar } from "./lock-place.ts";
import { blockedWaiters } from "./tickets.ts";
import type { BlockedWaiter } from "./ticket-content.ts";

/** Enough for any real program; a bound for queues that somebody has filled with nonsense. */
const MAX_WAITERS = 1_000;

/** Before a waiter looks for a deadlock, and between two looks. It must see the same one twice. */
export const DEADLOCK_CHECK_MS = 60;

/**
 * To be called now and then with the time that was waited: looks for a deadlock when it is time, and throws SEALTRACE_DEADLOCK when this waiter is
 * the one that must give up. `publish` shows the others what it waits for.
 */
export function watchForDeadlock(self: BlockedWaiter, publish: () => void): (waited: number) => void {
  let nextCheck = DEADLOCK_CHECK_MS;
  let before: string | undefined;
  return (waited) => {
    if (self.holds.length === 0 || waited < nextCheck) return;
    nextCheck = waited + DEADLOCK_CHECK_MS;
    publish();
    const cycle = findCycle(self);
    const names = cycle?.map(({ id }) => id).join();
    if (cycle !== undefined && names === before && isVictim(self, cycle)) throw deadlockError(cycle);
    before = names;
  };
}

/**
 * Those who wait for each other, beginning with this one: each holds what the next one waits for, and the last one holds what the first waits for.
 * Undefined when there are none.
 */
function findCycle(self: BlockedWaiter): readonly BlockedWaiter[] | undefined {
  const seen = new Set([self.id]);
  const ways: BlockedWaiter[][] = [[self]];
  for (const way of ways) {
    for (const waiter of waitingFor(way.at(-1) as BlockedWaiter)) {
      if (seen.has(waiter.id)) continue;
      if (waiter.holds.includes(self.waits)) return [...way, waiter];
      if (seen.size === MAX_WAITERS) return undefined;
      seen.add(waiter.id);
      ways.push([...way, waiter]);
    }
  }
  return undefined;
}

/** One of those who wait for each other must give up: the one that began to wait last. All come to the same answer. */
function isVictim(self: BlockedWaiter, cycle: readonly BlockedWaiter[]): boolean {
  return cycle.every((other) => other.since < self.since || (other.since === self.since && other.id <= self.id));
}

/** The error for the one that gives up. */
function deadlockError(cycle: readonly BlockedWaiter[]): SealtraceError {
  const parts = cycle.map(({ pid, holds, waits }, index) => {
    const who = index === 0 ? "this program" : pid === process.pid ? "another part of it" : `process ${pid}`;
    return `${who} holds ${holds.map(lockedPath).join(" and ")} and waits for ${lockedPath(waits)}`;
  });
  return new SealtraceError(
    "SEALTRACE_DEADLOCK",
    `A deadlock: ${parts.join("; ")}. Take them in one order everywhere.`,
  );
}

/** Those who wait for what this one holds. */
function waitingFor({ holds }: BlockedWaiter): BlockedWaiter[] {
  return holds.flatMap((sidecar) => blockedWaiters(placeOfSidecar(sidecar).queue));
}
