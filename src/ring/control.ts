export const WRITER_STATE = {
  STARTING: 0,
  RUNNING: 1,
  /** The writer can't work (say, an unwritable directory) and does not try again. */
  FAILED: 2,
  /** Everything was written and signed, the stream is released. */
  CLOSED: 3,
} as const;

export type WriterState = (typeof WRITER_STATE)[keyof typeof WRITER_STATE];

const STATE = 0;
const SLEEPING = 1;
const WAKE = 2;
const FLUSH_ASKED = 3;
const FLUSH_DONE = 4;
const CLOSE_ASKED = 5;
const NEW_RINGS = 6;
const WAITING_EVENTS = 7;
/** Thread (plus one; 0 for none) and position of the frame that is being stored. */
const STORING_THREAD = 8;
const STORING_POSITION = 9;
const INTEGERS = 16;
const WRITTEN = 0;
const SEALED = 1;
const STORING_SIZE = 2;
const COUNTERS = 3;
const BYTES = INTEGERS * 4 + COUNTERS * 8;

export interface Storing {
  readonly thread: number;
  /** Of the frame, in its ring. */
  readonly position: number;
  /** Of the stream. */
  readonly size: number;
}

/** What the writer and all producers share: the writer's state, requests to it, and what it has achieved. */
export class Control {
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array<SharedArrayBuffer>;
  readonly #counters: BigInt64Array<SharedArrayBuffer>;

  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(BYTES)) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer, 0, INTEGERS);
    this.#counters = new BigInt64Array(buffer, INTEGERS * 4, COUNTERS);
  }

  get state(): WriterState {
    return Atomics.load(this.#words, STATE) as WriterState;
  }

  set state(state: WriterState) {
    Atomics.store(this.#words, STATE, state);
    Atomics.notify(this.#words, FLUSH_DONE);
  }

  /** Called by producers after every frame. Costs one load unless the writer has gone to sleep. */
  wakeIfSleeping(): void {
    if (Atomics.load(this.#words, SLEEPING) === 1) this.wake();
  }

  wake(): void {
    Atomics.add(this.#words, WAKE, 1);
    Atomics.notify(this.#words, WAKE);
  }

  /** Asks for everything written so far to be on the disk and signed; returns the number to wait for. */
  askFlush(): number {
    const ticket = Atomics.add(this.#words, FLUSH_ASKED, 1) + 1;
    this.wake();
    return ticket;
  }

  askClose(): number {
    Atomics.store(this.#words, CLOSE_ASKED, 1);
    return this.askFlush();
  }

  get closeAsked(): boolean {
    return Atomics.load(this.#words, CLOSE_ASKED) === 1;
  }

  get flushAsked(): number {
    return Atomics.load(this.#words, FLUSH_ASKED);
  }

  get flushDone(): number {
    return Atomics.load(this.#words, FLUSH_DONE);
  }

  /** Writer: everything that was written before flush request number `ticket` was seen is dealt with. */
  finishFlush(ticket: number): void {
    Atomics.store(this.#words, FLUSH_DONE, ticket);
    Atomics.notify(this.#words, FLUSH_DONE);
  }

  isFlushed(ticket: number): boolean {
    return this.flushDone >= ticket || this.state === WRITER_STATE.FAILED || this.state === WRITER_STATE.CLOSED;
  }

  /** Blocks this thread until the flush is done or the time is over. Returns whether it is done. */
  waitForFlush(ticket: number, milliseconds: number): boolean {
    const deadline = Date.now() + milliseconds;
    while (!this.isFlushed(ticket)) {
      const left = deadline - Date.now();
      if (left <= 0) return false;
      Atomics.wait(this.#words, FLUSH_DONE, this.flushDone, Math.min(left, 100));
    }
    return true;
  }

  announceRing(): void {
    Atomics.add(this.#words, NEW_RINGS, 1);
    this.wake();
  }

  /** How many rings were announced so far, the first one not counted. */
  get announcedRings(): number {
    return Atomics.load(this.#words, NEW_RINGS);
  }

  /** Writer: sleeps until woken or the time is over, unless `isIdle` is false once producers know of the sleep. */
  sleep(milliseconds: number, isIdle: () => boolean): void {
    const seen = Atomics.load(this.#words, WAKE);
    Atomics.store(this.#words, SLEEPING, 1);
    if (isIdle()) Atomics.wait(this.#words, WAKE, seen, milliseconds);
    Atomics.store(this.#words, SLEEPING, 0);
  }

  /** Writer: a short rest during which producers need not wake it. */
  nap(milliseconds: number): void {
    Atomics.wait(this.#words, WAKE, Atomics.load(this.#words, WAKE), milliseconds);
  }

  /** Call events that the writer has taken out of the rings and not stored yet: they are lost if it dies. */
  get waitingEvents(): number {
    return Atomics.load(this.#words, WAITING_EVENTS);
  }

  set waitingEvents(count: number) {
    Atomics.store(this.#words, WAITING_EVENTS, count);
  }

  /** Writer: which lines it begins to store, and how many records its stream has until then. Should it die, its successor can tell what is stored. */
  beginStoring({ thread, position, size }: Storing): void {
    Atomics.store(this.#words, STORING_THREAD, 0);
    Atomics.store(this.#counters, STORING_SIZE, BigInt(size));
    Atomics.store(this.#words, STORING_POSITION, position);
    Atomics.store(this.#words, STORING_THREAD, thread + 1);
  }

  /** Writer: the lines could not be stored; they are still in their ring. */
  cancelStoring(): void {
    Atomics.store(this.#words, STORING_THREAD, 0);
  }

  /** What the writer before was about to store, or has stored last. */
  get storing(): Storing | undefined {
    const thread = Atomics.load(this.#words, STORING_THREAD) - 1;
    if (thread < 0) return undefined;
    const position = Atomics.load(this.#words, STORING_POSITION);
    return { thread, position, size: Number(Atomics.load(this.#counters, STORING_SIZE)) };
  }

  /** Records that this process's writers have written and sealed, their own control records included. */
  setCounts(written: number, sealed: number): void {
    Atomics.store(this.#counters, WRITTEN, BigInt(written));
    Atomics.store(this.#counters, SEALED, BigInt(sealed));
  }

  get counts(): { readonly written: number; readonly sealed: number } {
    return {
      written: Number(Atomics.load(this.#counters, WRITTEN)),
      sealed: Number(Atomics.load(this.#counters, SEALED)),
    };
  }
}
