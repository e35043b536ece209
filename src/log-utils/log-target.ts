import type { Censor, Level, RecordSink } from "../record/index.ts";
import { LEVELS } from "../record/index.ts";

export interface LogTargetOptions {
  readonly sink: RecordSink;
  readonly censor: Censor;
  /** The least severe level that is recorded; undefined records nothing. */
  readonly level: Level | undefined;
  /** `service.name` of the records. */
  readonly service: string;
  readonly pid: number;
  /** `process.thread.id`; 0, the main thread, is not written. */
  readonly thread: number;
}

/**
 * What loggers write to. A target may exist before it is connected: then the first record that is written connects it. That is
 * how `getLogger` works without any set-up code, and why importing sealtrace does nothing.
 */
export class LogTarget {
  /** Records below this number are not written. */
  threshold = 0;
  sink: RecordSink | undefined;
  censor!: Censor;
  /** What every record of this target carries after its logger's name: JSON members with leading commas. */
  origin = "";
  readonly #connect: (() => void) | undefined;

  /** `connect` is called before the first record is written to an unconnected target, and must call {@link connected}. */
  constructor(connect?: () => void) {
    this.#connect = connect;
  }

  /** Makes the target ready. */
  connected(options: LogTargetOptions): this {
    this.sink = options.sink;
    this.censor = options.censor;
    this.threshold = options.level === undefined ? Infinity : LEVELS[options.level];
    const thread = options.thread === 0 ? "" : `,"process.thread.id":${options.thread}`;
    this.origin = `,"service.name":${JSON.stringify(options.service)},"process.pid":${options.pid}${thread}`;
    return this;
  }

  /** Connects the target if it is not; false when it leads nowhere. */
  ensureConnected(): boolean {
    if (this.sink === undefined) this.#connect?.();
    return this.sink !== undefined;
  }
}
