/** The writer's thread as the program sees it: started, watched, started again when it dies, and waited for. */
import { randomUUID } from "node:crypto";
// Not the global ones, which a program's tests may put others in the place of.
import { clearInterval, setInterval, setTimeout } from "node:timers";
import {
  BroadcastChannel,
  getEnvironmentData,
  MessageChannel,
  receiveMessageOnPort,
  setEnvironmentData,
  Worker,
} from "node:worker_threads";
import { CLOSE_PATIENCE_MS, type Delivery, type Destination, type FlushReport } from "./delivery.ts";
import {
  Control,
  createRing,
  RingConsumer,
  RingProducer,
  RingSink,
  WRITER_STATE,
  type RingMemory,
  type Source,
} from "./ring/index.ts";
import type { KnownRing, Learned, RingAnnouncement, WriterNews, WriterOrder } from "./writer-main.ts";

/** Reserved, not taken: the system gives memory to the parts that are used. */
const MAIN_RING_BYTES = 8 * 1024 * 1024;
const THREAD_RING_BYTES = 2 * 1024 * 1024;
/** A writer that dies more often than this, each time soon after its start, is not started again. */
const MAX_RESTARTS = 3;
const SHORT_LIFE_MS = 60_000;
const ENVIRONMENT_KEY = "sealtrace";
/** A thread that joins tells of its ring this often until the writer has heard it. */
const ANNOUNCE_MS = 20;

/** What other threads of the process need to join. */
interface Invitation {
  readonly control: SharedArrayBuffer;
  readonly channel: string;
}

/** Starts the writer for this process and returns the main thread's way to it. */
export function startWriterThread(destination: Destination, source: Source): Delivery {
  const control = new Control();
  const ring = createRing(MAIN_RING_BYTES);
  const channel = `sealtrace-${randomUUID()}`;
  setEnvironmentData(ENVIRONMENT_KEY, { control: control.buffer, channel });
  const rings = new Rings(channel, { thread: source.thread, buffer: ring.buffer });
  const news = watchWriter(destination, control, rings);
  return new RingDelivery(control, ring, new RingProducer(ring, control), source, news);
}

/** For a worker thread of the program: the way to the writer that the main thread has started; undefined when it has not. */
export function joinWriterThread(source: Source): Delivery | undefined {
  const invitation = getEnvironmentData(ENVIRONMENT_KEY) as unknown as Invitation | undefined;
  if (invitation === undefined) return undefined;
  const control = new Control(invitation.control);
  const ring = createRing(THREAD_RING_BYTES);
  const producer = new RingProducer(ring, control);
  const announce = (): void => {
    const channel = new BroadcastChannel(invitation.channel);
    channel.postMessage({ thread: source.thread, buffer: ring.buffer } satisfies RingAnnouncement);
    channel.close();
    control.wake();
  };
  announce();
  control.announceRing();
  // A writer that is still starting does not hear it yet.
  const again = setInterval(() => {
    if (producer.isAdopted) clearInterval(again);
    else announce();
  }, ANNOUNCE_MS).unref();
  return new RingDelivery(control, ring, producer, source, new News(), announce);
}

/** The rings of all threads, and what was learned from them: what a restarted writer must know. Kept by the main thread. */
class Rings {
  readonly name: string;
  readonly #channel: BroadcastChannel;
  readonly #known = new Map<number, { buffer: SharedArrayBuffer; learned: Learned[] }>();
  readonly #main: number;
  #announced = 0;

  constructor(name: string, main: RingAnnouncement) {
    this.name = name;
    this.#main = main.thread;
    this.#known.set(main.thread, { buffer: main.buffer, learned: [] });
    this.#channel = new BroadcastChannel(name);
    this.#channel.onmessage = ({ data }: { data: unknown }) => {
      this.#add(data as RingAnnouncement);
    };
    this.#channel.unref();
  }

  learn(thread: number, learned: Learned): void {
    this.#known.get(thread)?.learned.push(learned);
  }

  /** Also those whose announcement is still on its way: the writer before may have heard it, and then it is not repeated. */
  all(): { readonly rings: readonly KnownRing[]; readonly announcedRings: number } {
    for (let item = this.#receive(); item !== undefined; item = this.#receive()) this.#add(item);
    const rings = Array.from(this.#known, ([thread, { buffer, learned }]) => ({
      thread,
      buffer,
      learned: [...learned],
    }));
    return { rings, announcedRings: this.#announced };
  }

  #receive(): RingAnnouncement | undefined {
    return receiveMessageOnPort(this.#channel as never)?.message as RingAnnouncement | undefined;
  }

  #add({ thread, buffer }: RingAnnouncement): void {
    if (this.#known.has(thread)) return;
    this.#forgetFinished();
    this.#announced += 1;
    this.#known.set(thread, { buffer, learned: [] });
  }

  /** A program may start any number of threads, one after the other. */
  #forgetFinished(): void {
    for (const [thread, { buffer }] of this.#known) {
      if (thread !== this.#main && new RingConsumer({ buffer }).isFinished) this.#known.delete(thread);
    }
  }
}

/** What the writer has told so far. */
class News {
  directory: string | undefined;
  trouble: string | undefined;
  /** Where the first writer began. */
  begun: { readonly name: string; readonly size: number } | undefined;
  readonly dropped: Record<string, number> = {};
  /** What of it is not sealed yet. */
  unsealed: Record<string, number> = {};
  /** Reads what has arrived since; also without a turn of the event loop. */
  refresh: () => void = () => undefined;
  readonly #rings: Rings | undefined;

