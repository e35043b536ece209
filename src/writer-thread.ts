/** The writer's thread as the program sees it: started, watched, started again when it dies, and waited for. */
import { randomUUID } from "node:crypto";
import {
  BroadcastChannel,
  getEnvironmentData,
  MessageChannel,
  receiveMessageOnPort,
  setEnvironmentData,
  Worker,
} from "node:worker_threads";
import { CLOSE_PATIENCE_MS, type Delivery, type Destination, type FlushReport } from "./delivery.ts";
import { Control, createRing, RingProducer, RingSink, WRITER_STATE, type Source } from "./ring/index.ts";
import type { RingAnnouncement, WriterNews, WriterOrder } from "./writer-main.ts";

/** Reserved, not taken: the system gives memory to the parts that are used. */
const MAIN_RING_BYTES = 8 * 1024 * 1024;
const THREAD_RING_BYTES = 2 * 1024 * 1024;
/** A writer that dies more often than this is not started again. */
const MAX_RESTARTS = 3;
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
  const rings = new Map([[source.thread, ring.buffer]]);
  collectRings(channel, rings);
  const news = watchWriter(destination, control, channel, rings);
  return new RingDelivery(control, new RingProducer(ring, control), source, news);
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
  return new RingDelivery(control, producer, source, new News(), announce);
}

/** A restarted writer must know the rings of all threads, so the main thread keeps them. */
function collectRings(name: string, rings: Map<number, SharedArrayBuffer>): void {
  const channel = new BroadcastChannel(name);
  channel.onmessage = ({ data }: { data: unknown }) => {
    const { thread, buffer } = data as RingAnnouncement;
    rings.set(thread, buffer);
  };
  channel.unref();
}

/** What the writer has told so far. */
class News {
  directory: string | undefined;
  trouble: string | undefined;
  readonly dropped: Record<string, number> = {};
  /** Reads what has arrived since; also without a turn of the event loop. */
  refresh: () => void = () => undefined;

  take(news: WriterNews): void {
    if (news.type === "opened") this.directory = news.directory;
    else if (news.type === "trouble") this.trouble = news.message;
    else if (news.type === "healed") this.trouble = undefined;
    else this.dropped[news.cause] = (this.dropped[news.cause] ?? 0) + news.count;
  }
}

function watchWriter(
  destination: Destination,
  control: Control,
  channel: string,
  rings: ReadonlyMap<number, SharedArrayBuffer>,
): News {
  const news = new News();
  let restarts = 0;
  const start = (): void => {
    const { port1, port2 } = new MessageChannel();
    const workerData: WriterOrder = {
      sealtraceWriter: true,
      control: control.buffer,
      rings: [...rings.values()],
      channel,
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
    news.refresh = () => {
      for (let item = receiveMessageOnPort(port1); item; item = receiveMessageOnPort(port1)) {
        news.take(item.message as WriterNews);
      }
    };
    worker.on("error", (error) => {
      news.trouble = `The writer thread failed: ${String(error)}`;
    });
    worker.on("exit", () => {
      news.refresh();
      if (control.state === WRITER_STATE.CLOSED || control.state === WRITER_STATE.FAILED) return;
      restarts += 1;
      if (restarts <= MAX_RESTARTS) start();
      else control.state = WRITER_STATE.FAILED;
    });
    worker.unref();
  };
  start();
  return news;
}

class RingDelivery implements Delivery {
  readonly sink: RingSink;
  readonly #control: Control;
  readonly #producer: RingProducer;
  readonly #news: News;
  /** Tells the writer of this thread's ring again; undefined in the thread that has started the writer. */
  readonly #announce: (() => void) | undefined;

  constructor(control: Control, producer: RingProducer, source: Source, news: News, announce?: () => void) {
    this.#control = control;
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
    if (this.#announce === undefined) return this.#control.waitForFlush(this.#control.askClose(), CLOSE_PATIENCE_MS);
    const deadline = Date.now() + CLOSE_PATIENCE_MS;
    let drained = this.#producer.waitUntilDrained(ANNOUNCE_MS);
    while (!drained && Date.now() < deadline && this.#control.state !== WRITER_STATE.FAILED) {
      if (!this.#producer.isAdopted) this.#announce();
      drained = this.#producer.waitUntilDrained(ANNOUNCE_MS);
    }
    this.#producer.close();
    return drained;
  }

  report(): FlushReport {
    this.#news.refresh();
    const lost = this.#control.state === WRITER_STATE.FAILED ? this.#producer.lost : 0;
    const dropped = { ...this.#news.dropped };
    if (lost > 0) dropped.writer_failed = lost;
    return { ...this.#control.counts, dropped };
  }
}
