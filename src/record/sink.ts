import type { FunctionInfo, TraceEvents } from "./trace-events.ts";

/**
 * Where captured records go. Capture (logs, calls) is handed one and knows nothing else of what comes after it.
 * No method throws: what can't be delivered is counted by the sink.
 */
export interface RecordSink {
  /** Takes one log record: a line of JSON, already redacted, without newline and seal, at most MAX_CAPTURED_BYTES. */
  writeLine(line: string): void;
  /** Announces functions before the first event that names them. */
  writeFunctions(functions: readonly FunctionInfo[]): void;
  /** Takes call events; the arrays may be reused as soon as this returns. */
  writeEvents(events: TraceEvents): void;
}
