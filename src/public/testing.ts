/** `sealtrace/testing`: for the tests of programs that log and trace. */
export { memoryRecorder, type MemoryRecorder, type RecordedCall } from "../testing/index.ts";
