/** Composition root of the writer's thread: rings -> store. One loop, which rests while there is nothing to do. */
import { BroadcastChannel, receiveMessageOnPort, workerData, type MessagePort } from "node:worker_threads";
import { SealtraceError, type FunctionInfo } from "./record/index.ts";
import {
  Control,
  countRecords,
  decodeEvents,
  FRAME,
  parseFunctions,
  parseSource,
  RingConsumer,
  WRITER_STATE,
  type FrameKind,
  type Source,
  type Storing,
} from "./ring/index.ts";
import { loadInstallation, openStream, type StreamWriter } from "./store/index.ts";

/** What the program's thread tells the writer when it starts it. */
export interface WriterOrder {
  readonly sealtraceWriter: true;
  readonly control: SharedArrayBuffer;
  /** The rings known so far; the first is that of the thread that starts the writer. */
  readonly rings: readonly KnownRing[];
  /** How many rings there have been, the first one not counted. */
  readonly announcedRings: number;
  /** Where the writer before began, if there was one and it died: the name of its stream and how many records that had. */
  readonly begun: { readonly name: string; readonly size: number } | undefined;
  /** What writers before have lost and not sealed, by cause. */
  readonly dropped: Readonly<Record<string, number>>;
  /** Name of the BroadcastChannel on which other threads announce their rings. */
  readonly channel: string;
  readonly port: MessagePort;
  readonly logsDirectory: string;
  readonly keysDirectory: string;
  readonly service: string;
  readonly version: string;
}

/** How a thread that joins tells of its ring, on the channel. */
export interface RingAnnouncement {
  readonly thread: number;
  readonly buffer: SharedArrayBuffer;
}

export interface KnownRing extends RingAnnouncement {
  /** What a writer before has learned from it and this one must know, too. */
  readonly learned: readonly Learned[];
}

/** A frame that is not stored but remembered. */
export interface Learned {
  readonly kind: FrameKind;
  readonly text: string;
}

/** What the writer tells the program's thread. */
export type WriterNews =
  | { readonly type: "opened"; readonly directory: string; readonly name: string; readonly size: number }
  | { readonly type: "trouble"; readonly code: string; readonly message: string }
  | { readonly type: "healed" }
  /** What a successor must be told. */
  | ({ readonly type: "learned"; readonly thread: number } & Learned)
  | { readonly type: "dropped"; readonly cause: string; readonly count: number }
  /** All that was dropped is sealed. */
  | { readonly type: "confessed" };

/** A checkpoint follows its records after this long. */
const CHECKPOINT_MS = 1_000;
const NAP_MS = 2;
/** After this many naps without work the writer sleeps until it is woken. */
const NAPS_BEFORE_SLEEP = 25;
/** While the disk refuses, the rings hold the records; the writer tries again this often. */
const RETRY_MS = 250;
/** ... until a ring is this full: then records are dropped and counted, so that the program is not held up. */
const DROP_FILL = 0.5;

/** One program thread, seen from the writer. */
class Intake {
  readonly ring: RingConsumer;
  readonly #thread: number;
  readonly #pass: (thread: number, learned: Learned) => void;
  readonly #functions = new Map<number, FunctionInfo>();
  #source: Source = { thread: 0, pid: process.pid, prefix: "000000", epochOffset: 0n };
  /** How many lines of the next frame the writer before has stored. */
  #stored = 0;

  /** `pass` is called with what a successor must be told. */
  constructor({ thread, buffer }: RingAnnouncement, pass: (thread: number, learned: Learned) => void) {
    this.ring = new RingConsumer({ buffer });
    this.#thread = thread;
    this.#pass = pass;
  }

