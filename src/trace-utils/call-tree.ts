import type { FunctionInfo } from "../record/index.ts";
import type { Trace } from "./open-trace.ts";
import { readEvents } from "./read-events.ts";

/** A call, as it was recorded. */
export interface CallNode {
  /** Span id. */
  readonly id: string;
  readonly function: FunctionInfo;
  readonly pid: number;
  readonly thread: number;
  /** Unix nanoseconds. */
  readonly start: bigint;
  /** Unix nanoseconds; undefined for a call whose end was not recorded. */
  end?: bigint;
  /** JSON: `{"name":value,...}`; "" when arguments were not recorded. */
  readonly arguments: string;
  /** JSON; undefined for a call that threw, returned nothing, or did not end. */
  result?: string;
  /** JSON: `{"type":...,"message":...,"stack":...}`. */
  error?: string;
  /** Where it begins a trace: its trace id, and the ended call that caused it. */
  readonly traceId?: string;
  readonly cause?: string;
  /** In the order in which they began. */
  readonly children: CallNode[];
}

export interface CallTree {
  /** Calls without a recorded caller, in the order in which they began. */
  readonly roots: readonly CallNode[];
  /** Span id to call. */
  readonly calls: ReadonlyMap<string, CallNode>;
  /** Calls that were left out because there were more than `maxCalls`. */
  readonly omitted: number;
}

export interface CallTreeOptions {
  /** How many calls are kept in memory, the first ones; default 1,000,000. */
  readonly maxCalls?: number;
}

const DEFAULT_MAX_CALLS = 1_000_000;

/** The calls of a trace as trees. */
export function callTree(trace: Trace, options: CallTreeOptions = {}): CallTree {
  const { maxCalls = DEFAULT_MAX_CALLS } = options;
  const calls = new Map<string, CallNode>();
  const roots: CallNode[] = [];
  let omitted = 0;
  for (const event of readEvents(trace)) {
    if (event.kind === "enter") {
      if (calls.size >= maxCalls) {
        omitted += 1;
        continue;
      }
      const node: CallNode = {
        id: event.call,
        function: event.function as FunctionInfo,
        pid: event.pid,
        thread: event.thread,
        start: event.time,
        arguments: event.text(),
        ...(event.traceId === undefined ? {} : { traceId: event.traceId }),
        ...(event.cause === undefined ? {} : { cause: event.cause }),
        children: [],
      };
      calls.set(node.id, node);
      const parent = event.parent === undefined ? undefined : calls.get(event.parent);
      (parent?.children ?? roots).push(node);
      continue;
    }
    const node = calls.get(event.call);
    if (node === undefined) continue;
    node.end = event.time;
    const text = event.text();
    if (event.kind === "throw") node.error = text;
    else if (text !== "") node.result = text;
  }
  roots.sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0));
  return { roots, calls, omitted };
}
