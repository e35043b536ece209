/**
 * Taking a lock. Who finds it free and nobody waiting takes it at once. Who must wait, waits in two queues: first in that of its thread, in memory,
 * then, when it is the first there, in that of all threads, by tickets; the first of those tries the kernel's lock again and again. So SQLite's own
 * waiting, which is neither fair nor can be cancelled, is not used.
 */
import { DEADLOCK_CHECK_MS, watchForDeadlock } from "./deadlock.ts";
import { acquired, heldHere, heldInThread, innermost, released, type Acquisition } from "./context.ts";
import { busy, refuseBlockingForever, refuseReentry, type Request } from "./refusals.ts";
import { closeLater, threadLock, type ThreadLock, type Turn, type Waiter } from "./thread.ts";
import { hasQueue, someoneWaits } from "./tickets.ts";
import { step, type Steps } from "../system/steps.ts";
import { monotonicNow } from "./ticket-content.ts";

/** Between two looks of who is not the first in the queue, for each in front: a lock that is held shortly goes on about so fast. */
const PAUSE_MS_EACH = 1;
const MAX_PAUSE_MS = 25;
const LONG_PAUSE_MS = 60_000;
/** Others look at a lock, too, and hold it for that instant: who does not want to wait tries so often, a millisecond apart. */
const IMPATIENT_ATTEMPTS = 3;

/** A lock that was taken. */
export interface Hold {
  readonly lock: ThreadLock;
  readonly acquisition: Acquisition;
}

/** One that wants a lock. */
interface Seeker {
  readonly request: Request;
  readonly lock: ThreadLock;
  readonly blocking: boolean;
  /** What it holds already. */
  readonly held: readonly Acquisition[];
  readonly within: Acquisition | undefined;
}

/** Takes the lock. Throws SEALTRACE_LOCK_BUSY when the wait is over, SEALTRACE_DEADLOCK, or the signal's reason. */
export function* acquire(request: Request): Steps<Hold> {
  const { place, shared, wait, signal } = request;
  const blocking = yield* isBlocking();
  refuseReentry(request);
  signal?.throwIfAborted();
  const lock = threadLock(place, request.lease);
  if (blocking) refuseBlockingForever(request, lock);
  const seeker = { request, lock, blocking, within: innermost(), held: blocking ? heldInThread() : heldHere() };
  if (isOpenTo(lock, shared) && lock.attempt(shared)) return hold(seeker);
  return yield* wait === 0 ? acquireNow(seeker) : acquireInTurn(seeker);
}

/** Gives it back. */
export function release({ lock, acquisition }: Hold): void {
  released(acquisition);
  lock.release(acquisition);
  closeLater(lock);
}

function hold({ request: { place, shared }, lock, within }: Seeker): Hold {
  const acquisition = acquired({ sidecar: place.sidecar, path: place.target, shared, within });
  lock.holders.add(acquisition);
  return { lock, acquisition };
}

/** Nobody waits, and nobody in this thread is in the way. */
function isOpenTo(lock: ThreadLock, shared: boolean): boolean {
  return lock.waiters.length === 0 && lock.admits(shared) && !hasQueue(lock.place.queue);
}

function* acquireNow(seeker: Seeker): Steps<Hold> {
  const { request, lock } = seeker;
  for (let attempts = 1; attempts < IMPATIENT_ATTEMPTS; attempts++) {
    yield* sleep(1);
    request.signal?.throwIfAborted();
    const free = lock.waiters.length === 0 && lock.admits(request.shared) && !someoneWaits(lock.place.queue);
    if (free && lock.attempt(request.shared)) return hold(seeker);
  }
  closeLater(lock);
  throw busy(request);
}

function* acquireInTurn(seeker: Seeker): Steps<Hold> {
  const { request, lock, blocking, held } = seeker;
  const { shared, wait, signal } = request;
  const waiter = newWaiter(request, held);
  // Those who wait asynchronously can't go on before one who blocks the thread.
  if (blocking) lock.waiters.unshift(waiter);
  else lock.waiters.push(waiter);
  let gotIt = false;
  // Others must see what we wait for, also while it is held by our own thread.
  const watch = watchForDeadlock(waiter.self, () => lock.ticket());
  const wake = (): void => waiter.wake?.();
  signal?.addEventListener("abort", wake);
  try {
    let turn: Turn = Infinity;
    for (let looks = 0; ; looks++) {
      signal?.throwIfAborted();
      const isFirst = lock.waiters[0] === waiter && lock.admits(shared);
      const before: Turn = turn;
      turn = isFirst ? lock.attemptInTurn(shared) : Infinity;
      if (turn !== before) looks = 0;
      if (turn === "taken") {
        gotIt = true;
        return hold(seeker);
      }
      const waited = monotonicNow() - waiter.self.since;
      if (waited >= wait) throw busy(request);
      watch(waited);
      const pause = isFirst ? growing(pauseAt(turn, lock), looks) : unlessWoken(waiter);
      yield* sleep(Math.min(pause, wait - waited), waiter);
    }
  } finally {
    signal?.removeEventListener("abort", wake);
    lock.leave(waiter, gotIt);
    closeLater(lock);
  }
}

let lastWaiter = 0;

function newWaiter({ place, shared }: Request, held: readonly Acquisition[]): Waiter {
  const since = monotonicNow();
  const self = {
    id: `${process.pid}-${since}-${++lastWaiter}`,
    since,
    pid: process.pid,
    waits: place.sidecar,
    holds: held.map((acquisition) => acquisition.sidecar),
  };
  return { shared, self, wake: undefined };
}

/** Whoever gives the lock back in this thread wakes the next; only a deadlock must be looked for. */
function unlessWoken({ self }: Waiter): number {
  return self.holds.length > 0 ? DEADLOCK_CHECK_MS : LONG_PAUSE_MS;
}

function pauseAt(before: number, lock: ThreadLock): { readonly from: number; readonly to: number } {
  return before === 0 ? lock.mechanism.pause : { from: before * PAUSE_MS_EACH, to: MAX_PAUSE_MS };
}

function growing({ from, to }: { readonly from: number; readonly to: number }, looks: number): number {
  return Math.min(to, from * 1.2 ** looks) * (0.75 + Math.random() / 2);
}

/** Whether the steps are run by `runSync`. */
function isBlocking(): Steps<boolean> {
  return step<boolean>(
    () => true,
    (done) => {
      done(null, false);
    },
  );
}

/** Waits, in milliseconds, or until the waiter is woken; goes on in the asynchronous context of who waits, not of who wakes. */
function sleep(milliseconds: number, waiter?: Waiter): Steps<unknown> {
  return step<unknown>(
    () => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds),
    (done) => {
      const woken = new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, milliseconds);
        if (waiter === undefined) return;
        waiter.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      void woken.then(() => {
        done(null);
      });
    },
  );
}
