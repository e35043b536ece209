/** NDJSON: one JSON text a line, in UTF-8. */
import { SealtraceError } from "../../record/index.ts";
import { encodeUtf8 } from "../essentials/utf8.ts";
import { DEFAULT_MAX_VALUES, limitExceeded } from "../limits.ts";
import { deserializeFromJson, type JsonReadingOptions } from "./deserialize.ts";
import { LineSplitter } from "./line-splitter.ts";
import { serializeToJson, type JsonOptions } from "./serialize.ts";

export type NdjsonWritingOptions = Omit<JsonOptions, "indent">;

/** The limits hold for each line; how many there are is not limited. */
export interface NdjsonReadingOptions extends JsonReadingOptions {
  /** Largest line: one that never ends must not fill the memory. Default: 16 MiB. */
  readonly maxLineBytes?: number | undefined;
  /** Is told of a line that can't be read, counted from 1, and reading goes on with the next. Default: reading ends with the error. */
  readonly onBadLine?: ((error: SealtraceError, line: number) => void) | undefined;
}

const DEFAULT_MAX_LINE_BYTES: number = 16 * 1024 * 1024;

/**
 * NDJSON, one value a line, each as {@link serializeToJson} writes it, in UTF-8 and in chunks of about 64 KiB. An object that stands in two lines is written
 * twice. Throws as that does, naming the line.
 */
export async function* writeNdjson(
  values: Iterable<unknown> | AsyncIterable<unknown>,
  options: NdjsonWritingOptions = {},
): AsyncGenerator<Buffer, void, void> {
  let lines = "";
  let line = 0;
  for await (const value of values) {
    line += 1;
    lines += atLine(line, () => jsonLine(value, options));
    if (lines.length < CHUNK) continue;
    yield encodeUtf8(lines);
    lines = "";
  }
  if (lines !== "") yield encodeUtf8(lines);
}

const CHUNK = 65_536;

/** Whatever the indentation that is asked for: a line is a value. */
export function jsonLine(value: unknown, { classes, rich }: JsonOptions = {}): string {
  return `${serializeToJson(value, { classes, rich })}\n`;
}

/** An array as NDJSON. */
export function encodeLines(values: unknown, options?: JsonOptions): Buffer {
  if (!Array.isArray(values)) {
    throw new SealtraceError(
      "SEALTRACE_USAGE",
      `It must be an array, of which each element becomes a line, not ${values === null ? "null" : typeof values}.`,
    );
  }
  return encodeUtf8(values.map((value) => jsonLine(value, options)).join(""));
}

/** All values of NDJSON, of which `maxValues` bounds the number too. Throws as {@link readNdjson} does. */
export function decodeLines(bytes: Uint8Array, options: NdjsonReadingOptions = {}): unknown[] {
  const { maxValues = DEFAULT_MAX_VALUES } = options;
  const lines = new LineSplitter(options.maxLineBytes ?? Infinity, options.onBadLine !== undefined);
  const values: unknown[] = [];
  for (const texts of [lines.split(bytes), lines.end()]) {
    for (const value of readLines(texts, lines, options)) {
      if (values.push(value) > maxValues) throw limitExceeded("maxValues", maxValues);
    }
  }
  return values;
}

/**
 * The values of NDJSON, plain or rich, however its bytes are cut into chunks. Lines may end with CR LF, the last one with nothing; blank lines and a byte order
 * mark at the beginning are skipped. Never holds more than a chunk and a line. Throws as {@link deserializeFromJson} does, naming the line; of a
 * line that is cut off at the end SEALTRACE_DATA_TRUNCATED.
 */
export async function* readNdjson(
  source: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  options: NdjsonReadingOptions = {},
): AsyncGenerator<unknown, void, void> {
  for await (const values of readNdjsonByChunk(source, options)) yield* values;
}

/** {@link readNdjson}, the values of a chunk at once: each for itself would cost more on its way through the stages than to be parsed. */
export async function* readNdjsonByChunk(
  source: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  options: NdjsonReadingOptions,
): AsyncGenerator<readonly unknown[], void, void> {
  const lines = new LineSplitter(options.maxLineBytes ?? DEFAULT_MAX_LINE_BYTES, options.onBadLine !== undefined);
  for await (const chunk of source) yield* together(readLines(lines.split(chunk), lines, options));
  yield* together(readLines(lines.end(), lines, options));
}

/** One array of all; what came before an error is handed out before it. */
function* together(values: Iterable<unknown>): Generator<readonly unknown[], void, void> {
  const read: unknown[] = [];
  try {
    for (const value of values) read.push(value);
  } catch (error) {
    yield read;
    throw error;
  }
  yield read;
}

function* readLines(
  texts: Iterable<string | SealtraceError>,
  lines: LineSplitter,
  options: NdjsonReadingOptions,
): Generator<unknown, void, void> {
  for (const text of texts) {
    if (typeof text === "string" && isBlank(text)) continue;
    let value: unknown;
    try {
      value = atLine(lines.count, () => {
        if (typeof text !== "string") throw text;
        return deserializeFromJson(text, options);
      });
    } catch (error) {
      if (options.onBadLine === undefined || !(error instanceof SealtraceError)) throw error;
      options.onBadLine(error, lines.count);
      continue;
    }
    yield value;
  }
}

function isBlank(line: string): boolean {
  return line.length < MAX_BLANK && line.trim() === "";
}

const MAX_BLANK = 1_024;

function atLine<Result>(line: number, action: () => Result): Result {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof SealtraceError)) throw error;
    throw new SealtraceError(error.code, `Line ${line}: ${error.message}`, { cause: error });
  }
}
