/** The columnar chunks of a `.strace` file. See `docs/format.md`, "Trace chunk". */
import { zstdCompressSync, zstdDecompressSync, constants } from "node:zlib";
import { EVENT, SealtraceError, type FunctionInfo, type TraceEvents } from "../record/index.ts";
import { VarintReader, VarintWriter } from "./varint.ts";

export const CHUNK_HEADER_BYTES = 16;
const MAGIC = "STRC";
const VERSION = 1;
export const MAX_PAYLOAD_BYTES: number = 16 * 1024 * 1024;
const MAX_EVENTS = 1 << 20;
const MAX_FUNCTIONS = 1 << 20;

/** Who recorded the events of a chunk. */
export interface TraceSource {
  readonly thread: number;
  readonly pid: number;
  readonly prefix: string;
  /** Nanoseconds from `process.hrtime.bigint()` to Unix time. */
  readonly epochOffset: bigint;
}

/** One chunk, decoded. The columns have `count` entries; parents, functionIds and traceIds are 0, 0 and "" where they don't apply. */
export interface TraceChunk {
  readonly thread: number;
  readonly pid: number;
  readonly prefix: string;
  /** Name of the trace file, and where in it the chunk begins. */
  readonly file: string;
  readonly offset: number;
  readonly functions: ReadonlyMap<number, FunctionInfo>;
  readonly count: number;
  readonly kinds: Uint8Array;
  readonly calls: Float64Array;
  /** Unix nanoseconds. */
  readonly times: BigInt64Array;
  readonly functionIds: Int32Array;
  /** For an enter, the caller's id; for a root, the id of the call that caused it; 0 for none. */
  readonly parents: Float64Array;
  readonly traceIds: readonly string[];
  /** The JSON text of event `i`. */
  text(i: number): string;
}

/** Batches of one source as one chunk. */
export function encodeChunk(
  source: TraceSource,
  batches: readonly TraceEvents[],
  functions: ReadonlyMap<number, FunctionInfo>,
): Buffer {
  const kinds: number[] = [];
  const calls = new VarintWriter();
  const times = new VarintWriter();
  const ids = new VarintWriter();
  const parents = new VarintWriter();
  const lengths = new VarintWriter();
  const traces: string[] = [];
  const texts: string[] = [];
  const used = new Map<number, FunctionInfo>();
  const first = batches.find((batch) => batch.count > 0)?.times[0] ?? 0n;
  let lastCall = 0;
  let lastTime = first;
  for (const batch of batches) {
    for (let i = 0; i < batch.count; i += 1) {
      const kind = batch.kinds[i] as number;
      const call = batch.calls[i] as number;
      const time = batch.times[i] as bigint;
      kinds.push(kind);
      calls.writeSigned(call - lastCall);
      times.writeSigned(Number(time - lastTime));
      lastCall = call;
      lastTime = time;
      let text = batch.texts[i] as string;
      if (kind === EVENT.ENTER || kind === EVENT.ROOT) {
        const id = batch.functions[i] as number;
        const parent = batch.parents[i] as number;
        ids.write(id);
        parents.write(parent === 0 ? 0 : call - parent);
        if (!used.has(id)) used.set(id, functions.get(id) ?? { id, name: "?", file: "", line: 0, column: 0 });
      }
      if (kind === EVENT.ROOT) {
        traces.push(text.slice(0, 32));
        text = text.slice(33);
      }
      lengths.write(Buffer.byteLength(text));
      texts.push(text);
    }
  }
  const header = JSON.stringify({
    thread: source.thread,
    pid: source.pid,
    prefix: source.prefix,
    time: String(first + source.epochOffset),
    events: kinds.length,
    functions: [...used.values()].map((info) => [info.id, info.name, info.file, info.line, info.column]),
  });
  const sections = [
    Buffer.from(header),
    Buffer.from(kinds),
    calls.bytes(),
    times.bytes(),
    ids.bytes(),
    parents.bytes(),
    Buffer.from(traces.join(""), "hex"),
    lengths.bytes(),
    Buffer.from(texts.join("")),
  ];
  const payload = Buffer.concat(sections.flatMap((section) => [uint32(section.length), section]));
  const compressed = zstdCompressSync(payload, {
    params: { [constants.ZSTD_c_compressionLevel]: 1, [constants.ZSTD_c_checksumFlag]: 1 },
  });
  const start = Buffer.alloc(CHUNK_HEADER_BYTES);
  start.write(MAGIC, "latin1");
  start.writeUInt8(VERSION, 4);
  start.writeUInt32LE(compressed.length, 8);
  start.writeUInt32LE(payload.length, 12);
  return Buffer.concat([start, compressed]);
}

/** Bytes of the whole chunk, from its first 16. Throws a SealtraceError when they are no chunk header. */
export function chunkBytes(header: Buffer, where: string): number {
  if (header.length < CHUNK_HEADER_BYTES || header.toString("latin1", 0, 4) !== MAGIC)
    throw corrupt(where, "no chunk begins here");
  const version = header.readUInt8(4);
  if (version > VERSION) {
    throw new SealtraceError(
      "SEALTRACE_FORMAT_TOO_NEW",
      `${where}: written by a newer sealtrace (chunk version ${version}). Update sealtrace to read it.`,
    );
  }
  if (version !== VERSION || header.readUIntLE(5, 3) !== 0) throw corrupt(where, "the chunk's header is damaged");
  const compressed = header.readUInt32LE(8);
  const payload = header.readUInt32LE(12);
  if (payload > MAX_PAYLOAD_BYTES || compressed > MAX_PAYLOAD_BYTES + 1024)
    throw corrupt(where, "the chunk claims to be larger than any is");
  return CHUNK_HEADER_BYTES + compressed;
}

