/**
 * A ring is a SharedArrayBuffer: a header of HEADER_BYTES, then a power of two of data bytes.
 *
 *     Int32 HEAD    bytes ever written, modulo 2^32, moved by the producer alone
 *     Int32 TAIL    bytes ever consumed, modulo 2^32, moved by the consumer alone
 *     Int32 CLOSED  1 when the producer will write no more
 *     Int32 LOST    log records that the producer could not write (the ring stayed full)
 *     Int32 ADOPTED 1 when the writer knows the ring
 *
 * The two positions lie in cache lines of their own. A frame is a u32 payload length, a u32 kind, the payload, and padding
 * to 8 bytes. Frames never wrap: what is left at the end of the data is skipped by a frame of kind SKIP.
 */
export interface RingMemory {
  readonly buffer: SharedArrayBuffer;
}

export const HEADER_BYTES = 256;
export const HEAD = 0;
export const TAIL = 16;
export const CLOSED = 32;
export const LOST = 33;
export const ADOPTED = 34;
export const FRAME_HEADER_BYTES = 8;

export const FRAME = {
  SKIP: 0,
  /** Log records: lines of JSON, each ending in a newline. */
  LINES: 1,
  /** Functions of the thread's function table: JSON. */
  FUNCTIONS: 2,
  /** Call events, see `events-frame.ts`. */
  EVENTS: 3,
  /** Who the producer is: JSON `{thread, pid, prefix, epochOffset}`. The first frame of a ring. */
  SOURCE: 4,
} as const;

export type FrameKind = (typeof FRAME)[keyof typeof FRAME];

/** A new ring. `bytes` is the size of its data, a power of two; the memory is only taken when it is first written. */
export function createRing(bytes: number): RingMemory {
  return { buffer: new SharedArrayBuffer(HEADER_BYTES + bytes) };
}

/** A payload's length rounded up so that the next frame is aligned, with the frame's header. */
export function frameBytes(payload: number): number {
  return FRAME_HEADER_BYTES + ((payload + 7) & ~7);
}
