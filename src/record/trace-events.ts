/**
 * A batch of call events on its way from a program's thread to the writer. Tracing fills it, the store encodes it.
 *
 * Column arrays are valid up to `count`. `texts[i]` is one line of JSON without raw newlines ("" for none): for an
 * enter the arguments as `{"name":value,...}`, for a return the value, for a throw the exception as
 * `{"type":...,"message":...}`.
 */
export interface TraceEvents {
  readonly count: number;
  readonly kinds: Uint8Array;
  /** The id of the call that the event belongs to, unique within the thread, counting up from 1. */
  readonly calls: Float64Array;
  /** Enter events: id of the calling call, 0 for none. A root has 0 here, or the call that caused it (see ROOT). */
  readonly parents: Float64Array;
  /** Enter events: the function's id in the thread's function table. */
  readonly functions: Int32Array;
  /** `process.hrtime.bigint()`, nanoseconds. */
  readonly times: BigInt64Array;
  readonly texts: readonly string[];
}

export const EVENT = {
  /** A call begins; `parents` has its caller. */
  ENTER: 0,
  /** A call that starts a trace of its own begins. `parents` has the call that caused it (a link), or 0. Its text is
   *  the trace id (32 hexadecimal digits), a space, and the arguments. */
  ROOT: 1,
  /** A call ended normally; the text is its value. */
  RETURN: 2,
  /** A call ended by an exception; the text is the exception. */
  THROW: 3,
} as const;

/** One function of a thread's function table. */
export interface FunctionInfo {
  readonly id: number;
  /** As a reader would call it: `Class.method`, `outer.inner`, `<anonymous>`. */
  readonly name: string;
  /** Absolute path or URL of the source file. */
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  /** 1-based. */
  readonly column: number;
}
