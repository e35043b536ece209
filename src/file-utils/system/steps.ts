import { SealtraceError } from "../../record/index.ts";

/**
 * A sequence of system calls, written once and run in either of two ways: blocking (`runSync`) or without blocking the event loop (`runAsync`).
 * So every function and its `...Sync` twin do the same, by being the same.
 *
 *     function* sizeOf(path: string): Steps<number> {
 *       const descriptor = yield* system.open(path, constants.O_RDONLY);
 *       try {
 *         return (yield* system.fstat(descriptor)).size;
 *       } finally {
 *         yield* system.close(descriptor);
 *       }
 *     }
 */
export interface Steps<T> {
  next(value?: unknown): IteratorResult<Step, T>;
  throw(error: unknown): IteratorResult<Step, T>;
  return(value: T): IteratorResult<Step, T>;
  [Symbol.iterator](): Iterator<Step, T, unknown>;
}

/** One call, in both forms. */
export interface Step {
  readonly now: () => unknown;
  readonly later: (done: Done) => void;
}

export type Done = (error: unknown, value?: unknown) => void;

/** One step as a sequence of its own, typed. */
export function step<T>(now: () => T, later: (done: Done) => void): Steps<T> {
  return new SingleStep<T>(now, later);
}

/**
 * A call that never waits for a disk or a network, as of what the system has in memory anyway: made at once in either form. Going by another thread would
 * take ten times as long as the call.
 */
export function stepAtOnce<T>(now: () => T): Steps<T> {
  return step<T>(now, (done) => {
    let value: T;
    try {
      value = now();
    } catch (error) {
      done(error);
      return;
    }
    done(null, value);
  });
}

/** What `function* () { return yield this; }` would be, and quicker: most sequences are made of these. */
class SingleStep<T> implements Step, Steps<T> {
  readonly now: () => T;
  readonly later: (done: Done) => void;
  #taken = false;

  constructor(now: () => T, later: (done: Done) => void) {
    this.now = now;
    this.later = later;
  }

  next(value?: unknown): IteratorResult<Step, T> {
    if (this.#taken) return { done: true, value: value as T };
    this.#taken = true;
    return { done: false, value: this };
  }

  throw(error: unknown): never {
    throw error;
  }

  return(value: T): IteratorResult<Step, T> {
    return { done: true, value };
  }

  [Symbol.iterator](): this {
    return this;
  }
}

/** Runs all steps before it returns. */
export function runSync<T>(steps: Steps<T>): T {
  let next = steps.next();
  while (next.done !== true) {
    let value: unknown;
    try {
      value = next.value.now();
    } catch (error) {
      next = steps.throw(error);
      continue;
    }
    next = steps.next(value);
  }
  return next.value;
}

/**
 * Runs the steps one after the other without blocking. When `signal` is aborted, its reason is thrown into the sequence at the next
 * {@link cancellable}, so that whatever was opened is closed.
 */
export function runAsync<T>(steps: Steps<T>, signal?: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const fail: (reason: unknown) => void = reject;
    let isCancelled = false;
    const advance: Done = (error, value) => {
      try {
        let next = error === null ? steps.next(value) : steps.throw(error);
        while (next.done !== true && next.value === CHECKPOINT) {
          isCancelled = signal?.aborted === true;
          next = isCancelled ? steps.throw(signal?.reason) : steps.next();
        }
        if (next.done === true) resolve(next.value);
        else begin(next.value);
      } catch (thrown) {
        // As it was given, whatever the sequence made of it on its way out.
        fail(isCancelled ? signal?.reason : thrown);
      }
    };
    /** What Node refuses at once (a number out of range, say) is the sequence's as well: it has things to close. */
    const begin = (next: Step): void => {
      try {
        next.later(advance);
      } catch (refusal) {
        advance(refusal);
      }
    };
    if (signal?.aborted === true) fail(signal.reason);
    else advance(null);
  });
}

const CHECKPOINT: Step = {
  now: () => undefined,
  later: (done) => {
    done(null);
  },
};

/** Where a sequence may be cancelled. Not within a `finally`. */
export function* cancellable(): Steps<void> {
  yield CHECKPOINT;
}

/** Waits, in milliseconds. */
export function pause(milliseconds: number): Steps<undefined> {
  return step<undefined>(
    () => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds),
    (done) => void setTimeout(done, milliseconds, null),
  );
}

/** The caller's own function, which may be asynchronous where the sequence is. */
export function invoke<T>(action: () => T | Promise<T>): Steps<T> {
  return step<T>(
    () => {
      const result = action();
      if (!isPromise(result)) return result;
      result.then(undefined, () => undefined);
      throw new SealtraceError(
        "SEALTRACE_USAGE",
        "A function ending in Sync was handed something asynchronous: use the one without Sync.",
      );
    },
    (done) => {
      Promise.resolve()
        .then(action)
        .then((value) => {
          done(null, value);
        }, done);
    },
  );
}

/** Also those of other libraries: what `await` would wait for. */
function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
