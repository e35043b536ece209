import { createHash } from "node:crypto";
import { Appender } from "../file-utils/essentials/index.ts";
import type { FunctionInfo, TraceEvents } from "../record/index.ts";
import type { ChunkReference } from "./control-record.ts";
import { layout } from "./layout.ts";
import { encodeChunk, type TraceSource } from "./trace-chunk.ts";

/** A chunk is stored when it has this many events, or texts of this many UTF-16 units: its payload stays below its limit by far. */
const CHUNK_EVENTS = 65_536;
const CHUNK_UNITS = 2 * 1024 * 1024;

/** Events of one thread that wait for their chunk. */
interface Pending {
  readonly source: TraceSource;
  readonly functions: ReadonlyMap<number, FunctionInfo>;
  batches: TraceEvents[];
  events: number;
  units: number;
}

/** Collects call events per thread, and writes them in chunks. */
export class TraceWriter {
  readonly #stream: string;
  readonly #pending = new Map<string, Pending>();
  #file: Appender | undefined;
  #fileName = "";

  constructor(stream: string) {
    this.#stream = stream;
  }

  /** The span-id prefixes of the threads whose events wait. */
  get pending(): readonly string[] {
    return [...this.#pending.keys()];
  }

  /** Events that wait for their chunk. */
  get pendingEvents(): number {
    let events = 0;
    for (const waiting of this.#pending.values()) events += waiting.events;
    return events;
  }

  isFull({ prefix }: TraceSource): boolean {
    const waiting = this.#pending.get(prefix);
    return waiting !== undefined && (waiting.events >= CHUNK_EVENTS || waiting.units >= CHUNK_UNITS);
  }

  add(source: TraceSource, events: TraceEvents, functions: ReadonlyMap<number, FunctionInfo>): void {
    if (events.count === 0) return;
    let waiting = this.#pending.get(source.prefix);
    if (waiting === undefined) {
      waiting = { source, functions, batches: [], events: 0, units: 0 };
      this.#pending.set(source.prefix, waiting);
    }
    waiting.batches.push(events);
    waiting.events += events.count;
    for (let i = 0; i < events.count; i += 1) waiting.units += (events.texts[i] as string).length;
  }

  /** Appends one thread's events as a chunk, and has it sealed; when that fails the chunk is taken back. */
  store(prefix: string, streamSize: number, seal: (reference: ChunkReference) => void): void {
    const waiting = this.#pending.get(prefix);
    if (waiting === undefined) return;
    const chunk = encodeChunk(waiting.source, waiting.batches, waiting.functions);
    const file = this.#openFile(streamSize);
    const offset = file.size;
    file.append(chunk);
    try {
      const sha256 = createHash("sha256").update(chunk).digest("hex");
      seal({ file: this.#fileName, offset, bytes: chunk.length, events: waiting.events, sha256 });
    } catch (error) {
      file.truncate(offset);
      throw error;
    }
    this.#pending.delete(prefix);
  }

  sync(): void {
    this.#file?.sync();
  }

  /** The next chunk begins a new file. */
  endFile(): void {
    this.#file?.sync();
    this.close();
  }

  close(): void {
    this.#file?.close();
    this.#file = undefined;
  }

  #openFile(streamSize: number): Appender {
    if (this.#file === undefined) {
      this.#fileName = layout.traceName(streamSize);
      this.#file = new Appender(layout.trace(this.#stream, this.#fileName));
    }
    return this.#file;
  }
}