  constructor(rings?: Rings) {
    this.#rings = rings;
  }

  take(news: WriterNews): void {
    if (news.type === "opened") this.#opened(news);
    else if (news.type === "trouble") this.trouble = news.message;
    else if (news.type === "healed") this.trouble = undefined;
    else if (news.type === "learned") this.#rings?.learn(news.thread, { kind: news.kind, text: news.text });
    else if (news.type === "confessed") this.unsealed = {};
    else for (const sum of [this.dropped, this.unsealed]) sum[news.cause] = (sum[news.cause] ?? 0) + news.count;
  }

  #opened({ directory, name, size }: WriterNews & { type: "opened" }): void {
    this.directory = directory;
    this.trouble = undefined;
    if (this.begun?.name !== name) this.begun = { name, size };
  }
}

function watchWriter(destination: Destination, control: Control, rings: Rings): News {
  const news = new News(rings);
  let deaths = 0;
  const start = (): void => {
    const { port1, port2 } = new MessageChannel();
    const workerData: WriterOrder = {
      sealtraceWriter: true,
      control: control.buffer,
      ...rings.all(),
      begun: news.begun,
      dropped: news.unsealed,
      channel: rings.name,
      port: port2,
      ...destination,
    };
    const file = import.meta.url.endsWith(".ts") ? "./writer-main.ts" : "./writer-main.js";
    // Without the program's options and environment: its preloaded modules are not for this thread.
    const worker = new Worker(new URL(file, import.meta.url), {
      name: "sealtrace-writer",
      workerData,
      transferList: [port2],
      execArgv: [],
      env: {},
    });
    const startedAt = Date.now();
    news.refresh = () => {
      for (let item = receiveMessageOnPort(port1); item; item = receiveMessageOnPort(port1)) {
        news.take(item.message as WriterNews);
      }
    };
    let reason = "";
    worker.on("error", (error) => {
      reason = `: ${String(error)}`;
    });
    worker.on("exit", () => {
      news.refresh();
      port1.close();
      if (control.state === WRITER_STATE.CLOSED || control.state === WRITER_STATE.FAILED) return;
      deaths = Date.now() - startedAt < SHORT_LIFE_MS ? deaths + 1 : 1;
      if (deaths <= MAX_RESTARTS) return start();
      news.trouble = `The writer's thread died ${deaths} times in a row and is not started again${reason}.`;
      control.state = WRITER_STATE.FAILED;
    });
    worker.unref();
  };
  start();
  return news;
}

class RingDelivery implements Delivery {
  readonly sink: RingSink;
  readonly #control: Control;
  readonly #ring: RingMemory;
  readonly #producer: RingProducer;
  #gaveUp = false;
  readonly #news: News;
  /** Tells the writer of this thread's ring again; undefined in the thread that has started the writer. */
  readonly #announce: (() => void) | undefined;

  constructor(
    control: Control,
    ring: RingMemory,
    producer: RingProducer,
    source: Source,
    news: News,
    announce?: () => void,
  ) {
    this.#control = control;
    this.#ring = ring;
    this.#producer = producer;
    this.#news = news;
    this.#announce = announce;
    this.sink = new RingSink(producer, source);
  }

  get directory(): string | undefined {
    this.#news.refresh();
    return this.#news.directory;
  }

  get trouble(): string | undefined {
    this.#news.refresh();
    return this.#news.trouble;
  }

  async flush(): Promise<void> {
    this.sink.flush();
    const ticket = this.#control.askFlush();
    // A timer and not Atomics.waitAsync: only a timer keeps the process alive while it waits.
    while (!this.#control.isFlushed(ticket)) await new Promise((resolve) => setTimeout(resolve, 1));
  }

  closeSync(): boolean {
    this.sink.flush();
    const done = this.#announce === undefined ? this.#closeWriter() : this.#closeRing(this.#announce);
    this.#gaveUp = !done;
    return done;
  }

  #closeWriter(): boolean {
    return this.#control.waitForFlush(this.#control.askClose(), CLOSE_PATIENCE_MS);
  }

  #closeRing(announce: () => void): boolean {
    const deadline = Date.now() + CLOSE_PATIENCE_MS;
    let drained = this.#producer.waitUntilDrained(ANNOUNCE_MS);
    while (!drained && Date.now() < deadline && this.#control.state !== WRITER_STATE.FAILED) {
      if (!this.#producer.isAdopted) announce();
      drained = this.#producer.waitUntilDrained(ANNOUNCE_MS);
    }
    this.#producer.close();
    return drained;
  }

  report(): FlushReport {
    this.#news.refresh();
    const dropped = { ...this.#news.dropped };
    const isFailed = this.#control.state === WRITER_STATE.FAILED;
    if (isFailed || this.#gaveUp) {
      // Nobody else looks at them any more.
      const left = this.#producer.lost + new RingConsumer(this.#ring).countRecords() + this.#waitingEvents();
      if (left > 0) dropped[isFailed ? "writer_failed" : "unfinished"] = left;
    }
    return { ...this.#control.counts, dropped };
  }

  /** What the writer has taken and not stored. It is the main thread that tells of them. */
  #waitingEvents(): number {
    return this.#announce === undefined ? this.#control.waitingEvents : 0;
  }
}
