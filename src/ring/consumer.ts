import { countRecords } from "./events-frame.ts";
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

/** Takes one frame. The bytes are only valid during the call. When it throws, the frame stays in the ring. */
export type FrameHandler = (kind: FrameKind, payload: Buffer<SharedArrayBuffer>) => void;

/** The reading end of a ring, in the writer's thread. */
export class RingConsumer {
  readonly #header: Int32Array<SharedArrayBuffer>;
  readonly #words: Uint32Array<SharedArrayBuffer>;
  readonly #data: Buffer<SharedArrayBuffer>;
  readonly #capacity: number;

  constructor(ring: RingMemory) {
    this.#header = new Int32Array(ring.buffer, 0, HEADER_BYTES / 4);
    this.#words = new Uint32Array(ring.buffer, HEADER_BYTES);
    this.#data = Buffer.from(ring.buffer, HEADER_BYTES);
    this.#capacity = ring.buffer.byteLength - HEADER_BYTES;
  }

  /** Says that somebody reads this ring from now on; false when somebody has said so before. */
  adopt(): boolean {
    return Atomics.compareExchange(this.#header, ADOPTED, 0, 1) === 0;
  }

  get isEmpty(): boolean {
    return Atomics.load(this.#header, HEAD) === Atomics.load(this.#header, TAIL);
  }

  /** True when the producer has ended and everything it wrote was taken. */
  get isFinished(): boolean {
    return Atomics.load(this.#header, CLOSED) === 1 && this.isEmpty;
  }

  /** Where the next frame is; during a handler's call, the frame that it is given. */
  get position(): number {
    return Atomics.load(this.#header, TAIL);
  }

  /** How full the ring is, from 0 to 1. */
  get fill(): number {
    return ((Atomics.load(this.#header, HEAD) - Atomics.load(this.#header, TAIL)) >>> 0) / this.#capacity;
  }

  /** Takes and resets the producer's count of lost records. */
  takeLost(): number {
    return Atomics.exchange(this.#header, LOST, 0);
  }

  /** Hands every frame that is there now to the handler; returns how many. */
  drain(handler: FrameHandler): number {
    return this.#read(handler, (tail) => {
      Atomics.store(this.#header, TAIL, tail);
      Atomics.notify(this.#header, TAIL);
    });
  }

  /** How many log records and call events are there now. Takes nothing. */
  countRecords(): number {
    let records = 0;
    this.#read(
      (kind, payload) => {
        records += countRecords(kind, payload);
      },
      () => undefined,
    );
    return records;
  }

  #read(handler: FrameHandler, taken: (tail: number) => void): number {
    const head = Atomics.load(this.#header, HEAD);
    let tail = Atomics.load(this.#header, TAIL);
    let frames = 0;
    while (tail !== head) {
      const offset = (tail >>> 0) % this.#capacity;
      const length = this.#words[offset >>> 2] as number;
      const kind = this.#words[(offset >>> 2) + 1] as FrameKind;
      const start = offset + FRAME_HEADER_BYTES;
      if (kind !== FRAME.SKIP) handler(kind, this.#data.subarray(start, start + length));
      tail = (tail + frameBytes(length)) | 0;
      taken(tail);
      frames += 1;
    }
    return frames;
  }
}
