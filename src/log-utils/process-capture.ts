import { types } from "node:util";
import { isMainThread } from "node:worker_threads";
import type { Logger } from "./logger.ts";

/** Signals whose default action ends a program, and which it may have wanted to end by. */
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

export interface ProcessCaptureOptions {
  readonly logger: Logger;
  /** Fields of the record of the process's end. */
  readonly endFields: () => Readonly<Record<string, unknown>>;
  /** Brings everything captured to the disk; blocks until it is there. */
  readonly drain: () => void;
  /** Told of every signal, before the program is. */
  readonly onSignal?: ((signal: NodeJS.Signals, handledByProgram: boolean) => void) | undefined;
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
  const { logger } = options;
  logger.info("process started", {
    "event.action": "process-start",
    "process.args": process.argv,
    "process.version": process.version,
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

/** Sees the events of `process` as they are emitted, by standing in front of `process.emit` and `process.reallyExit`. */
function observeEvents(logger: Logger, end: () => void): () => void {
  // Both are looked up anew by Node each time, for programs have always replaced them.
  const owner = process as unknown as Record<"emit" | "reallyExit", (...values: unknown[]) => unknown>;
  const { emit, reallyExit } = owner;
  const observedEmit = function (this: unknown, ...values: unknown[]): unknown {
    const [event, first, second] = values;
    if (event === "uncaughtExceptionMonitor") recordUncaught(logger, first, second);
    else if (event === "unhandledRejection") recordRejection(logger, first);
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
function captureSignals({ logger, drain, onSignal }: ProcessCaptureOptions): () => void {
  const listener = (signal: NodeJS.Signals): void => {
    const handledByProgram = process.listenerCount(signal) > 0;
    logger.warning(`received ${signal}`, { "event.action": "signal", "process.signal": signal });
    onSignal?.(signal, handledByProgram);
    if (handledByProgram) return;
    drain();
    process.removeListener(signal, listener);
    process.kill(process.pid, signal);
  };
  for (const signal of SIGNALS) process.prependListener(signal, listener);
  const show = hideListener(listener);
  return () => {
    show();
    for (const signal of SIGNALS) process.removeListener(signal, listener);
  };
}

/** Keeps one listener out of what `process` tells about its listeners. */
function hideListener(hidden: unknown): () => void {
  const owner = process as unknown as Record<string, (...values: unknown[]) => unknown>;
  const others = (listeners: unknown): unknown[] => (listeners as unknown[]).filter((listener) => listener !== hidden);
  const originals = { listeners: owner.listeners, rawListeners: owner.rawListeners };
  const { listeners, rawListeners, listenerCount, eventNames } = owner as Record<string, (...values: unknown[]) => unknown>;
  const replace = (name: string, replacement: (...values: unknown[]) => unknown): void => {
    Object.defineProperty(process, name, { value: replacement, configurable: true, writable: true, enumerable: false });
  };
  replace("listeners", (event) => others(Reflect.apply(listeners as () => unknown, process, [event])));
  replace("rawListeners", (event) => others(Reflect.apply(rawListeners as () => unknown, process, [event])));
  replace("listenerCount", (event, ...rest) => {
    const count = Reflect.apply(listenerCount as () => unknown, process, [event, ...rest]) as number;
    if (!SIGNALS.includes(event as (typeof SIGNALS)[number]) || (rest[0] !== undefined && rest[0] !== hidden)) return count;
    const all = Reflect.apply(originals.rawListeners as () => unknown, process, [event]) as unknown[];
    return all.includes(hidden) ? count - 1 : count;
  });
  replace("eventNames", () => {
    const names = Reflect.apply(eventNames as () => unknown, process, []) as (string | symbol)[];
    return names.filter((name) => others(Reflect.apply(originals.rawListeners as () => unknown, process, [name])).length > 0);
  });
  return () => {
    for (const name of ["listeners", "rawListeners", "listenerCount", "eventNames"]) Reflect.deleteProperty(process, name);
  };
}
