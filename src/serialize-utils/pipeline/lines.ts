import { SealtraceError } from "../../record/index.ts";
import type { JsonReadingOptions } from "../json/deserialize.ts";
import { LineNumbers } from "./json-lines.ts";
import { Utf8Stream } from "./utf8-stream.ts";

export interface LineOptions {
  /** Largest line, in UTF-16 units; a stream that never ends its line must not fill the memory. Default: 16 Mi. */
  readonly maxLineLength?: number | undefined;
}

/**
 * The values of NDJSON that comes in pieces, those of a piece at once: each for itself would cost more on its way than to be parsed. The last line needs no line
 * feed. Throws SEALTRACE_INVALID_DATA, naming the line, after the values before it.
 */
export async function* valuesOfLines(
  pieces: AsyncIterable<Uint8Array>,
  options: LineOptions & JsonReadingOptions,
): AsyncGenerator<readonly unknown[]> {
  const { maxLineLength = DEFAULT_MAX_LINE_LENGTH } = options;
  const decoder = new Utf8Stream();
  const lines = new LineNumbers(options);
  let begun = "";
  for await (const piece of pieces) {
    const more = decoder.decode(piece);
    if (more.includes("\n")) {
      const texts = (begun + more).split("\n");
      begun = texts.pop() as string;
      yield* parsed(lines, texts);
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
  if (begun !== "") yield* parsed(lines, [begun]);
}

function* parsed(lines: LineNumbers, texts: readonly string[]): Generator<readonly unknown[]> {
  const values: unknown[] = [];
  try {
    for (const text of texts) values.push(lines.parse(text));
  } catch (error) {
    yield values;
    throw error;
  }
  yield values;
}

const DEFAULT_MAX_LINE_LENGTH: number = 16 * 1024 * 1024;
