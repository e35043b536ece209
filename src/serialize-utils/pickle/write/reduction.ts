/** What Python makes an object of: what it calls, with what, and what it does with the result. As `__reduce_ex__` gives it. */
import { PythonGlobal } from "../python/global.ts";

export interface Reduction {
  readonly callable: PythonGlobal;
  readonly args: readonly unknown[];
  /** By `__new__` instead of a call. */
  readonly isNew?: boolean;
  /** Undefined: none. */
  readonly state?: unknown;
  readonly items?: readonly unknown[];
  /** Keys and values in turn. */
  readonly entries?: readonly unknown[];
}

export function reduction(
  module: string,
  name: string,
  args: readonly unknown[],
  rest: Partial<Reduction> = {},
): Reduction {
  return { callable: new PythonGlobal(module, name), args, ...rest };
}
