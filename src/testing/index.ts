/** What tests of programs that log and trace need: a recorder in memory. */
export { memoryRecorder, type MemoryRecorder, type RecordedCall } from "./memory-recorder.ts";
