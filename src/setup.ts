/** Composition root of the program's thread: config -> delivery to the store -> loggers, tracer, the life of the process. */
import { basename, dirname } from "node:path";
import { isMainThread, threadId, workerData } from "node:worker_threads";
import {
  configurationDirectory,
  loadConfiguration,
  readEnvironment,
  sourceFilter,
  type Configuration,
  type ConfigurationFlags,
} from "./config/index.ts";
import type { Delivery, FlushReport } from "./delivery.ts";
import { startDirectWriter } from "./direct-writer.ts";
import {
  captureConsole,
  captureProcess,
  captureViolations,
  createLogger,
  LogTarget,
  writeStandardError,
  type Logger,
} from "./log-utils/index.ts";
import { createCensor } from "./redaction/index.ts";
import { SealtraceError, spanPrefix, type Censor } from "./record/index.ts";
import type { Source } from "./ring/index.ts";
import { keepKeyApart } from "./store/index.ts";
import { connectTracing, startTracing, type TracingHandle } from "./tracing/index.ts";
import { joinWriterThread, startWriterThread } from "./writer-thread.ts";
import { VERSION } from "./version.ts";

export interface SetupOptions {
  /** Where the search for `tracing.json` begins; default: the working directory. */
  readonly directory?: string;
  /** `service.name` of the records; default: the name of the main script, or of its directory. */
  readonly service?: string;
  /** Values that override `tracing.json` and the environment, by their key (`"logging.level": "DEBUG"`). */
  readonly configuration?: ConfigurationFlags;
}

/** What `sealtrace run` and `sealtrace/register` ask for beyond {@link SetupOptions}. */
export interface RecordingOptions extends SetupOptions {
  /** Trace every module that is loaded from now on, not only what `traceFunction` wraps. */
  readonly traceModules?: boolean;
  readonly captureConsole?: boolean;
  readonly onSignal?: (signal: NodeJS.Signals, handledByProgram: boolean) => void;
  /** Told when the program gets or loses its first or last own listener for a signal. */
  readonly onSignalListener?: (signal: NodeJS.Signals, handles: boolean) => void;
  /** Told when everything is on the disk. */
  readonly onEnd?: (recorder: Recorder, report: FlushReport) => void;
}

/** This process's recording. */
export interface Recorder extends AsyncDisposable {
  /** The directory of the stream that is written; undefined until it is open, and when everything is switched off. */
  readonly directory: string | undefined;
  /** A logger; its name becomes `log.logger`. */
  logger(name: string): Logger;
  /** Brings everything recorded so far to the disk, signed. Never rejects: what was lost is in the report. */
  flush(): Promise<FlushReport>;
  /** Flushes, ends the recording and releases the stream. Records written afterwards are not kept. */
  close(): Promise<FlushReport>;
}

/** Every logger of this thread writes here; the first record that is written starts the recording. */
const target = new LogTarget(() => {
  startRecording();
});
let recording: ThreadRecording | undefined;

/** A logger of this thread. Works without any set-up: the first record loads the nearest `tracing.json`, or defaults. */
export function getLogger(name: string): Logger {
  return createLogger(target, name);
}

/**
 * Starts the recording of this process with options of your own, and waits until its stream is open. Throws a SealtraceError when the
 * configuration is wrong, the logs can't be written, or a recording with other options runs already.
 */
export async function setup(options?: SetupOptions): Promise<Recorder> {
  if (recording !== undefined && options !== undefined) {
    throw new SealtraceError(
      "SEALTRACE_USAGE",
      "setup() was called with options while a recording runs: call it once, before the first log record or traced call.",
    );
  }
  const started = startRecording(options);
  await started.flush();
  const { trouble } = started;
  if (trouble !== undefined) throw new SealtraceError("SEALTRACE_WRITER_FAILED", trouble);
  return started;
}

/** Starts the recording of this thread if it does not run yet. Throws a SealtraceError for a wrong configuration. */
export function startRecording(options: RecordingOptions = {}): ThreadRecording {
  recording ??= new ThreadRecording(options);
  return recording;
}

class ThreadRecording implements Recorder {
  readonly configuration: Configuration;
  readonly #delivery: Delivery | undefined;
  readonly #tracing: TracingHandle | undefined;
  readonly #stop: (() => void)[] = [];
  #closed = false;

