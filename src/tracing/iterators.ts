import { resume, suspend, type Position } from "./call-recorder.ts";

type AnyIterator = Iterator<unknown> & AsyncIterator<unknown>;
type Step = "next" | "throw" | "return";

/**
 * What `yield*` and `for await` are given in place of an iterable, so that the call that contains them is current while
 * the iterator's own code runs, and suspended when that has returned. Everything else is as if it were the iterable
 * itself: what can't be iterated is given back as it is, for the error is the engine's to throw.
 */
export function watchIterable(position: Position, iterable: unknown, asynchronous: boolean): unknown {
  if (position === 0 || iterable === null || iterable === undefined) return iterable;
  const source = iterable as Record<symbol, unknown>;
  if (asynchronous) {
    const method = source[Symbol.asyncIterator];
    if (typeof method === "function")
      return { [Symbol.asyncIterator]: () => watchIterator(position, iterable, method) };
    if (method !== undefined && method !== null) return iterable;
  }
  const method = source[Symbol.iterator];
  if (typeof method === "function") return { [Symbol.iterator]: () => watchIterator(position, iterable, method) };
  return iterable;
}

function watchIterator(position: Position, iterable: unknown, method: unknown): unknown {
  const iterator = Reflect.apply(method as () => AnyIterator | null, iterable, []);
  if ((typeof iterator !== "object" && typeof iterator !== "function") || iterator === null) return iterator;
  // Read once, as the engine does; the other two are looked up whenever they are wanted.
  const { next } = iterator;
  return {
    next: (...values: unknown[]) => step(position, iterator, next, values),
    get throw() {
      return stepper(position, iterator, "throw");
    },
    get return() {
      return stepper(position, iterator, "return");
    },
  };
}

function stepper(position: Position, iterator: AnyIterator, name: Step): unknown {
  const method: unknown = iterator[name];
  if (typeof method !== "function") return method;
  return (...values: unknown[]) => step(position, iterator, method, values);
}

function step(position: Position, iterator: AnyIterator, method: unknown, values: readonly unknown[]): unknown {
  resume(position);
  try {
    return Reflect.apply(method as () => unknown, iterator, values);
  } finally {
    suspend(position);
  }
}
