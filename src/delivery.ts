import type { RecordSink } from "./record/index.ts";

/** What became of the records of this process. */
export interface FlushReport {
  /** Records written to the stream by this process's writer, its own control records included. */
  readonly written: number;
  /** How many of them a signed checkpoint covers. */
  readonly sealed: number;
  /** Records (and call events) that could not be written, by cause: `disk_full`, `file_system`, `ring_full`, `writer_died`, `writer_failed`, `unfinished`. */
  readonly dropped: Readonly<Record<string, number>>;
}

/** How one thread's records get to the store: through the writer's thread, or directly where no worker may be started. */
export interface Delivery {
  readonly sink: RecordSink & { flush(): void };
  /** The stream's directory, once it is open. */
  readonly directory: string | undefined;
  /** What keeps records from being written, if anything does: a sentence. */
  readonly trouble: string | undefined;
  /** Resolves when everything handed over so far is on the disk and signed, or can't be. */
  flush(): Promise<void>;
  /** Blocks this thread until everything is on the disk and signed, and the stream is released; false when it gave up. */
  closeSync(): boolean;
  report(): FlushReport;
}

/** Where a delivery leads. */
export interface Destination {
  readonly logsDirectory: string;
  readonly keysDirectory: string;
  readonly service: string;
  readonly version: string;
}

/** How long the end of a program may be held up for its last records. */
export const CLOSE_PATIENCE_MS = 10_000;
