/** What a record is: levels, fields, the current call, limits, the sink that capture hands records to, and the error class. */
export { onAccessViolation, reportAccessViolation, type AccessViolation } from "./access-violation.ts";
export { LEVELS, LEVEL_NAMES, isLevel, type Level } from "./levels.ts";
export { ERROR_CODES, SealtraceError, type SealtraceErrorCode, type Stage } from "./errors.ts";
export { MAX_CAPTURED_BYTES, MAX_LINE_BYTES, SEAL_FIELD_BYTES } from "./limits.ts";
export { REDACTED, type Censor } from "./censor.ts";
export { current, parseSpanId, spanId, spanPrefix, type Call, type RootCall } from "./current-call.ts";
export { EVENT, type FunctionInfo, type TraceEvents } from "./trace-events.ts";
export type { RecordSink } from "./sink.ts";
export {
  comparePortablePaths,
  fromPortablePath,
  isPortablePath,
  parsePortablePath,
  toPortablePath,
  type PortablePath,
} from "./portable-path.ts";
export { isReservedOnWindows } from "./windows-names.ts";
export { hearSignals, isEndingSignal, isUnseen, unseen, type EndingSignal } from "./unseen-signals.ts";
