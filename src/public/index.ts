/** `sealtrace`: the everyday names. */
export { getLogger, setup, type Recorder, type SetupOptions } from "../setup.ts";
export type { FlushReport } from "../delivery.ts";
export type { Fields, Logger } from "../log-utils/index.ts";
export { SealtraceError, type Level, type SealtraceErrorCode } from "../record/index.ts";
export { traceFunction } from "./tracing.ts";
