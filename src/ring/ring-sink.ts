import type { FunctionInfo, RecordSink, TraceEvents } from "../record/index.ts";
import { EndOfTurn } from "./end-of-turn.ts";
import { encodedEventsBytes, encodeEvents } from "./events-frame.ts";
import { FRAME } from "./layout.ts";
import type { RingProducer } from "./producer.ts";

/** Lines are joined up to about this many UTF-16 units before they are written: one write costs far less than many. */
const BATCH_UNITS = 16_384;

/** Far below what fits into a frame, however long their paths are. */
const FUNCTIONS_PER_FRAME = 100;

/** Who writes into a ring. The writer needs it to name calls and to turn `hrtime` into time of day. */
export interface Source {
  /** `worker_threads.threadId`; 0 is the main thread. */
  readonly thread: number;
  readonly pid: number;
  /** Begins the span ids of this thread's calls. */
  readonly prefix: string;
  /** Nanoseconds to add to `process.hrtime.bigint()` to get Unix time. */
  readonly epochOffset: bigint;
}

/** The sink of one program thread: joins lines and writes them to the ring when there are many, or once a turn. */
export class RingSink implements RecordSink {
  readonly #producer: RingProducer;
  #pending = "";
  #pendingLines = 0;
  /** Frames of functions that found no room: without them calls would have no name. */
  #unannounced: string[] = [];
  readonly #turn: EndOfTurn;

  constructor(producer: RingProducer, source: Source) {
    this.#producer = producer;
    this.#turn = new EndOfTurn(() => {
      this.flush();
    });
    producer.writeText(FRAME.SOURCE, JSON.stringify({ ...source, epochOffset: String(source.epochOffset) }));
  }

  writeLine(line: string): void {
    this.#pending += `${line}\n`;
    this.#pendingLines += 1;
    if (this.#pending.length >= BATCH_UNITS) this.flush();
    else this.#turn.schedule();
  }

  writeFunctions(functions: readonly FunctionInfo[]): void {
    const rows = functions.map(({ id, name, file, line, column }) => [id, name, file, line, column]);
    for (let i = 0; i < rows.length; i += FUNCTIONS_PER_FRAME) {
      this.#unannounced.push(JSON.stringify(rows.slice(i, i + FUNCTIONS_PER_FRAME)));
    }
    this.#announce();
  }

  writeEvents(events: TraceEvents): void {
    // Lines first, so that a record is not stored long after the call that it was written in.
    this.flush();
    if (this.#unannounced.length > 0) this.#announce();
    const written = this.#producer.writeBytes(FRAME.EVENTS, encodedEventsBytes(events), (target) =>
      encodeEvents(events, target),
    );
    if (!written) this.#producer.countLost(events.count);
  }

  #announce(): void {
    const refused = this.#unannounced.findIndex((text) => !this.#producer.writeText(FRAME.FUNCTIONS, text));
    this.#unannounced = refused < 0 ? [] : this.#unannounced.slice(refused);
  }

  /** Hands the joined lines over to the ring. */
  flush(): void {
    if (this.#pendingLines === 0) return;
    const [text, lines] = [this.#pending, this.#pendingLines];
    this.#pending = "";
    this.#pendingLines = 0;
    if (!this.#producer.writeText(FRAME.LINES, text)) this.#producer.countLost(lines);
  }
}

/** The text of a SOURCE frame, read back. */
export function parseSource(text: string): Source {
  const fields = JSON.parse(text) as Omit<Source, "epochOffset"> & { epochOffset: string };
  return { ...fields, epochOffset: BigInt(fields.epochOffset) };
}

/** The text of a FUNCTIONS frame, read back. */
export function parseFunctions(text: string): FunctionInfo[] {
  const rows = JSON.parse(text) as [number, string, string, number, number][];
  return rows.map(([id, name, file, line, column]) => ({ id, name, file, line, column }));
}
