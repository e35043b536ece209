import { Appender, replaceFile, type Lock } from "../file-utils/essentials/index.ts";
import type { FunctionInfo, TraceEvents } from "../record/index.ts";
import { CompactRange, formatCheckpoint, signNote } from "../seal/index.ts";
import { chunkFields, formatControlRecord, type ControlAction, type ControlFields } from "./control-record.ts";
import type { Installation } from "./keys.ts";
import { layout } from "./layout.ts";
import { LineSealer } from "./line-sealer.ts";
import type { TraceSource } from "./trace-chunk.ts";
import { TraceWriter } from "./trace-writer.ts";

/** When a segment is closed and the next one begun. */
export interface SegmentLimits {
  readonly segmentBytes: number;
  readonly segmentRecords: number;
}

/** Where a writer begins: an empty stream, or what a recovery has found. */
export interface StreamPosition {
  /** Every record in the segments. */
  readonly tree: CompactRange;
  /** What the next record says of the last one. */
  readonly previous: string;
  /** How many records the newest checkpoint covers. */
  readonly signedSize: number;
  /** First index of the active segment. */
  readonly segment: number;
}

export interface StreamWriterOptions extends SegmentLimits {
  readonly directory: string;
  readonly name: string;
  readonly service: string;
  readonly installation: Installation;
  readonly lock: Lock;
  readonly position: StreamPosition;
}

/**
 * The one writer of a stream. Every method either does all it is asked for or throws a SealtraceError and leaves the stream as it was, to
 * be asked again: a full disk loses nothing that the caller still has.
 */
export class StreamWriter {
  readonly directory: string;
  readonly name: string;
  /** Records that were there when this writer began. */
  readonly found: number;
  readonly #options: StreamWriterOptions;
  readonly #sealer: LineSealer;
  readonly #checkpoints: Appender;
  readonly #trace: TraceWriter;
  #segment: Appender;
  #segmentStart: number;
  #signedSize: number;

  constructor(options: StreamWriterOptions) {
    const { directory, position } = options;
    this.directory = directory;
    this.name = options.name;
    this.found = position.tree.size;
    this.#options = options;
    this.#sealer = new LineSealer(position.tree, position.previous);
    this.#signedSize = position.signedSize;
    this.#segmentStart = position.segment;
    this.#segment = new Appender(layout.segment(directory, position.segment));
    this.#checkpoints = new Appender(layout.checkpoints(directory));
    this.#trace = new TraceWriter(directory);
  }

  /** Records in the stream. */
  get size(): number {
    return this.#sealer.size;
  }

  /** Records that the newest checkpoint covers. */
  get signedSize(): number {
    return this.#signedSize;
  }

  /** Call events that were taken and are not stored yet. */
  get waitingEvents(): number {
    return this.#trace.pendingEvents;
  }

  /** Seals and appends records: lines of JSON objects, each ending in a newline, each at most MAX_CAPTURED_BYTES. */
  appendLines(lines: Uint8Array): void {
    this.#rotateIfFull();
    this.#append(lines);
  }

  /** Takes the events of one batch, which reach the disk in a chunk with others, at the latest with the next checkpoint. */
  appendTrace(source: TraceSource, events: TraceEvents, functions: ReadonlyMap<number, FunctionInfo>): void {
    if (this.#trace.isFull(source)) this.#storeChunk(source.prefix);
    this.#trace.add(source, events, functions);
  }

  appendControl(action: ControlAction, fields: ControlFields): void {
    this.appendLines(this.#controlLine(action, fields));
  }

  /** Signs everything appended so far. Data before signature: it is all on the disk before the checkpoint is. */
  checkpoint(): void {
    for (const prefix of this.#trace.pending) this.#storeChunk(prefix);
    this.#sign();
  }

  /** Signs everything and releases the stream, also when signing fails. */
  close(): void {
    try {
      this.checkpoint();
    } finally {
      this.#trace.close();
      this.#segment.close();
      this.#checkpoints.close();
      this.#options.lock.release();
    }
  }

  #append(lines: Uint8Array): void {
    const sealed = this.#sealer.seal(lines);
    this.#segment.append(sealed.bytes);
    sealed.commit();
  }

  #controlLine(action: ControlAction, fields: ControlFields): Buffer {
    return Buffer.from(`${formatControlRecord(this.#options.service, action, fields)}\n`);
  }

  /** A chunk and the record that seals it: both or none. */
  #storeChunk(prefix: string): void {
    this.#rotateIfFull();
    this.#trace.store(prefix, this.size, (reference) => {
      this.#append(this.#controlLine("trace-chunk", chunkFields(reference)));
    });
  }

  #sign(): void {
    if (this.size === this.#signedSize) return;
    this.#trace.sync();
    this.#segment.sync();
    const { directory } = this;
    const origin = originOf(this.#options.installation, this.name);
    const text = formatCheckpoint({ origin, size: this.size, root: this.#sealer.root() });
    const note = signNote(text, origin, this.#options.installation.privateKey);
    this.#checkpoints.append(Buffer.from(`${note}\n`));
    this.#checkpoints.sync();
    replaceFile(layout.checkpoint(directory), note);
    this.#signedSize = this.size;
  }

  #rotateIfFull(): void {
    const { segmentBytes, segmentRecords } = this.#options;
    if (this.#segment.size < segmentBytes && this.size - this.#segmentStart < segmentRecords) return;
    this.#rotate();
  }

  /** A closed segment lies under a checkpoint as a whole; waiting trace events go on to the next one. */
  #rotate(): void {
    const { directory, size } = this;
    this.#sign();
    const frontier = this.#sealer.hashes.map((hash) => `${hash.toString("base64")}\n`).join("");
    replaceFile(layout.range(directory, size), frontier);
    const next = new Appender(layout.segment(directory, size));
    this.#segment.close();
    this.#segment = next;
    this.#segmentStart = size;
    this.#trace.endFile();
  }
}

/** The origin of a stream's checkpoints, and the name of the key that signs them. */
export function originOf(installation: Installation, stream: string): string {
  return `${installation.name}/${stream}`;
}
