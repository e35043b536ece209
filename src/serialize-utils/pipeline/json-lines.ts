/** NDJSON: one JSON text a line. */
import { SealtraceError } from "../../record/index.ts";
import { decodeUtf8, encodeUtf8 } from "../essentials/utf8.ts";
import { deserializeFromJson, type JsonReadingOptions } from "../json/deserialize.ts";
import { serializeToJson, type JsonOptions } from "../json/serialize.ts";
import { DEFAULT_MAX_VALUES, limitExceeded } from "../limits.ts";

/** Whatever the indentation that is asked for: a line is a value. */
export function jsonLine(value: unknown, options: JsonOptions = {}): string {
  return `${serializeToJson(value, { ...options, indent: 0 })}\n`;
}

export function encodeJsonLines(values: unknown, options?: JsonOptions): Buffer {
  if (!Array.isArray(values)) {
    throw new SealtraceError(
      "SEALTRACE_USAGE",
      `It must be an array, of which each element becomes a line, not ${values === null ? "null" : typeof values}.`,
    );
  }
  return encodeUtf8(values.map((value) => jsonLine(value, options)).join(""));
}

export function decodeJsonLines(bytes: Uint8Array, options: JsonReadingOptions = {}): unknown[] {
  const { maxValues = DEFAULT_MAX_VALUES } = options;
  const lines = new LineNumbers(options);
  const texts = decodeUtf8(bytes).split("\n");
  if (texts.at(-1) === "") texts.pop();
  if (texts.length > maxValues) throw limitExceeded("maxValues", maxValues);
  return texts.map((text) => lines.parse(text));
}

/** Parses line after line, counting them. */
export class LineNumbers {
  /** Lines so far. */
  count = 0;
  readonly #options: JsonReadingOptions;

  constructor(options: JsonReadingOptions = {}) {
    this.#options = options;
  }

  /** Throws SEALTRACE_INVALID_DATA, naming the line. */
  parse(text: string): unknown {
    this.count += 1;
    try {
      return deserializeFromJson(text, this.#options);
    } catch (cause) {
      if (!(cause instanceof SealtraceError)) throw cause;
      throw new SealtraceError(cause.code, `Line ${this.count}: ${cause.message}`, { cause });
    }
  }
}
