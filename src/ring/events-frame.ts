import type { TraceEvents } from "../record/index.ts";
import { FRAME, type FrameKind } from "./layout.ts";

/**
 * Call events in a frame: u32 count, u32 zero, then the columns calls, parents (f64), times (i64), functions (i32), kinds (u8), then the
 * texts joined by newlines (a text has none of its own).
 */
const BYTES_PER_EVENT = 8 + 8 + 8 + 4 + 1;

/** The most bytes that these events can take in a frame. */
export function encodedEventsBytes(events: TraceEvents): number {
  let units = events.count;
  for (let i = 0; i < events.count; i += 1) units += (events.texts[i] as string).length;
  return 8 + events.count * BYTES_PER_EVENT + units * 3;
}

/** Writes events to the start of `target`, which must be aligned to 8 bytes; returns the bytes used. */
export function encodeEvents(events: TraceEvents, target: Buffer<SharedArrayBuffer>): number {
  const { count } = events;
  const columns = columnsOf(target, count);
  columns.header[0] = count;
  columns.header[1] = 0;
  columns.calls.set(events.calls.subarray(0, count));
  columns.parents.set(events.parents.subarray(0, count));
  columns.times.set(events.times.subarray(0, count));
  columns.functions.set(events.functions.subarray(0, count));
  columns.kinds.set(events.kinds.subarray(0, count));
  const texts = events.texts.length === count ? events.texts : events.texts.slice(0, count);
  return columns.textStart + target.write(texts.join("\n"), columns.textStart, "utf8");
}

/** Events copied out of a frame. */
export function decodeEvents(payload: Buffer<SharedArrayBuffer>): TraceEvents {
  const count = payload.readUInt32LE(0);
  const columns = columnsOf(payload, count);
  return {
    count,
    kinds: columns.kinds.slice(),
    calls: columns.calls.slice(),
    parents: columns.parents.slice(),
    functions: columns.functions.slice(),
    times: columns.times.slice(),
    texts: payload.toString("utf8", columns.textStart).split("\n"),
  };
}

/** How many log records or call events a frame holds. */
export function countRecords(kind: FrameKind, payload: Buffer<SharedArrayBuffer>): number {
  if (kind === FRAME.EVENTS) return payload.readUInt32LE(0);
  if (kind !== FRAME.LINES) return 0;
  let lines = 0;
  for (let i = payload.indexOf(10); i >= 0; i = payload.indexOf(10, i + 1)) lines += 1;
  return lines;
}

interface Columns {
  readonly header: Uint32Array;
  readonly calls: Float64Array;
  readonly parents: Float64Array;
  readonly times: BigInt64Array;
  readonly functions: Int32Array;
  readonly kinds: Uint8Array;
  readonly textStart: number;
}

function columnsOf(frame: Buffer<SharedArrayBuffer>, count: number): Columns {
  const { buffer, byteOffset } = frame;
  return {
    header: new Uint32Array(buffer, byteOffset, 2),
    calls: new Float64Array(buffer, byteOffset + 8, count),
    parents: new Float64Array(buffer, byteOffset + 8 + count * 8, count),
    times: new BigInt64Array(buffer, byteOffset + 8 + count * 16, count),
    functions: new Int32Array(buffer, byteOffset + 8 + count * 24, count),
    kinds: new Uint8Array(buffer, byteOffset + 8 + count * 28, count),
    textStart: 8 + count * BYTES_PER_EVENT,
  };
}
