/** Composition root of the writer's thread: rings -> store. One loop, which rests while there is nothing to do. */
import { BroadcastChannel, receiveMessageOnPort, workerData, type MessagePort } from "node:worker_threads";
import { SealtraceError, type FunctionInfo } from "./record/index.ts";
import {
  Control,
  decodeEvents,
  FRAME,
  parseFunctions,
  parseSource,
  RingConsumer,
  WRITER_STATE,
  type FrameKind,
  type Source,
} from "./ring/index.ts";
import { loadInstallation, openStream, type StreamWriter } from "./store/index.ts";

/** What the program's thread tells the writer when it starts it. */
export interface WriterOrder {
  readonly sealtraceWriter: true;
  readonly control: SharedArrayBuffer;
  /** The rings known so far; the first is that of the thread that starts the writer. */
  readonly rings: readonly SharedArrayBuffer[];
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

/** What the writer tells the program's thread. */
export type WriterNews =
  | { readonly type: "opened"; readonly directory: string; readonly name: string; readonly size: number }
  | { readonly type: "trouble"; readonly code: string; readonly message: string }
  | { readonly type: "healed" }
  | { readonly type: "dropped"; readonly cause: string; readonly count: number };

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
  readonly #functions = new Map<number, FunctionInfo>();
  #source: Source = { thread: 0, pid: process.pid, prefix: "000000", epochOffset: 0n };

  constructor(buffer: SharedArrayBuffer) {
    this.ring = new RingConsumer({ buffer });
  }

  store(kind: FrameKind, payload: Buffer<SharedArrayBuffer>, stream: StreamWriter): void {
    if (kind === FRAME.LINES) stream.appendLines(payload);
    else if (kind === FRAME.EVENTS) stream.appendTrace(this.#source, decodeEvents(payload), this.#functions);
    else this.#learn(kind, payload);
  }

  /** Takes a frame without storing it; returns how many records that loses. */
  drop(kind: FrameKind, payload: Buffer<SharedArrayBuffer>): number {
    if (kind === FRAME.EVENTS) return decodeEvents(payload).count;
    if (kind !== FRAME.LINES) return (this.#learn(kind, payload), 0);
    let lines = 0;
    for (let i = payload.indexOf(10); i >= 0; i = payload.indexOf(10, i + 1)) lines += 1;
    return lines;
  }

  #learn(kind: FrameKind, payload: Buffer<SharedArrayBuffer>): void {
    if (kind === FRAME.SOURCE) this.#source = parseSource(payload.toString());
    else if (kind === FRAME.FUNCTIONS) {
      for (const info of parseFunctions(payload.toString())) this.#functions.set(info.id, info);
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
  /** The stream's size when this writer opened it. */
  readonly #base: number;
  #unsignedSince: number | undefined;
  #retryAt = 0;
  #trouble: string | undefined;
  readonly #dropped = new Map<string, number>();

  constructor(order: WriterOrder) {
    this.#order = order;
    this.#control = new Control(order.control);
    this.#channel = new BroadcastChannel(order.channel);
    this.#intakes = order.rings.map((ring) => new Intake(ring));
    for (const { ring } of this.#intakes) ring.adopt();
    this.#adoptedRings = order.rings.length - 1;
    const installation = loadInstallation(order.keysDirectory);
    const { logsDirectory, service, version } = order;
    this.#stream = openStream({ logsDirectory, service, version, installation });
    const { directory, name, size } = this.#stream;
    this.#base = this.#stream.size;
    this.#tell({ type: "opened", directory, name, size });
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
      this.#control.announcedRings === this.#adoptedRings
    );
  }

  #adoptRings(): void {
    if (this.#control.announcedRings === this.#adoptedRings) return;
    for (
      let news = receiveMessageOnPort(this.#channel as never);
      news;
      news = receiveMessageOnPort(this.#channel as never)
    ) {
      const intake = new Intake((news.message as RingAnnouncement).buffer);
      // A thread announces its ring until it is adopted.
      if (!intake.ring.adopt()) continue;
      this.#intakes.push(intake);
      this.#adoptedRings += 1;
    }
  }

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
          intake.store(kind, payload, this.#stream);
          this.#unsignedSince ??= Date.now();
          if (this.#trouble !== undefined) this.#heal();
        }) > 0
      );
    } catch (error) {
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
    }
    this.#channel.close();
    this.#control.state = WRITER_STATE.CLOSED;
    this.#control.finishFlush(ticket);
  }

  #publishCounts(): void {
    this.#control.setCounts(this.#stream.size - this.#base, Math.max(0, this.#stream.signedSize - this.#base));
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
  }

  #tell(news: WriterNews): void {
    this.#order.port.postMessage(news);
  }
}

function causeOf(error: unknown): string {
  return error instanceof SealtraceError && error.code === "SEALTRACE_DISK_FULL" ? "disk_full" : "file_system";
}

const order = workerData as WriterOrder;
try {
  new Writer(order).run();
} catch (error) {
  const code = error instanceof SealtraceError ? error.code : "SEALTRACE_WRITER_FAILED";
  order.port.postMessage({ type: "trouble", code, message: error instanceof Error ? error.message : String(error) });
  new Control(order.control).state = WRITER_STATE.FAILED;
}