/** A whole chunk, header included. Throws SEALTRACE_CORRUPT for anything that is not exactly one. */
export function decodeChunk(bytes: Buffer, file: string, offset: number): TraceChunk {
  const where = `${file} at byte ${offset}`;
  if (chunkBytes(bytes, where) !== bytes.length) throw corrupt(where, "the chunk is cut off");
  const size = bytes.readUInt32LE(12);
  try {
    const payload = zstdDecompressSync(bytes.subarray(CHUNK_HEADER_BYTES), { maxOutputLength: Math.max(1, size) });
    if (payload.length !== size) throw new RangeError("the payload has another size than its header says");
    return decodePayload(payload, file, offset);
  } catch (cause) {
    throw corrupt(where, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

function decodePayload(payload: Buffer, file: string, offset: number): TraceChunk {
  const sections: Buffer[] = [];
  for (let at = 0; at < payload.length;) {
    const length = payload.readUInt32LE(at);
    if (at + 4 + length > payload.length || sections.length === 9) throw new RangeError("a section does not fit");
    sections.push(payload.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  if (sections.length !== 9) throw new RangeError("sections are missing");
  const [headerBytes, kinds, callBytes, timeBytes, idBytes, parentBytes, traces, lengthBytes, texts] = sections as [
    Buffer,
    Buffer,
    Buffer,
    Buffer,
    Buffer,
    Buffer,
    Buffer,
    Buffer,
    Buffer,
  ];
  const header = readHeader(headerBytes);
  const count = kinds.length;
  if (count !== header.events || count > MAX_EVENTS) throw new RangeError("the number of events is wrong");
  const calls = new Float64Array(count);
  const times = new BigInt64Array(count);
  const functionIds = new Int32Array(count);
  const parents = new Float64Array(count);
  const traceIds = new Array<string>(count).fill("");
  const ends = new Uint32Array(count + 1);
  const read = {
    calls: new VarintReader(callBytes),
    times: new VarintReader(timeBytes),
    ids: new VarintReader(idBytes),
    parents: new VarintReader(parentBytes),
    lengths: new VarintReader(lengthBytes),
  };
  let [call, time, trace] = [0, header.time, 0];
  for (let i = 0; i < count; i += 1) {
    const kind = kinds[i] as number;
    if (kind > EVENT.THROW) throw new RangeError("an event is of no known kind");
    call += read.calls.readSigned();
    time += BigInt(read.times.readSigned());
    calls[i] = call;
    times[i] = time;
    if (kind === EVENT.ENTER || kind === EVENT.ROOT) {
      const id = read.ids.read();
      const distance = read.parents.read();
      if (!header.functions.has(id) || distance > call) throw new RangeError("an event names what does not exist");
      functionIds[i] = id;
      parents[i] = distance === 0 ? 0 : call - distance;
    }
    if (kind === EVENT.ROOT) {
      traceIds[i] = traces.toString("hex", trace, trace + 16);
      trace += 16;
    }
    ends[i + 1] = (ends[i] as number) + read.lengths.read();
  }
  if (Object.values(read).some((reader) => !reader.atEnd) || trace !== traces.length || ends[count] !== texts.length) {
    throw new RangeError("the columns do not fit together");
  }
  const { thread, pid, prefix, functions } = header;
  return {
    thread,
    pid,
    prefix,
    file,
    offset,
    functions,
    count,
    kinds,
    calls,
    times,
    functionIds,
    parents,
    traceIds,
    text: (i) => texts.toString("utf8", ends[i], ends[i + 1]),
  };
}

interface Header {
  readonly thread: number;
  readonly pid: number;
  readonly prefix: string;
  readonly time: bigint;
  readonly events: number;
  readonly functions: ReadonlyMap<number, FunctionInfo>;
}

function readHeader(bytes: Buffer): Header {
  const header = JSON.parse(bytes.toString()) as Record<string, unknown>;
  const { thread, pid, prefix, time, events, functions } = header;
  const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
  if (!isCount(thread) || !isCount(pid) || !isCount(events)) throw new RangeError("the chunk's header lacks numbers");
  if (typeof prefix !== "string" || !/^[0-9a-f]{6}$/.test(prefix))
    throw new RangeError("the chunk's header lacks its prefix");
  if (typeof time !== "string" || !/^-?\d{1,19}$/.test(time)) throw new RangeError("the chunk's header lacks its time");
  if (!Array.isArray(functions) || functions.length > MAX_FUNCTIONS)
    throw new RangeError("the chunk's header lacks its functions");
  const table = new Map<number, FunctionInfo>();
  for (const row of functions as unknown[]) {
    const [id, name, file, line, column] = Array.isArray(row) ? (row as unknown[]) : [];
    if (!isCount(id) || typeof name !== "string" || typeof file !== "string" || !isCount(line) || !isCount(column)) {
      throw new RangeError("a function of the chunk's header is malformed");
    }
    table.set(id, { id, name, file, line, column });
  }
  return { thread, pid, prefix, time: BigInt(time), events, functions: table };
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function corrupt(where: string, what: string, cause?: unknown): SealtraceError {
  return new SealtraceError("SEALTRACE_CORRUPT", `${where} is damaged: ${what}.`, { cause });
}
