import { deserializeFromJson, type JsonReadingOptions } from "../../json/deserialize.ts";
import { decodeUtf8 } from "../../essentials/utf8.ts";
import { damageOf, type Losses, type Run } from "./losses.ts";

/** The values of the lines that are whole and parse; the others are losses. Offsets are those of all runs one after the other. */
export function salvageLines(runs: readonly Run[], options: JsonReadingOptions, losses: Losses): unknown[] {
  const values: unknown[] = [];
  let offset = 0;
  for (const { bytes, isStart, isEnd } of runs) {
    const lose = (from: number, to: number, reason: string): void => {
      if (to > from) losses.add("parse", offset + from, offset + to, reason);
    };
    // What comes after a gap begins within some line, or may.
    let at = isStart ? 0 : endOfLine(bytes, 0);
    lose(0, at, "The beginning of the line is missing.");
    while (at < bytes.length) {
      const end = endOfLine(bytes, at);
      const line = bytes.subarray(at, end);
      const isCut = line.at(-1) !== NEWLINE && !isEnd;
      const value = isCut ? undefined : parsed(line, options);
      if (value === undefined) lose(at, end, "The end of the line is missing.");
      else if ("reason" in value) lose(at, end, value.reason);
      else values.push(value.value);
      at = end;
    }
    offset += bytes.length;
  }
  return values;
}

type Parsed = { readonly value: unknown } | { readonly reason: string };

function parsed(line: Buffer, options: JsonReadingOptions): Parsed {
  try {
    return { value: deserializeFromJson(decodeUtf8(line), options) };
  } catch (error) {
    return { reason: damageOf(error) };
  }
}

function endOfLine(bytes: Buffer, from: number): number {
  const end = bytes.indexOf(NEWLINE, from);
  return end < 0 ? bytes.length : end + 1;
}

const NEWLINE = 10;
