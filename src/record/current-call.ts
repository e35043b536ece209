import { randomBytes } from "node:crypto";

/**
 * One traced call that is going on. `outer` is what was current when the call was entered or last resumed after an
 * `await`: it becomes current again when the call ends or suspends.
 */
export interface Call {
  /** Counts up from 1 within a thread; never used twice. */
  readonly id: number;
  readonly root: RootCall;
  outer: Call | undefined;
}

/** What all calls below one root share. `open` turns false when the root ends. */
export interface RootCall {
  readonly id: number;
  /** W3C Trace Context trace-id: 32 lower-case hexadecimal digits. */
  readonly traceId: string;
  open: boolean;
}

/**
 * The thread's current position in the calls. Reading `current.call` is all that a log record pays for its call. Where no call runs (a timer, an
 * event, the continuation of a function that is not rewritten), `inContext` tells which one the code descends from, if calls are recorded.
 */
export const current: { call: Call | undefined; inContext: (() => Call | undefined) | undefined } = {
  call: undefined,
  inContext: undefined,
};

/** Six random hexadecimal digits that begin every span id of this thread, so that threads and processes differ. */
export const spanPrefix: string = randomBytes(3).toString("hex");

/** W3C Trace Context parent-id of a call: the thread's prefix and the call's id, 16 hexadecimal digits in all. */
export function spanId(callId: number, prefix: string = spanPrefix): string {
  return prefix + callId.toString(16).padStart(10, "0");
}

/** The inverse of {@link spanId}; undefined for a text that is not a span id. */
export function parseSpanId(text: string): { prefix: string; callId: number } | undefined {
  if (!/^[0-9a-f]{16}$/.test(text)) return undefined;
  return { prefix: text.slice(0, 6), callId: Number.parseInt(text.slice(6), 16) };
}
