/** The road from a program's threads to the writer: one single-producer single-consumer ring per thread, in shared memory. */
export { Control, WRITER_STATE, type Storing, type WriterState } from "./control.ts";
export { EndOfTurn } from "./end-of-turn.ts";
export { createRing, FRAME, type FrameKind, type RingMemory } from "./layout.ts";
export { RingConsumer, type FrameHandler } from "./consumer.ts";
export { RingProducer } from "./producer.ts";
export { countRecords, decodeEvents, encodedEventsBytes, encodeEvents } from "./events-frame.ts";
export { parseFunctions, parseSource, RingSink, type Source } from "./ring-sink.ts";
