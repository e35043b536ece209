/** `withLock`: one at a time, or several who only read, across threads, processes and crashes. */
import { SealtraceError } from "../../record/index.ts";
import { runHolding } from "./context.ts";
import { lockPlace } from "./lock-place.ts";
import { acquire, release, type Hold } from "./waiting.ts";
import { invoke, runAsync, runSync, type Steps } from "../system/steps.ts";

export interface LockOptions {
  /** Held together with others who share it, for reading; without, alone. Default: false. */
  readonly shared?: boolean | undefined;
  /** How long to wait while others hold the lock, in milliseconds; 0 not at all, Infinity for ever. Default: 30,000. */
  readonly wait?: number | undefined;
  /** Ends the waiting. Has no effect on an action that runs already. */
  readonly signal?: AbortSignal | undefined;
}

/** For tests: a lease of so many milliseconds in any case. */
export interface LeaseOptions extends LockOptions {
  readonly lease: number;
}

export type SyncLockOptions = Omit<LockOptions, "signal">;

/** A lock, while it is held. */
export interface HeldLock {
  /** What is locked: its full path, without symbolic links. */
  readonly path: string;
  readonly shared: boolean;
  /** Of a lease, which stands in where the kernel can't lock: greater than that of every earlier holder. Undefined for a lock of the kernel. */
  readonly token: number | undefined;
  /** Of a lease: aborted when somebody else has taken it over. Undefined for a lock of the kernel. */
  readonly signal: AbortSignal | undefined;
  /** Throws SEALTRACE_LOCK_LOST if somebody else may hold the lock by now: a lease has run out, or the files of the lock were deleted. */
  check(): void;
}

/**
 * Runs an action while holding the lock of a file, and resolves to what it returns. The file need not exist; its directory must. The lock is given
 * back when the action ends, however it ends, and the moment that the process or thread dies.
 *
 * Rejects with SEALTRACE_LOCK_BUSY when others hold it for too long, SEALTRACE_DEADLOCK when it would be waited for in vain, the signal's reason when
 * that is aborted before the lock was had, and a SealtraceError when the directory can't be used.
 */
export function withLock<T>(
  path: string,
  action: (lock: HeldLock) => T | Promise<T>,
  options: LockOptions = {},
): Promise<T> {
  return runAsync(whileLocked(path, options, (lock, inside) => invoke(() => inside(() => action(lock)))));
}

/** As {@link withLock}; blocks the thread while it waits. The action must not be asynchronous. */
export function withLockSync<T>(path: string, action: (lock: HeldLock) => T, options: SyncLockOptions = {}): T {
  return runSync(whileLocked(path, options, (lock, inside) => invoke(() => inside(() => action(lock)))));
}

/** Runs steps while holding the lock. What they call by `inside` is known to hold it. */
export function* whileLocked<T>(
  path: string,
  options: LockOptions | LeaseOptions,
  steps: (lock: HeldLock, inside: <R>(action: () => R) => R) => Steps<T>,
): Steps<T> {
  const { shared = false, wait = DEFAULT_WAIT_MS, signal } = options;
  const lease = "lease" in options ? options.lease : undefined;
  if (!(wait >= 0))
    throw new SealtraceError("SEALTRACE_USAGE", `wait is a number of milliseconds from 0 on, not ${wait}.`);
  const hold = yield* acquire({ place: lockPlace(path), shared, wait, signal, lease });
  try {
    return yield* steps(heldLock(hold), (action) => runHolding(hold.acquisition, action));
  } finally {
    release(hold);
  }
}

const DEFAULT_WAIT_MS = 30_000;

function heldLock({ lock: { mechanism }, acquisition }: Hold): HeldLock {
  const { path, shared } = acquisition;
  return {
    path,
    shared,
    token: mechanism.token,
    signal: mechanism.signal,
    check() {
      const loss = acquisition.released ? "its action has ended" : mechanism.loss();
      if (loss === undefined) return;
      throw new SealtraceError(
        "SEALTRACE_LOCK_LOST",
        `The lock on ${path} was lost: ${loss}. Somebody else may hold it; do not write what was read under it.`,
      );
    },
  };
}
