import type { Censor, FunctionInfo } from "../record/index.ts";
import { REDACTED } from "../record/index.ts";
import { quote } from "../serialize-utils/essentials/index.ts";

/** The gate of a function that is on hand: one countdown each, so that ids beyond it can't be instrumented. */
export const MAX_INSTRUMENTED: number = 1 << 20;
/** How many parameters of one function are shown. */
export const MAX_PARAMETERS = 16;

/** A function of this thread that can be traced. Its index in {@link functions} is its id. */
export class TraceableFunction {
  readonly info: FunctionInfo;
  readonly parameters: readonly string[];
  /**
   * Set when the function was announced to the current sink: what stands before each argument, `{"name":` or
   * `,"name":`.
   */
  keys: readonly string[] | undefined;
  /** Per argument, true when its name says that it is secret. */
  secret: readonly boolean[] = [];

  constructor(info: FunctionInfo, parameters: readonly string[]) {
    this.info = info;
    this.parameters = parameters;
  }

  /** Makes the keys. Done at the first call, for only then it is known what is secret. */
  prepare(censor: Censor): readonly string[] {
    const keys = this.parameters.map((name, i) => `${i === 0 ? "{" : ","}${quote(censor.censorText(name))}:`);
    this.secret = this.parameters.map((name) => censor.isSecretKey(name));
    this.keys = keys;
    return keys;
  }
}

/** Every traceable function of this thread. Ids begin at 1. */
export const functions: (TraceableFunction | undefined)[] = [undefined];

/** Adds a function to the table; `id` of its info is given here. */
export function addFunction(info: Omit<FunctionInfo, "id">, parameters: readonly string[]): TraceableFunction {
  const added = new TraceableFunction({ id: functions.length, ...info }, parameters.slice(0, MAX_PARAMETERS));
  functions.push(added);
  return added;
}

/** What stands for an argument whose name says that it is secret. */
export const SECRET_ARGUMENT: string = quote(REDACTED);
