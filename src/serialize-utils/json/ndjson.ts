import { isUtf8 } from "node:buffer";
import { SealtraceError } from "../../record/index.ts";
import { decodeUtf8, encodeUtf8 } from "../essentials/utf8.ts";
import { DEFAULT_MAX_BYTES, limitExceeded } from "../limits.ts";
import { deserializeFromJson, type JsonReadingOptions } from "./deserialize.ts";
import { serializeToJson, type JsonOptions } from "./serialize.ts";

export type NdjsonWritingOptions = Omit<JsonOptions, "indent">;

/** The limits hold for each line; how many there are is not limited. */
export interface NdjsonReadingOptions extends JsonReadingOptions {
  /** Is told of a line that can't be read, counted from 1, and reading goes on with the next. Default: reading ends with the error. */
  readonly onBadLine?: ((error: SealtraceError, line: number) => void) | undefined;
}

/**
 * NDJSON, one value a line, each as {@link serializeToJson} writes it, in UTF-8 and in chunks of about 64 KiB. An object that stands in two lines is written
 * twice. Throws as that does, naming the line.
 */
export async function* writeNdjson(
  values: Iterable<unknown> | AsyncIterable<unknown>,
  { classes, rich }: NdjsonWritingOptions = {},
): AsyncGenerator<Buffer, void, void> {
  let lines = "";
  let line = 0;
  for await (const value of values) {
    line += 1;
    lines += `${atLine(line, () => serializeToJson(value, { classes, rich }))}\n`;
    if (lines.length < CHUNK) continue;
    yield encodeUtf8(lines);
    lines = "";
  }
  if (lines !== "") yield encodeUtf8(lines);
}

const CHUNK = 65_536;

/**
 * The values of NDJSON, plain or rich, however its bytes are cut into chunks. Lines may end with CR LF, the last one with nothing; blank lines and a byte order
 * mark at the beginning are skipped. Never holds more than a chunk and a line. Throws as {@link deserializeFromJson} does, naming the line; of a
 * line that is cut off at the end SEALTRACE_DATA_TRUNCATED.
 */
export async function* readNdjson(
  source: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  options: NdjsonReadingOptions = {},
): AsyncGenerator<unknown, void, void> {
  const lines = new LineSplitter(options.maxBytes ?? DEFAULT_MAX_BYTES);
  for await (const chunk of source) yield* readLines(lines.split(chunk), lines, options);
  yield* readLines(lines.end(), lines, options);
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

/** Cuts bytes into lines of text. Of a line that can't be one, the error stands in its place. */
class LineSplitter {
  /** Lines that were handed out. */
  count = 0;
  readonly #maxBytes: number;
  /** The beginning of a line. */
  #parts: Uint8Array[] = [];
  #length = 0;
  /** The line is too long already: its rest is skipped. */
  #isTooLong = false;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  *split(chunk: Uint8Array): Generator<string | SealtraceError, void, void> {
    const first = chunk.indexOf(NEWLINE);
    if (first < 0) {
      this.#keep(chunk);
      return;
    }
    this.#keep(chunk.subarray(0, first));
    yield this.#take();
    const last = chunk.lastIndexOf(NEWLINE);
    if (last > first) yield* this.#wholeLines(chunk.subarray(first + 1, last));
    this.#keep(chunk.subarray(last + 1));
  }

  /** What comes after the last newline. */
  *end(): Generator<string | SealtraceError, void, void> {
    if (this.#length > 0 || this.#isTooLong) yield this.#take();
  }

  #keep(bytes: Uint8Array): void {
    this.#length += bytes.length;
    if (this.#isTooLong || this.#length > this.#maxBytes) {
      this.#isTooLong = true;
      this.#parts = [];
    } else if (bytes.length > 0) {
      // A copy: who gave the chunk may use its memory again.
      this.#parts.push(bytes.slice());
    }
  }

  #take(): string | SealtraceError {
    const bytes = Buffer.concat(this.#parts);
    const isTooLong = this.#isTooLong;
    this.#parts = [];
    this.#length = 0;
    this.#isTooLong = false;
    this.count += 1;
    if (isTooLong) return limitExceeded("maxBytes", this.#maxBytes);
    try {
      return this.count === 1 ? decodeUtf8(bytes) : decodeLine(bytes);
    } catch (error) {
      return error as SealtraceError;
    }
  }

  /** All at once, which is much faster, unless one is wrong. */
  *#wholeLines(bytes: Uint8Array): Generator<string | SealtraceError, void, void> {
    if (bytes.length <= this.#maxBytes && isUtf8(bytes)) {
      for (const line of textOf(bytes).split("\n")) {
        this.count += 1;
        yield line;
      }
      return;
    }
    for (let start = 0, end = 0; end >= 0; start = end + 1) {
      end = bytes.indexOf(NEWLINE, start);
      this.#keep(bytes.subarray(start, end < 0 ? bytes.length : end));
      yield this.#take();
    }
  }
}

const NEWLINE = 10;

/** Leaves a byte order mark where it is: only at the very beginning it is one. */
function decodeLine(bytes: Uint8Array): string {
  return isUtf8(bytes) ? textOf(bytes) : decodeUtf8(bytes);
}

function textOf({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString();
}
