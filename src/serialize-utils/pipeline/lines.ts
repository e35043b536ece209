import { SealtraceError } from "../../record/index.ts";
import type { JsonReadingOptions } from "../json/deserialize.ts";
import { LineNumbers } from "./json-lines.ts";
import { Utf8Stream } from "./utf8-stream.ts";

export interface LineOptions {
  /** Largest line, in UTF-16 units; a stream that never ends its line must not fill the memory. Default: 16 Mi. */
  readonly maxLineLength?: number | undefined;
}

/** The values of NDJSON that comes in pieces. The last line needs no line feed. Throws SEALTRACE_INVALID_DATA, naming the line. */
export async function* valuesOfLines(
  pieces: AsyncIterable<Uint8Array>,
  options: LineOptions & JsonReadingOptions,
): AsyncGenerator {
  const { maxLineLength = DEFAULT_MAX_LINE_LENGTH } = options;
  const decoder = new Utf8Stream();
  const lines = new LineNumbers(options);
  let begun = "";
  for await (const piece of pieces) {
    const more = decoder.decode(piece);
    if (more.includes("\n")) {
      const texts = (begun + more).split("\n");
      begun = texts.pop() as string;
      for (const text of texts) yield lines.parse(text);
    } else {
      begun += more;
    }
    if (begun.length > maxLineLength) {
      throw new SealtraceError(
        "SEALTRACE_LIMIT_EXCEEDED",
        `Line ${lines.count + 1} is longer than ${maxLineLength} UTF-16 units. If that is right, raise maxLineLength.`,
      );
    }
  }
  decoder.end();
  if (begun !== "") yield lines.parse(begun);
}

const DEFAULT_MAX_LINE_LENGTH: number = 16 * 1024 * 1024;
