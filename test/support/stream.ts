import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { EVENT, type FunctionInfo, type TraceEvents } from "../../src/record/index.ts";
import {
  loadInstallation,
  openStream,
  type OpenStreamOptions,
  type StreamWriter,
  type TraceSource,
} from "../../src/store/index.ts";
import { temporaryDirectory } from "./temporary.ts";

export interface Place {
  readonly logs: string;
  readonly keys: string;
}

export function newPlace(): Place {
  const directory = temporaryDirectory();
  return { logs: join(directory, "logs"), keys: join(directory, "keys") };
}

/** A writer whose segments are small, so that a few records make several. */
export function openTestStream(place: Place, options: Partial<OpenStreamOptions> = {}): StreamWriter {
  return openStream({
    logsDirectory: place.logs,
    service: "test",
    version: "0.0.0",
    installation: loadInstallation(place.keys),
    segmentRecords: 20,
    ...options,
  });
}

export function lines(from: number, count: number): Buffer {
  return Buffer.from(Array.from({ length: count }, (_, i) => `${recordLine(from + i)}\n`).join(""));
}

export function recordLine(number: number): string {
  return JSON.stringify({
    "@timestamp": "2026-01-01T00:00:00.000Z",
    "log.level": "INFO",
    message: `message ${number}`,
    number,
  });
}

export const SOURCE: TraceSource = { thread: 0, pid: 1, prefix: "a1b2c3", epochOffset: 0n };

export const FUNCTIONS: ReadonlyMap<number, FunctionInfo> = new Map([
  [1, { id: 1, name: "outer", file: "/app/main.js", line: 1, column: 1 }],
  [2, { id: 2, name: "inner", file: "/app/main.js", line: 5, column: 3 }],
]);

/** Calls of `outer`, each with one call of `inner`, ids from `first` on. */
export function events(first: number, pairs: number): TraceEvents {
  const rows: [kind: number, call: number, parent: number, id: number, text: string][] = [];
  for (let i = 0; i < pairs; i += 1) {
    const outer = first + i * 2;
    rows.push([EVENT.ROOT, outer, 0, 1, `${"0123456789abcdef".repeat(2)} {"n":${i}}`]);
    rows.push([EVENT.ENTER, outer + 1, outer, 2, '{"text":"ä"}']);
    rows.push([EVENT.RETURN, outer + 1, 0, 0, "1"]);
    rows.push([EVENT.THROW, outer, 0, 0, '{"type":"Error","message":"no"}']);
  }
  return {
    count: rows.length,
    kinds: Uint8Array.from(rows, (row) => row[0]),
    calls: Float64Array.from(rows, (row) => row[1]),
    parents: Float64Array.from(rows, (row) => row[2]),
    functions: Int32Array.from(rows, (row) => row[3]),
    times: BigInt64Array.from(rows, (_, i) => 1_000n * BigInt(first * 10 + i)),
    texts: rows.map((row) => row[4]),
  };
}

/** Names of a stream's segments. */
export function segmentNames(stream: string): string[] {
  return readdirSync(stream).filter((name) => name.endsWith(".ndjson"));
}

/** Every line of every segment, without newlines. */
export function storedLines(stream: string): string[] {
  return segmentNames(stream).flatMap((name) => readFileSync(join(stream, name), "utf8").split("\n").slice(0, -1));
}

/** A finished stream of 70 records in four segments, calls among them, signed now and then. Returns its directory. */
export function writeSampleStream(place: Place): string {
  const writer = openTestStream(place);
  for (let i = 0; i < 12; i += 1) {
    writer.appendLines(lines(i * 5, 5));
    if (i % 4 === 1) writer.appendTrace(SOURCE, events(1 + i * 100, 10), FUNCTIONS);
    if (i % 3 === 2) writer.checkpoint();
  }
  while (writer.size < 70) writer.appendLines(lines(writer.size, 1));
  writer.close();
  return writer.directory;
}
