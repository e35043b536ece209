/** A stream on disk: its layout, keys, writer, recovery, and readers that trust nothing. The format is in `docs/format.md`. */
export { keepKeyApart, loadInstallation, readInstallation, prepareLogs, type Installation } from "./keys.ts";
export type { ControlFields } from "./control-record.ts";
export { openStream, type OpenStreamOptions } from "./open-stream.ts";
export type { StreamWriter } from "./stream-writer.ts";
export { listStreams, type StreamInfo } from "./list-streams.ts";
export { readRecords, type StoredRecord } from "./read-records.ts";
export { readTraceChunks, type TraceChunkError } from "./read-trace.ts";
export type { TraceChunk, TraceSource } from "./trace-chunk.ts";
export { verifyStream, type StreamVerification, type VerifyOptions } from "./verify-stream.ts";
export type { Problem, ProblemCode } from "./problems.ts";
