import { SealtraceError } from "../record/index.ts";

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
export type Steps<T> = Generator<Step, T, unknown>;

/** One call, in both forms. */
export interface Step {
  readonly now: () => unknown;
  readonly later: (done: Done) => void;
}

export type Done = (error: unknown, value?: unknown) => void;

/** One step as a sequence of its own, typed. */
export function* step<T>(now: () => T, later: (done: Done) => void): Steps<T> {
  return (yield { now, later }) as T;
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
    const advance: Done = (error, value) => {
      try {
        let next = error === null ? steps.next(value) : steps.throw(error);
        while (next.done !== true && next.value === CHECKPOINT) {
          next = signal?.aborted === true ? steps.throw(signal.reason) : steps.next();
        }
        if (next.done === true) resolve(next.value);
        else next.value.later(advance);
      } catch (thrown) {
        fail(thrown);
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
      result.catch(() => undefined);
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

function isPromise(value: unknown): value is Promise<unknown> {
  return value instanceof Promise;
}