  /** Goes on where the writer before has died, in a stream in which this one has found so many records. */
  continueFrom(storing: Storing | undefined, found: number): void {
    if (storing?.thread !== this.#thread || storing.position !== this.ring.position) return;
    this.#stored = Math.max(0, found - storing.size);
  }

  store(kind: FrameKind, payload: Buffer<SharedArrayBuffer>, stream: StreamWriter, control: Control): void {
    if (kind === FRAME.LINES) {
      control.beginStoring({ thread: this.#thread, position: this.ring.position, size: stream.size });
      const lines = payload.subarray(this.#endOfStored(payload));
      if (lines.length > 0) stream.appendLines(lines);
    } else if (kind === FRAME.EVENTS) {
      stream.appendTrace(this.#source, decodeEvents(payload), this.#functions);
      control.waitingEvents = stream.waitingEvents;
    } else this.#remember(kind, payload);
    this.#stored = 0;
  }

  /** Takes a frame without storing it; returns how many records that loses. */
  drop(kind: FrameKind, payload: Buffer<SharedArrayBuffer>): number {
    if (kind === FRAME.LINES || kind === FRAME.EVENTS) return countRecords(kind, payload);
    this.#remember(kind, payload);
    return 0;
  }

  #endOfStored(payload: Buffer<SharedArrayBuffer>): number {
    let end = 0;
    for (let line = 0; line < this.#stored && end < payload.length; line += 1) end = payload.indexOf(10, end) + 1;
    return end;
  }

  #remember(kind: FrameKind, payload: Buffer<SharedArrayBuffer>): void {
    const learned = { kind, text: payload.toString() };
    this.learn(learned);
    this.#pass(this.#thread, learned);
  }

  learn({ kind, text }: Learned): void {
    if (kind === FRAME.SOURCE) this.#source = parseSource(text);
    else if (kind === FRAME.FUNCTIONS) {
      for (const info of parseFunctions(text)) this.#functions.set(info.id, info);
    }
  }
}

class Writer {
  readonly #order: WriterOrder;
  readonly #control: Control;
  readonly #channel: BroadcastChannel;
  readonly #stream: StreamWriter;
  #intakes: Intake[];
  #adoptedRings: number;
  /** Records of the stream that this process's writers have not written. */
  readonly #base: number;
  /** What writers before have written to another stream. */
  readonly #before: { readonly written: number; readonly sealed: number };
  #unsignedSince: number | undefined;
  #retryAt = 0;
  #trouble: string | undefined;
  /** What was lost and is not sealed yet. */
  readonly #dropped: Map<string, number>;

  constructor(order: WriterOrder) {
    this.#order = order;
    this.#control = new Control(order.control);
    this.#channel = new BroadcastChannel(order.channel);
    this.#dropped = new Map(Object.entries(order.dropped));
    this.#intakes = order.rings.map((known) => {
      const intake = new Intake(known, this.#pass);
      intake.ring.adopt();
      for (const learned of known.learned) intake.learn(learned);
      return intake;
    });
    this.#adoptedRings = order.announcedRings;
    const installation = loadInstallation(order.keysDirectory);
    const { logsDirectory, service, version, begun } = order;
    this.#stream = openStream({
      logsDirectory,
      service,
      version,
      installation,
      ...(begun === undefined ? {} : { preferred: begun.name }),
    });
    const { directory, name, size, found } = this.#stream;
    const isSame = begun?.name === name;
    this.#base = isSame ? begun.size : size;
    this.#before = isSame ? { written: 0, sealed: 0 } : this.#control.counts;
    if (isSame) for (const intake of this.#intakes) intake.continueFrom(this.#control.storing, found);
    this.#control.cancelStoring();
    this.#tell({ type: "opened", directory, name, size });
    this.#countDropped("writer_died", this.#control.waitingEvents);
    this.#control.waitingEvents = 0;
    this.#control.state = WRITER_STATE.RUNNING;
  }

  run(): void {
    let idleNaps = 0;
    for (;;) {
      const ticket = this.#control.flushAsked;
      const closing = this.#control.closeAsked;
      const flushing = closing || ticket !== this.#control.flushDone;
      this.#adoptRings();
      const busy = this.#drain(flushing);
      if (flushing || Date.now() - (this.#unsignedSince ?? Infinity) >= CHECKPOINT_MS) this.#checkpoint();
      if (closing) return this.#close(ticket);
      if (flushing) this.#control.finishFlush(ticket);
      idleNaps = busy || flushing ? 0 : idleNaps + 1;
      if (idleNaps < NAPS_BEFORE_SLEEP || this.#trouble !== undefined) this.#control.nap(NAP_MS);
      else this.#control.sleep(CHECKPOINT_MS, () => this.#isIdle(ticket));
    }
  }

  #isIdle(ticket: number): boolean {
    return (
      this.#intakes.every((intake) => intake.ring.isEmpty) &&
      this.#control.flushAsked === ticket &&
      this.#control.announcedRings <= this.#adoptedRings
    );
  }

  #adoptRings(): void {
    if (this.#control.announcedRings <= this.#adoptedRings) return;
    for (
      let news = receiveMessageOnPort(this.#channel as never);
      news;
      news = receiveMessageOnPort(this.#channel as never)
    ) {
      // A thread announces its ring until it is adopted.
      const intake = this.#adopt(news.message as RingAnnouncement);
      if (intake === undefined) continue;
      this.#intakes.push(intake);
      this.#adoptedRings += 1;
    }
  }

  /** Undefined when the ring was adopted before. */
  #adopt(announced: RingAnnouncement): Intake | undefined {
    const intake = new Intake(announced, this.#pass);
    return intake.ring.adopt() ? intake : undefined;
  }

  readonly #pass = (thread: number, learned: Learned): void => {
    this.#tell({ type: "learned", thread, ...learned });
  };

  /** Stores what the rings hold. Returns whether there was anything. */
  #drain(mustEnd: boolean): boolean {
    let busy = false;
    for (const intake of this.#intakes) {
      const waiting = this.#trouble !== undefined && Date.now() < this.#retryAt && !mustEnd;
      if (waiting && intake.ring.fill < DROP_FILL) continue;
      busy = this.#drainOne(intake, mustEnd) || busy;
      this.#countDropped("ring_full", intake.ring.takeLost());
    }
    this.#intakes = this.#intakes.filter((intake, i) => i === 0 || !intake.ring.isFinished);
    return busy;
  }

  #drainOne(intake: Intake, mustEnd: boolean): boolean {
    try {
      return (
        intake.ring.drain((kind, payload) => {
          intake.store(kind, payload, this.#stream, this.#control);
          this.#unsignedSince ??= Date.now();
          if (this.#trouble !== undefined) this.#heal();
        }) > 0
      );
    } catch (error) {
      this.#control.cancelStoring();
      this.#suffer(error);
      if (mustEnd || intake.ring.fill >= DROP_FILL) {
        const cause = causeOf(error);
        intake.ring.drain((kind, payload) => {
          this.#countDropped(cause, intake.drop(kind, payload));
        });
      }
      return true;
    }
  }

  #checkpoint(): void {
    if (this.#trouble !== undefined && Date.now() < this.#retryAt && !this.#control.closeAsked) return;
    try {
      this.#reportDropped();
      this.#stream.checkpoint();
      this.#unsignedSince = undefined;
      this.#publishCounts();
      if (this.#trouble !== undefined) this.#heal();
    } catch (error) {
      this.#suffer(error);
    }
  }

  #close(ticket: number): void {
    try {
      this.#reportDropped();
      this.#stream.close();
      this.#publishCounts();
    } catch (error) {
      this.#suffer(error);
      this.#countDropped(causeOf(error), this.#stream.waitingEvents);
    }
    this.#control.waitingEvents = 0;
    this.#channel.close();
    this.#control.state = WRITER_STATE.CLOSED;
    this.#control.finishFlush(ticket);
  }

  #publishCounts(): void {
    const { size, signedSize, waitingEvents } = this.#stream;
    const { written, sealed } = this.#before;
    this.#control.setCounts(written + size - this.#base, sealed + Math.max(0, signedSize - this.#base));
    this.#control.waitingEvents = waitingEvents;
  }

  #suffer(error: unknown): void {
    this.#retryAt = Date.now() + RETRY_MS;
    const message = error instanceof Error ? error.message : String(error);
    if (this.#trouble === message) return;
    this.#trouble = message;
    this.#tell({
      type: "trouble",
      code: error instanceof SealtraceError ? error.code : "SEALTRACE_WRITER_FAILED",
      message,
    });
  }

  #heal(): void {
    this.#trouble = undefined;
    this.#tell({ type: "healed" });
  }

  #countDropped(cause: string, count: number): void {
    if (count === 0) return;
    this.#dropped.set(cause, (this.#dropped.get(cause) ?? 0) + count);
    this.#tell({ type: "dropped", cause, count });
  }

  /** What was lost is itself sealed, as soon as anything can be written again. */
  #reportDropped(): void {
    if (this.#dropped.size === 0) return;
    const fields = Object.fromEntries(
      [...this.#dropped].map(([cause, count]) => [`sealtrace.dropped.${cause}`, count]),
    );
    this.#stream.appendControl("records-dropped", fields);
    this.#dropped.clear();
    this.#tell({ type: "confessed" });
  }

  #tell(news: WriterNews): void {
    this.#order.port.postMessage(news);
  }
}

function causeOf(error: unknown): string {
  return error instanceof SealtraceError && error.code === "SEALTRACE_DISK_FULL" ? "disk_full" : "file_system";
}

/** Undefined, and said why, when there is no stream to be had. */
function startWriter(order: WriterOrder): Writer | undefined {
  try {
    return new Writer(order);
  } catch (error) {
    const code = error instanceof SealtraceError ? error.code : "SEALTRACE_WRITER_FAILED";
    order.port.postMessage({ type: "trouble", code, message: error instanceof Error ? error.message : String(error) });
    new Control(order.control).state = WRITER_STATE.FAILED;
    return undefined;
  }
}

// What it throws here ends the thread, and another is started.
startWriter(workerData as WriterOrder)?.run();
