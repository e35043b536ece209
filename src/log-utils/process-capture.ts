import { types } from "node:util";
import { isMainThread } from "node:worker_threads";
import { hearSignals, isEndingSignal, isUnseen, REDACTED, unseen, type Censor } from "../record/index.ts";
import type { Logger } from "./logger.ts";

export interface ProcessCaptureOptions {
  readonly logger: Logger;
  readonly censor: Censor;
  /** Fields of the record of the process's start. */
  readonly startFields?: Readonly<Record<string, unknown>>;
  /** Fields of the record of the process's end. */
  readonly endFields: () => Readonly<Record<string, unknown>>;
  /** Brings everything captured to the disk; blocks until it is there. */
  readonly drain: () => void;
  /** Told of every signal, before the program is. */
  readonly onSignal?: ((signal: NodeJS.Signals, handledByProgram: boolean) => void) | undefined;
  /** Told when the program begins or ceases to handle a signal itself. */
  readonly onSignalListener?: ((signal: NodeJS.Signals, handles: boolean) => void) | undefined;
}

export interface ProcessCapture {
  stop(): void;
}

/**
 * Makes records of the life of this thread's process (start, end, signals, uncaught exceptions, unhandled rejections, warnings) and
 * drains before it ends. Everything is observed without being seen: no listener appears in `process.listeners()`, so that code which
 * counts listeners to decide whether to end the process still decides as before.
 */
export function captureProcess(options: ProcessCaptureOptions): ProcessCapture {
  const { logger, censor } = options;
  logger.info("process started", {
    "event.action": "process-start",
    "process.args": shownArguments(process.argv, censor),
    "process.version": process.version,
    ...options.startFields,
  });
  let ended = false;
  const end = (): void => {
    if (ended) return;
    ended = true;
    const code = process.exitCode ?? 0;
    logger.info("process ended", { "event.action": "process-end", "process.exit_code": code, ...options.endFields() });
    options.drain();
  };
  const stopSignals = isMainThread ? captureSignals(options) : () => undefined;
  const stopEvents = observeEvents(logger, end);
  return {
    stop() {
      stopSignals();
      stopEvents();
    },
  };
}

/** `--password hunter2` is two arguments; `--password=hunter2` is one, in which the censor finds the secret itself. */
function shownArguments(args: readonly string[], censor: Censor): string[] {
  return args.map((argument, i) => {
    const option = /^--?([\w-]+)$/.exec(args[i - 1] ?? "")?.[1];
    return option !== undefined && censor.isSecretKey(option) && !argument.startsWith("-") ? REDACTED : argument;
  });
}

/** Sees the events of `process` as they are emitted, by standing in front of `process.emit` and `process.reallyExit`. */
function observeEvents(logger: Logger, end: () => void): () => void {
  // Both are looked up anew by Node each time, for programs have always replaced them.
  const owner = process as unknown as Record<"emit" | "reallyExit", (...values: unknown[]) => unknown>;
  const { emit, reallyExit } = owner;
  const observedEmit = function (this: unknown, ...values: unknown[]): unknown {
    const [event, first, second] = values;
    if (event === "uncaughtExceptionMonitor") {
      // Afterwards, for a record reads the stack, and whether somebody did is what others go by.
      const heard = Reflect.apply(emit, this, values);
      recordUncaught(logger, first, second);
      return heard;
    }
    if (event === "unhandledRejection") recordRejection(logger, first);
    else if (event === "warning") recordWarning(logger, first);
    if (event !== "exit") return Reflect.apply(emit, this, values);
    try {
      return Reflect.apply(emit, this, values);
    } finally {
      // After the program's own listeners, for they may have something to say.
      end();
    }
  };
  const observedExit = function (this: unknown, ...values: unknown[]): unknown {
    end();
    return Reflect.apply(reallyExit, this, values);
  };
  owner.emit = observedEmit;
  owner.reallyExit = observedExit;
  return () => {
    if (owner.emit === observedEmit) owner.emit = emit;
    if (owner.reallyExit === observedExit) owner.reallyExit = reallyExit;
  };
}

function recordUncaught(logger: Logger, error: unknown, origin: unknown): void {
  const rejection = origin === "unhandledRejection";
  const handled = process.listenerCount("uncaughtException") > 0;
  logger[handled ? "error" : "critical"](rejection ? "unhandled rejection" : "uncaught exception", {
    "event.action": rejection ? "unhandled-rejection" : "uncaught-exception",
    ...thrown(error),
  });
}

/** Without a listener, Node goes on to an uncaught exception or to a warning, and that is recorded then. */
function recordRejection(logger: Logger, reason: unknown): void {
  if (process.listenerCount("unhandledRejection") === 0) return;
  logger.error("unhandled rejection", { "event.action": "unhandled-rejection", ...thrown(reason) });
}

function recordWarning(logger: Logger, warning: unknown): void {
  logger.warning(types.isNativeError(warning) ? warning.message : String(warning), {
    "event.action": "warning",
    ...thrown(warning),
  });
}

function thrown(value: unknown): Record<string, unknown> {
  return types.isNativeError(value) ? { error: value } : { "error.value": value };
}

/**
 * On a signal that the program does not handle: drain, step aside, and send the signal again, so that the program dies of it as it
 * would have. A loop that never turns never gets here; `sealtrace run` sees to that from outside.
 */
function captureSignals({ logger, drain, onSignal, onSignalListener }: ProcessCaptureOptions): () => void {
  const stop = hearSignals((signal, handledByProgram) => {
    logger.warning(`received ${signal}`, { "event.action": "signal", "process.signal": signal });
    onSignal?.(signal, handledByProgram);
    if (handledByProgram) return;
    drain();
    stop();
    process.kill(process.pid, signal);
  });
  if (onSignalListener === undefined) return stop;
  const added = unseen((event: unknown, listener: unknown): void => {
    if (isEndingSignal(event) && !isUnseen(listener)) onSignalListener(event, true);
  });
  const removed = unseen((event: unknown): void => {
    if (isEndingSignal(event)) onSignalListener(event, process.listenerCount(event) > 0);
  });
  process.on("newListener", added).on("removeListener", removed);
  return () => {
    process.removeListener("newListener", added).removeListener("removeListener", removed);
    stop();
  };
}
