import type { Censor, RecordSink } from "../record/index.ts";
import {
  callCount,
  connectRecorder,
  disconnectRecorder,
  flushRecorder,
  pauseRecorder,
  type TracedEvents,
} from "./call-recorder.ts";
import { installCrashReport } from "./crash-report.ts";
import { publishHelpers, setGates } from "./helpers.ts";
import { installLoadHook, type LoadStats } from "./load-hook.ts";
import { installOriginalText } from "./original-text.ts";
import { installStackTraces } from "./stack-trace.ts";

export interface ConnectTracingOptions {
  readonly sink: RecordSink;
  readonly censor: Censor;
  /**
   * What is recorded of a call. Without `call` its arguments are left out (that it began is always recorded: its end
   * could not be understood alone); without `return` its end is.
   */
  readonly events: TracedEvents;
  /** The project's directory, absolute: the record has the files in it relative to that. Without, all are absolute. */
  readonly root?: string;
}

export interface StartTracingOptions extends ConnectTracingOptions {
  /** Says of a source file, by its absolute path, whether it is to be traced. */
  readonly include: (absolutePath: string) => boolean;
  /**
   * Writes to standard error what Node would have written about an uncaught exception if the program were not traced.
   */
  readonly writeStderr: (text: string) => void;
}

export interface TracingStats {
  /** Files that were instrumented. */
  readonly files: number;
  /** Functions in them. */
  readonly functions: number;
  /** Files that were wanted but left as they are: too long, or not to be parsed. */
  readonly skippedFiles: number;
  /** Functions in instrumented files that were left as they are, for instrumenting would change their meaning. */
  readonly skippedFunctions: number;
  /** Calls that were begun. */
  readonly calls: number;
}

export interface TracingHandle {
  /** Hands the events so far to the sink. */
  flush(): void;
  /** Ends the recording of calls for good. What was instrumented keeps working. */
  stop(): void;
  stats(): TracingStats;
}

/**
 * Connects {@link traceFunction} and {@link withSpan} of this thread to a sink. What was connected before is flushed
 * and left.
 */
export function connectTracing(options: ConnectTracingOptions): TracingHandle {
  return connect(options, { files: 0, functions: 0, skippedFiles: 0, skippedFunctions: 0 });
}

/**
 * As {@link connectTracing}, and instruments every module that this thread loads from now on and that `include` wants:
 * JavaScript and TypeScript, ES modules and CommonJS. Stack traces, `Function.prototype.toString` and what Node says
 * about an uncaught exception stay as without it.
 */
export function startTracing(options: StartTracingOptions): TracingHandle {
  const stats = { files: 0, functions: 0, skippedFiles: 0, skippedFunctions: 0 };
  const handle = connect(options, stats);
  publishHelpers();
  adaptNode(options.writeStderr);
  const uninstall = installLoadHook(options.include, stats);
  return {
    ...handle,
    stop() {
      uninstall();
      handle.stop();
    },
  };
}

function connect({ sink, censor, events, root }: ConnectTracingOptions, stats: LoadStats): TracingHandle {
  disconnectRecorder();
  connectRecorder(sink, censor, events, root);
  setGates(true);
  const callsBefore = callCount();
  let stopped = false;
  return {
    flush: () => {
      if (!stopped) flushRecorder();
    },
    stop() {
      if (stopped) return;
      stopped = true;
      setGates(false);
      disconnectRecorder();
    },
    stats: () => ({ ...stats, calls: callCount() - callsBefore }),
  };
}

/** Stops the recording of calls until {@link resumeTracing}. Instrumented functions then cost next to nothing. */
export function pauseTracing(): void {
  setGates(false);
  pauseRecorder(true);
}

/** Goes on after {@link pauseTracing}. */
export function resumeTracing(): void {
  pauseRecorder(false);
  setGates(true);
}

/** True when modules are instrumented, or were. */
export function tracesModules(): boolean {
  return adapted;
}

let adapted = false;

/** What was instrumented stays so until the process ends, and these with it. */
function adaptNode(writeStderr: (text: string) => void): void {
  if (adapted) return;
  adapted = true;
  installStackTraces();
  installOriginalText();
  installCrashReport(writeStderr);
}