  constructor(options: RecordingOptions) {
    const environment = readEnvironment();
    const from = options.directory ?? process.cwd();
    const flags = options.configuration;
    const program = options.traceModules === true ? process.argv[1] : undefined;
    this.configuration = loadConfiguration({
      from,
      environment,
      ...(flags === undefined ? {} : { flags }),
      ...(program === undefined ? {} : { program }),
    });
    const { logging, tracing } = this.configuration;
    const service = options.service ?? serviceName();
    const source = { thread: threadId, pid: process.pid, prefix: spanPrefix, epochOffset: epochOffset() };
    const censor = createCensor();
    if (logging.enable || tracing.enable) {
      const { logsDirectory } = logging;
      const keysDirectory = configurationDirectory(environment);
      keepKeyApart(logsDirectory, keysDirectory);
      this.#delivery = deliver({ logsDirectory, keysDirectory, service, version: VERSION }, source);
    }
    const sink = this.#delivery?.sink ?? NOWHERE;
    const level = logging.enable && this.#delivery !== undefined ? logging.level : undefined;
    target.connected({ sink, censor, level, service, pid: process.pid, thread: threadId });
    if (this.#delivery === undefined) return;
    this.#captureProcess(options, censor);
    if (logging.enable) this.#stop.push(captureViolations(getLogger("security")));
    if (options.captureConsole === true && logging.enable) {
      this.#stop.push(captureConsole(getLogger("console"), () => censor));
    }
    if (!tracing.enable) return;
    const { events } = tracing;
    const { root } = this.configuration;
    if (options.traceModules === true) {
      const include = sourceFilter(this.configuration);
      this.#tracing = startTracing({ sink, censor, events, root, include, writeStderr: writeStandardError });
    } else {
      this.#tracing = connectTracing({ sink, censor, events, root });
    }
  }

  get directory(): string | undefined {
    return this.#delivery?.directory;
  }

  get trouble(): string | undefined {
    return this.#delivery?.trouble;
  }

  logger(name: string): Logger {
    return getLogger(name);
  }

  async flush(): Promise<FlushReport> {
    this.#tracing?.flush();
    await this.#delivery?.flush();
    return this.#report();
  }

  async close(): Promise<FlushReport> {
    await this.flush();
    this.end();
    return this.#report();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** The blocking end, for when the event loop turns no more. */
  end(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const stop of this.#stop) stop();
    this.#tracing?.flush();
    this.#tracing?.stop();
    if (this.#delivery === undefined) return;
    const complete = this.#delivery.closeSync();
    target.threshold = Infinity;
    const { dropped } = this.#report();
    const lost = Object.entries(dropped).map(([cause, count]) => `${count} ${cause}`);
    const { trouble } = this.#delivery;
    if (complete && lost.length === 0 && trouble === undefined) return;
    const reason = trouble ?? (complete ? "" : "The writer did not finish in time.");
    const count = lost.length === 0 ? "" : ` Not recorded: ${lost.join(", ")}.`;
    writeStandardError(`sealtrace: the record of this program is not complete. ${reason}${count}\n`);
  }

  #report(): FlushReport {
    return this.#delivery?.report() ?? { written: 0, sealed: 0, dropped: {} };
  }

  #captureProcess(options: RecordingOptions, censor: Censor): void {
    const capture = captureProcess({
      logger: getLogger("process"),
      censor,
      startFields: { "sealtrace.root": this.configuration.root },
      endFields: () => this.#endFields(),
      drain: () => {
        this.end();
        options.onEnd?.(this, this.#report());
      },
      onSignal: options.onSignal,
      onSignalListener: options.onSignalListener,
    });
    this.#stop.push(() => {
      capture.stop();
    });
  }

  #endFields(): Record<string, unknown> {
    if (this.#tracing === undefined) return {};
    const { files, functions, skippedFiles, skippedFunctions, calls } = this.#tracing.stats();
    return {
      "sealtrace.instrumented.files": files,
      "sealtrace.instrumented.functions": functions,
      "sealtrace.instrumented.skipped_files": skippedFiles,
      "sealtrace.instrumented.skipped_functions": skippedFunctions,
      "sealtrace.instrumented.calls": calls,
    };
  }
}

const NOWHERE = {
  writeLine: () => undefined,
  writeFunctions: () => undefined,
  writeEvents: () => undefined,
};

/** True in the writer's own thread, which must not record itself. */
export function isWriterThread(): boolean {
  return !isMainThread && (workerData as { sealtraceWriter?: unknown } | null)?.sealtraceWriter === true;
}

function deliver(destination: Parameters<typeof startWriterThread>[0], source: Source): Delivery {
  if (!isMainThread) {
    const joined = joinWriterThread(source);
    if (joined !== undefined) return joined;
  }
  const { permission } = process as { permission?: { has(scope: string): boolean } };
  if (permission?.has("worker") === false) return startDirectWriter(destination, source);
  return startWriterThread(destination, source);
}

function epochOffset(): bigint {
  return BigInt(Date.now()) * 1_000_000n - process.hrtime.bigint();
}

/** Scripts that are called so say nothing about what they are: their directory does. */
const GENERIC = new Set(["main", "index", "server", "app", "start", "cli", "run"]);

function serviceName(): string {
  const script = process.argv[1];
  if (script === undefined) return "node";
  const name = basename(script).replace(/\.[^.]*$/, "");
  return GENERIC.has(name) ? basename(dirname(script)) || name : name;
}
