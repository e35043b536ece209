import { enter, leave, resume, resumeAwait, returning, suspend, throwing, type Position } from "./call-recorder.ts";
import { functions, MAX_INSTRUMENTED } from "./function-table.ts";
import { watchIterable } from "./iterators.ts";
import { noteRethrow, noteThrow } from "./throw-sites.ts";

/**
 * Where instrumented modules find the helpers: a property of the global object that is not enumerable. Not a symbol, for a module may have a
 * `Symbol` of its own.
 */
export const HELPERS_KEY = "sealtrace.runtime";

/**
 * One countdown per instrumented function, counted down by every call: below zero the call is recorded. 0 records every
 * call, a large number none for a long time.
 */
export const gates: Int32Array<ArrayBuffer> = new Int32Array(MAX_INSTRUMENTED);

/** What instrumented code calls; the names are part of the generated code and short for that. */
export interface Helpers {
  readonly N: Int32Array;
  /** Enter. */
  E(id: number, values?: readonly unknown[]): Position;
  /** Value that is about to be returned. */
  V<T>(position: Position, value: T): T;
  /** Throws: the exception that ends the call. */
  T(position: Position, error: unknown): void;
  /** eXit. */
  X(position: Position): void;
  /** Suspend, before `await` and `yield`. */
  S<T>(position: Position, value: T): T;
  /** Resume after `await`. */
  R<T>(position: Position, value: T): T;
  /** resume after Yield. */
  Y<T>(position: Position, value: T): T;
  /** Continue in a catch or finally clause. */
  C(position: Position): void;
  /** Watch the iterable of a `yield*` or `for await`. */
  W(position: Position, iterable: unknown, asynchronous: boolean): unknown;
  /** Location of a throw statement: file, offset in its original text. */
  L<T>(file: number, offset: number, error: T): T;
}

const OPEN = 0;
const CLOSED = 0x7fff_ffff;
let level = OPEN;

/** Opens or closes every gate, those of functions that are loaded later included. */
export function setGates(open: boolean): void {
  level = open ? OPEN : CLOSED;
  gates.fill(level, 0, functions.length);
}

export const helpers: Helpers = {
  N: gates,
  E(id, values) {
    gates[id] = level;
    return enter(id, values);
  },
  V(position, value) {
    if (position !== 0) returning(position, value);
    return value;
  },
  T(position, error) {
    noteRethrow(error);
    throwing(position, error);
  },
  X: leave,
  S(position, value) {
    if (position !== 0) suspend(position);
    return value;
  },
  R(position, value) {
    if (position !== 0) resumeAwait(position);
    return value;
  },
  Y(position, value) {
    if (position !== 0) resume(position);
    return value;
  },
  C: resume,
  W: watchIterable,
  L(file, offset, error) {
    noteThrow(file, offset, error);
    return error;
  },
};

/** Makes the helpers reachable for instrumented code. */
export function publishHelpers(): void {
  Object.defineProperty(globalThis, HELPERS_KEY, {
    value: helpers,
    configurable: true,
    enumerable: false,
    writable: false,
  });
}
