/** Without a writer thread (`--permission` without `--allow-worker`): the program's own thread stores, once a turn. */
import { clearTimeout, setTimeout } from "node:timers";
import type { Delivery, Destination, FlushReport } from "./delivery.ts";
import { SealtraceError, type FunctionInfo, type RecordSink, type TraceEvents } from "./record/index.ts";
import { EndOfTurn, type Source } from "./ring/index.ts";
import { loadInstallation, openStream, type ControlFields, type StreamWriter } from "./store/index.ts";

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
  /** What of it is not sealed yet. */
  #unreported: Record<string, number> = {};
  #lines: string[] = [];
  readonly #turn = new EndOfTurn(() => {
    this.sink.flush();
  });
  #checkpointTimer: NodeJS.Timeout | undefined;
  #trouble: string | undefined;

  constructor(stream: StreamWriter, source: Source) {
    this.#stream = stream;
    this.#source = source;
    this.#base = stream.size;
  }

  readonly sink: RecordSink & { flush(): void } = {
    writeLine: (line) => {
      this.#lines.push(line);
      this.#turn.schedule();
    },
    writeFunctions: (functions) => {
      for (const info of functions) this.#functions.set(info.id, info);
    },
    writeEvents: (events: TraceEvents) => {
      this.sink.flush();
      this.#attempt(events.count, () => {
        this.#stream.appendTrace(this.#source, events, this.#functions);
      });
      this.#scheduleCheckpoint();
    },
    flush: () => {
      if (this.#lines.length === 0) return;
      const lines = this.#lines;
      this.#lines = [];
      this.#attempt(lines.length, () => {
        this.#stream.appendLines(Buffer.from(`${lines.join("\n")}\n`));
      });
      this.#scheduleCheckpoint();
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
    this.#checkpoint();
    clearTimeout(this.#checkpointTimer);
    return this.#attempt(this.#stream.waitingEvents, () => {
      this.#stream.close();
    });
  }

  report(): FlushReport {
    const { size, signedSize } = this.#stream;
    return { written: size - this.#base, sealed: Math.max(0, signedSize - this.#base), dropped: { ...this.#dropped } };
  }

  /** A checkpoint follows its records after a second, also when the program does nothing more. */
  #scheduleCheckpoint(): void {
    this.#checkpointTimer ??= setTimeout(() => {
      this.#checkpoint();
    }, CHECKPOINT_MS).unref();
  }

  #checkpoint(): void {
    this.#checkpointTimer = undefined;
    const done = this.#attempt(0, () => {
      const lost = Object.entries(this.#unreported).map(([cause, count]) => [`sealtrace.dropped.${cause}`, count]);
      if (lost.length > 0) this.#stream.appendControl("records-dropped", Object.fromEntries(lost) as ControlFields);
      this.#unreported = {};
      this.#stream.checkpoint();
    });
    if (!done) this.#scheduleCheckpoint();
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
      if (records > 0) for (const sum of [this.#dropped, this.#unreported]) sum[cause] = (sum[cause] ?? 0) + records;
      return false;
    }
  }
}
