/** What stands behind a class or function that a pickle names: functions of ours, which take what Python would have been given, and check it. */
import { PythonGlobal } from "../python/global.ts";

export interface PickleBuilder {
  /**
   * What Python would have got by calling the class or function, or by `__new__`. What it throws becomes SEALTRACE_INVALID_DATA, with the place. `look` throws
   * when the time is over: for what takes long.
   */
  readonly create?:
    ((args: readonly unknown[], kwargs: Readonly<Record<string, unknown>>, look: () => void) => unknown) | undefined;
  /** `__setstate__`. What it returns, unless that is undefined, stands in the instance's place from then on. */
  readonly setState?: ((instance: never, state: unknown, look: () => void) => unknown) | undefined;
  /** Items of what is a kind of list or set. */
  readonly append?: ((instance: never, items: readonly unknown[]) => void) | undefined;
  /** Keys and values in turn, of what is a kind of dict. */
  readonly setItems?: ((instance: never, keysAndValues: readonly unknown[]) => void) | undefined;
}

/** Builders by `module:name`. */
export type Builders = Readonly<Record<string, PickleBuilder>>;

/** Refuses arguments; where they stand is added by who called. */
export function expected(what: string): Error {
  return new TypeError(`expected ${what}`);
}

export function isGlobal(value: unknown, module: string, name: string): value is PythonGlobal {
  return value instanceof PythonGlobal && value.module === module && value.name === name;
}

export function expectString(value: unknown, what: string): string {
  if (typeof value === "string") return value;
  throw expected(what);
}

/** Bytes, or the text that Python 2 had in their place. */
export function expectBytes(value: unknown, what: string): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (typeof value === "string" && /^[\0-\xff]*$/.test(value)) return Buffer.from(value, "latin1");
  throw expected(what);
}

export function expectArray(value: unknown, what: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw expected(what);
}

/** The attributes that a state gives: a dict, or nothing. */
export function expectAttributes(state: unknown): object {
  if (state === null) return {};
  if (typeof state === "object" && Object.getPrototypeOf(state) === Object.prototype) return state;
  throw expected("a dict of attributes");
}
