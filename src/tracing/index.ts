/** Capture of calls: by wrapping a function, or by instrumenting every module that is loaded. */
export {
  connectTracing,
  pauseTracing,
  resumeTracing,
  startTracing,
  tracesModules,
  type ConnectTracingOptions,
  type StartTracingOptions,
  type TracingHandle,
  type TracingStats,
} from "./start.ts";
export {
  connectOnFirstCall,
  currentCall,
  traceFunction,
  withSpan,
  type AnyFunction,
  type CurrentCall,
  type TraceFunctionOptions,
} from "./trace-function.ts";
