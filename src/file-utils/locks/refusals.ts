/** Who asks for a lock, and why it does not get it. */
import { SealtraceError } from "../../record/index.ts";
import { inspectLock } from "./list-locks.ts";
import { heldHere } from "./context.ts";
import { describeHolder } from "./holders.ts";
import type { LockPlace } from "./lock-place.ts";
import type { ThreadLock } from "./thread.ts";

export interface Request {
  readonly place: LockPlace;
  readonly shared: boolean;
  /** In milliseconds. */
  readonly wait: number;
  readonly signal: AbortSignal | undefined;
  /** Milliseconds; forces a lease. */
  readonly lease: number | undefined;
}

/** Throws when the code that asks holds the lock. */
export function refuseReentry({ place }: Request): void {
  if (heldHere().every(({ sidecar }) => sidecar !== place.sidecar)) return;
  throw new SealtraceError(
    "SEALTRACE_DEADLOCK",
    `The lock on ${place.target} was asked for while the same code holds it: it would wait for itself. Take it once, around all that needs it.`,
  );
}

/** Throws when the lock is held by the thread that is about to block for it. */
export function refuseBlockingForever({ place, shared }: Request, lock: ThreadLock): void {
  if (lock.admits(shared)) return;
  throw new SealtraceError(
    "SEALTRACE_DEADLOCK",
    `The lock on ${place.target} is held by an asynchronous action of this thread, which can't end while the thread is blocked: use withLock instead of withLockSync.`,
  );
}

/** The wait is over. */
export function busy({ place, wait }: Request): SealtraceError {
  const holders = inspectLock(place).holders.map(describeHolder);
  const who = holders.length === 0 ? "somebody else" : holders.join(", ");
  const after = wait === 0 ? "" : ` after ${wait} ms`;
  return new SealtraceError(
    "SEALTRACE_LOCK_BUSY",
    `The lock on ${place.target} is still taken${after}, held by ${who}. Wait longer, or see to it that the holder ends.`,
  );
}
