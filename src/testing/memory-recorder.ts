import { createLogger, LogTarget, type Logger } from "../log-utils/index.ts";
import { EVENT, type FunctionInfo, type Level, type RecordSink, type TraceEvents } from "../record/index.ts";
import { createCensor } from "../redaction/index.ts";

/** A call as it was recorded; `end` is missing while it goes on. */
export interface RecordedCall {
  readonly id: number;
  /** Id of the calling call, 0 for none. */
  readonly parent: number;
  readonly name: string;
  /** JSON: `{"name":value,...}` */
  readonly arguments: string;
  end?: { readonly kind: "return" | "throw"; readonly text: string };
}

export interface MemoryRecorder {
  readonly sink: RecordSink;
  /** Log records, parsed, in order. */
  readonly records: readonly Readonly<Record<string, unknown>>[];
  readonly calls: readonly RecordedCall[];
  /** A logger that writes to this recorder alone. */
  logger(name: string): Logger;
  clear(): void;
}

/** A recorder that keeps everything in memory, redacted as it would be on disk. */
export function memoryRecorder(options: { readonly level?: Level } = {}): MemoryRecorder {
  const records: Record<string, unknown>[] = [];
  const calls: RecordedCall[] = [];
  const byId = new Map<number, RecordedCall>();
  const names = new Map<number, string>();
  const sink: RecordSink = {
    writeLine(line) {
      records.push(JSON.parse(line) as Record<string, unknown>);
    },
    writeFunctions(functions: readonly FunctionInfo[]) {
      for (const info of functions) names.set(info.id, info.name);
    },
    writeEvents(events: TraceEvents) {
      for (let i = 0; i < events.count; i += 1) {
        const id = events.calls[i] as number;
        const text = events.texts[i] as string;
        const kind = events.kinds[i];
        if (kind === EVENT.RETURN || kind === EVENT.THROW) {
          const call = byId.get(id);
          if (call !== undefined) call.end = { kind: kind === EVENT.RETURN ? "return" : "throw", text };
          continue;
        }
        const root = kind === EVENT.ROOT;
        const call: RecordedCall = {
          id,
          parent: root ? 0 : (events.parents[i] as number),
          name: names.get(events.functions[i] as number) ?? "?",
          arguments: root ? text.slice(33) : text,
        };
        calls.push(call);
        byId.set(id, call);
      }
    },
  };
  const target = new LogTarget().connected({
    sink,
    censor: createCensor(),
    level: options.level ?? "DEBUG",
    service: "test",
    pid: process.pid,
    thread: 0,
  });
  return {
    sink,
    records,
    calls,
    logger: (name) => createLogger(target, name),
    clear() {
      records.length = 0;
      calls.length = 0;
      byId.clear();
    },
  };
}
