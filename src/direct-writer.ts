/** Without a writer thread (`--permission` without `--allow-worker`): the program's own thread stores, once a turn. */
import { setImmediate } from "node:timers";
import type { Delivery, Destination, FlushReport } from "./delivery.ts";
import { SealtraceError, type FunctionInfo, type RecordSink, type TraceEvents } from "./record/index.ts";
import type { Source } from "./ring/index.ts";
import { loadInstallation, openStream, type StreamWriter } from "./store/index.ts";

const CHECKPOINT_MS = 1_000;

/** Opens the stream at once; throws a SealtraceError when that is not possible. */
export function startDirectWriter(destination: Destination, source: Source): Delivery {
  const { logsDirectory, service, version, keysDirectory } = destination;
  return new DirectDelivery(
    openStream({ logsDirectory, service, version, installation: loadInstallation(keysDirectory) }),
    source,
  );
}

class DirectDelivery implements Delivery {
  readonly #stream: StreamWriter;
  readonly #source: Source;
  readonly #base: number;
  readonly #functions = new Map<number, FunctionInfo>();
  readonly #dropped: Record<string, number> = {};
  #lines: string[] = [];
  #scheduled = false;
  #lastCheckpoint = Date.now();
  #trouble: string | undefined;

  constructor(stream: StreamWriter, source: Source) {
    this.#stream = stream;
    this.#source = source;
    this.#base = stream.size;
  }

  readonly sink: RecordSink & { flush(): void } = {
    writeLine: (line) => {
      this.#lines.push(line);
      if (this.#scheduled) return;
      this.#scheduled = true;
      setImmediate(() => {
        this.#scheduled = false;
        this.sink.flush();
        if (Date.now() - this.#lastCheckpoint >= CHECKPOINT_MS) this.#checkpoint();
      }).unref();
    },
    writeFunctions: (functions) => {
      for (const info of functions) this.#functions.set(info.id, info);
    },
    writeEvents: (events: TraceEvents) => {
      this.sink.flush();
      this.#attempt(events.count, () => {
        this.#stream.appendTrace(this.#source, events, this.#functions);
      });
    },
    flush: () => {
      if (this.#lines.length === 0) return;
      const lines = this.#lines;
      this.#lines = [];
      this.#attempt(lines.length, () => {
        this.#stream.appendLines(Buffer.from(`${lines.join("\n")}\n`));
      });
    },
  };

  get directory(): string {
    return this.#stream.directory;
  }

  get trouble(): string | undefined {
    return this.#trouble;
  }

  flush(): Promise<void> {
    this.sink.flush();
    this.#checkpoint();
    return Promise.resolve();
  }

  closeSync(): boolean {
    this.sink.flush();
    return this.#attempt(0, () => {
      this.#stream.close();
    });
  }

  report(): FlushReport {
    const { size, signedSize } = this.#stream;
    return { written: size - this.#base, sealed: Math.max(0, signedSize - this.#base), dropped: { ...this.#dropped } };
  }

  #checkpoint(): void {
    this.#lastCheckpoint = Date.now();
    this.#attempt(0, () => {
      this.#stream.checkpoint();
    });
  }

  /** Failures of the outside world never reach the program: they are counted. */
  #attempt(records: number, action: () => void): boolean {
    try {
      action();
      this.#trouble = undefined;
      return true;
    } catch (error) {
      this.#trouble = error instanceof Error ? error.message : String(error);
      const full = error instanceof SealtraceError && error.code === "SEALTRACE_DISK_FULL";
      const cause = full ? "disk_full" : "file_system";
      if (records > 0) this.#dropped[cause] = (this.#dropped[cause] ?? 0) + records;
      return false;
    }
  }
}
