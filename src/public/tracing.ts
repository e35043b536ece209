/** `sealtrace/tracing`: calls. */
import { writeStandardError } from "../log-utils/index.ts";
import { SealtraceError } from "../record/index.ts";
import { startRecording, type SetupOptions } from "../setup.ts";
import { connectOnFirstCall, pauseTracing, resumeTracing, tracesModules } from "../tracing/index.ts";

export { currentCall, traceFunction, withSpan, type CurrentCall, type TraceFunctionOptions } from "../tracing/index.ts";
export type { SetupOptions } from "../setup.ts";

connectOnFirstCall(() => {
  try {
    startRecording();
  } catch (error) {
    // A traced function must work whatever is wrong with the recording.
    writeStandardError(
      `sealtrace: calls are not recorded. ${error instanceof Error ? error.message : String(error)}\n`,
    );
  }
});

/**
 * Traces every module that is loaded from now on (which ones, `tracing.include` and `tracing.exclude` say), or goes on
 * after {@link stopTracing}. What is imported statically is loaded before this can be called: use `import()` or
 * `require` for it, or `node --import sealtrace/register`. Throws SEALTRACE_USAGE when a recording runs already that
 * doesn't trace modules, and a SealtraceError for a wrong configuration.
 */
export function startTracing(options: SetupOptions = {}): void {
  const { configuration } = startRecording({ ...options, traceModules: true });
  resumeTracing();
  if (configuration.tracing.enable && !tracesModules()) {
    throw new SealtraceError(
      "SEALTRACE_USAGE",
      "startTracing() came after a recording without modules began: call it before the first log record or traced call.",
    );
  }
}

/** Stops the recording of calls until {@link startTracing} is called again. Log records are not affected. */
export function stopTracing(): void {
  pauseTracing();
}
