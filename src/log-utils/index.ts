/** Capture of log records: loggers, the console, and the life of the process. */
export { createLogger, type Fields, type Logger, type LogMethod } from "./logger.ts";
export { LogTarget, type LogTargetOptions } from "./log-target.ts";
export { captureConsole } from "./console-capture.ts";
export { captureProcess, type ProcessCapture, type ProcessCaptureOptions } from "./process-capture.ts";
export { writeStandardError } from "./standard-error.ts";
export { captureViolations } from "./violation-capture.ts";
