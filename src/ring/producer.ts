import type { Control } from "./control.ts";
import { WRITER_STATE } from "./control.ts";
import {
  ADOPTED,
  CLOSED,
  FRAME,
  FRAME_HEADER_BYTES,
  frameBytes,
  HEAD,
  HEADER_BYTES,
  LOST,
  TAIL,
  type FrameKind,
  type RingMemory,
} from "./layout.ts";

/** A full ring whose writer makes no progress for this long means that the writer is gone: records are dropped and counted. */
const PATIENCE_MS = 5_000;

/** The writing end of a ring. All of it happens on the producer's thread, without locks. */
export class RingProducer {
  readonly #control: Control;
  readonly #header: Int32Array<SharedArrayBuffer>;
  readonly #words: Uint32Array<SharedArrayBuffer>;
  readonly #data: Buffer<SharedArrayBuffer>;
  readonly #capacity: number;
  #stalled = false;

  constructor(ring: RingMemory, control: Control) {
    this.#control = control;
    this.#header = new Int32Array(ring.buffer, 0, HEADER_BYTES / 4);
    this.#words = new Uint32Array(ring.buffer, HEADER_BYTES);
    this.#data = Buffer.from(ring.buffer, HEADER_BYTES);
    this.#capacity = ring.buffer.byteLength - HEADER_BYTES;
  }

  /** The longest payload in bytes that is sure to fit once the consumer has caught up. */
  get maxPayload(): number {
    return this.#capacity / 2 - FRAME_HEADER_BYTES;
  }

  /**
   * Writes a text as one frame. Waits while the ring is full. False when it could not be written: the writer is gone, or the text
   * is longer than `maxPayload`.
   */
  writeText(kind: FrameKind, text: string): boolean {
    // Three bytes per UTF-16 unit at most (RFC 3629); asked exactly only when that would not fit at once.
    let most = text.length * 3;
    let offset = this.#place(most);
    if (offset < 0) {
      most = Buffer.byteLength(text);
      offset = this.#reserve(most);
      if (offset < 0) return false;
    }
    this.#commit(kind, offset, this.#data.write(text, offset + FRAME_HEADER_BYTES, most, "utf8"));
    return true;
  }

  /** Writes one frame of at most `bytes` bytes through `fill`, which returns how many it used. */
  writeBytes(kind: FrameKind, bytes: number, fill: (target: Buffer<SharedArrayBuffer>) => number): boolean {
    const offset = this.#reserve(bytes);
    if (offset < 0) return false;
    const start = offset + FRAME_HEADER_BYTES;
    this.#commit(kind, offset, fill(this.#data.subarray(start, start + bytes)));
    return true;
  }

  /** Counts records that the caller could not hand over. */
  countLost(records: number): void {
    Atomics.add(this.#header, LOST, records);
  }

  /** Records counted as lost and not yet taken notice of by the consumer. */
  get lost(): number {
    return Atomics.load(this.#header, LOST);
  }

  /** True once the writer knows of this ring. */
  get isAdopted(): boolean {
    return Atomics.load(this.#header, ADOPTED) === 1;
  }

  /** True when the consumer has taken everything. */
  get isDrained(): boolean {
    return Atomics.load(this.#header, HEAD) === Atomics.load(this.#header, TAIL);
  }

  /** Blocks until the consumer has taken everything, or the time is over. */
  waitUntilDrained(milliseconds: number): boolean {
    const deadline = Date.now() + milliseconds;
    this.#control.wake();
    while (!this.isDrained) {
      if (Date.now() >= deadline || this.#writerIsGone()) return false;
      Atomics.wait(this.#header, TAIL, Atomics.load(this.#header, TAIL), 5);
    }
    return true;
  }

  close(): void {
    Atomics.store(this.#header, CLOSED, 1);
    this.#control.wake();
  }

  #commit(kind: FrameKind, offset: number, payload: number): void {
    this.#words[offset >>> 2] = payload;
    this.#words[(offset >>> 2) + 1] = kind;
    Atomics.store(this.#header, HEAD, (Atomics.load(this.#header, HEAD) + frameBytes(payload)) | 0);
    this.#control.wakeIfSleeping();
  }

  /** The offset of a frame for a payload of at most `bytes`, waiting for room; -1 when there will be none. */
  #reserve(bytes: number): number {
    if (bytes > this.maxPayload) return -1;
    let offset = this.#place(bytes);
    if (offset >= 0) {
      this.#stalled = false;
      return offset;
    }
    // A writer that has stalled once does not get another long wait per record.
    let deadline = Date.now() + (this.#stalled ? 0 : PATIENCE_MS);
    for (;;) {
      if (this.#writerIsGone()) return -1;
      const tail = Atomics.load(this.#header, TAIL);
      offset = this.#place(bytes);
      if (offset >= 0) {
        this.#stalled = false;
        return offset;
      }
      this.#control.wake();
      if (Atomics.wait(this.#header, TAIL, tail, 10) === "not-equal" || Atomics.load(this.#header, TAIL) !== tail) {
        deadline = Date.now() + PATIENCE_MS;
      } else if (Date.now() >= deadline) {
        this.#stalled = true;
        return -1;
      }
    }
  }

  #writerIsGone(): boolean {
    const state = this.#control.state;
    return state === WRITER_STATE.FAILED || state === WRITER_STATE.CLOSED;
  }

  /** Finds room without waiting; skips the rest of the data when the frame would not fit before its end. */
  #place(bytes: number): number {
    const needed = frameBytes(bytes);
    const head = Atomics.load(this.#header, HEAD);
    const free = this.#capacity - ((head - Atomics.load(this.#header, TAIL)) >>> 0);
    const offset = (head >>> 0) % this.#capacity;
    const untilEnd = this.#capacity - offset;
    if (needed <= untilEnd) return needed <= free ? offset : -1;
    if (untilEnd + needed > free) return -1;
    this.#commit(FRAME.SKIP, offset, untilEnd - FRAME_HEADER_BYTES);
    return 0;
  }
}
