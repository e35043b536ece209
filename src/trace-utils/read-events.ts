import { EVENT, type FunctionInfo } from "../record/index.ts";
import type { Trace } from "./open-trace.ts";

/** One event of a call. Ids are made unique over threads and processes by the thread's prefix: they are span ids. */
export interface CallEvent {
  readonly kind: "enter" | "return" | "throw";
  /** W3C parent-id of the call: 16 hexadecimal digits. */
  readonly call: string;
  /** For an enter: the span id of the caller; undefined for a call that begins a trace. */
  readonly parent?: string;
  /** For a call that begins a trace: the ended call that caused it, if one did. */
  readonly cause?: string;
  /** For a call that begins a trace: its W3C trace-id. */
  readonly traceId?: string;
  /** For an enter. */
  readonly function?: FunctionInfo;
  /** Unix nanoseconds. */
  readonly time: bigint;
  readonly pid: number;
  readonly thread: number;
  /** JSON: the arguments, the result, or the exception; "" for none. */
  readonly text: () => string;
}

const UNKNOWN: FunctionInfo = { id: 0, name: "?", file: "", line: 0, column: 0 };

/** Every event of a trace, thread by thread in order. */
export function* readEvents(trace: Trace): Generator<CallEvent> {
  for (const chunk of trace.chunks()) {
    const { prefix, pid, thread } = chunk;
    const idOf = (call: number): string => prefix + call.toString(16).padStart(10, "0");
    for (let i = 0; i < chunk.count; i += 1) {
      const kind = chunk.kinds[i];
      const text = (): string => chunk.text(i);
      const common = { call: idOf(chunk.calls[i] as number), time: chunk.times[i] as bigint, pid, thread, text };
      if (kind === EVENT.RETURN || kind === EVENT.THROW) {
        yield { kind: kind === EVENT.RETURN ? "return" : "throw", ...common };
        continue;
      }
      const before = chunk.parents[i] as number;
      const info = chunk.functions.get(chunk.functionIds[i] as number) ?? UNKNOWN;
      if (kind === EVENT.ROOT) {
        const cause = before === 0 ? {} : { cause: idOf(before) };
        yield { kind: "enter", ...common, function: info, traceId: chunk.traceIds[i] as string, ...cause };
      } else {
        yield { kind: "enter", ...common, function: info, ...(before === 0 ? {} : { parent: idOf(before) }) };
      }
    }
  }
}
