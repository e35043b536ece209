/** How a value stands in a file: chosen by the suffix of its name, or by an option. */
import { SealtraceError } from "../../record/index.ts";
import {
  decodeUtf8,
  deserializeFromJson,
  deserializeFromYaml,
  encodeUtf8,
  serializeToJson,
  serializeToYaml,
  type ReadingLimits,
} from "../../serialize-utils/index.ts";

/**
 * - `text`: a string, as UTF-8
 * - `binary`: bytes as they are
 * - `json`: plain data
 * - `ndjson`: an array of plain data, one value a line
 * - `yaml`: plain data, YAML 1.2
 */
export type FormatName = "text" | "binary" | "json" | "ndjson" | "yaml";

export interface ContentFormat {
  encode(value: unknown): Uint8Array;
  decode(bytes: Buffer, limits: ReadingLimits): unknown;
  /** One value more at the end of a file; undefined where a file can't simply go on. */
  readonly encodeMore?: ((value: unknown) => Uint8Array) | undefined;
  /** Each value is a line. */
  readonly byLine?: true;
}

const FORMATS: Readonly<Record<FormatName, ContentFormat>> = {
  text: {
    encode: (value) => encodeUtf8(expectType(value, "string")),
    decode: decodeUtf8,
    encodeMore: (value) => encodeUtf8(expectType(value, "string")),
  },
  binary: { encode: expectBytes, decode: (bytes) => bytes, encodeMore: expectBytes },
  json: {
    encode: (value) => encodeUtf8(`${serializeToJson(value, { indent: 2 })}\n`),
    decode: (bytes, limits) => deserializeFromJson(decodeUtf8(bytes), limits),
  },
  ndjson: {
    encode: (value) => encodeUtf8(expectArray(value).map(jsonLine).join("")),
    decode: decodeLines,
    encodeMore: (value) => encodeUtf8(jsonLine(value)),
    byLine: true,
  },
  yaml: {
    encode: (value) => encodeUtf8(serializeToYaml(value)),
    decode: (bytes, limits) => deserializeFromYaml(decodeUtf8(bytes), limits),
  },
};

const SUFFIXES: Readonly<Record<string, FormatName>> = {
  json: "json",
  ndjson: "ndjson",
  jsonl: "ndjson",
  yaml: "yaml",
  yml: "yaml",
};

/**
 * The format that a path's suffix asks for, or the option. Where neither says anything, it is text; bytes are written as they are. This is the one
 * place where suffixes are read: those of compression and encryption (`report.json.zst.age`) will wrap what stands before them.
 */
export function contentFormat(path: string, name: FormatName | undefined, value?: unknown): ContentFormat {
  if (name !== undefined) {
    if (Object.hasOwn(FORMATS, name)) return FORMATS[name];
    throw new SealtraceError(
      "SEALTRACE_USAGE",
      `There is no format ${name as string}: take one of ${Object.keys(FORMATS).join(", ")}.`,
    );
  }
  if (value instanceof Uint8Array) return FORMATS.binary;
  const suffix = /\.([^./\\]+)$/.exec(path)?.[1]?.toLowerCase() ?? "";
  return FORMATS[(Object.hasOwn(SUFFIXES, suffix) ? SUFFIXES[suffix] : undefined) ?? "text"];
}

function decodeLines(bytes: Buffer, limits: ReadingLimits): unknown[] {
  const lines = decodeUtf8(bytes).split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines.map((line, i) => {
    try {
      return deserializeFromJson(line, limits);
    } catch (cause) {
      throw new SealtraceError("SEALTRACE_INVALID_DATA", `Line ${i + 1}: ${(cause as Error).message}`, { cause });
    }
  });
}

function jsonLine(value: unknown): string {
  return `${serializeToJson(value)}\n`;
}

function expectArray(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value as readonly unknown[];
  throw wrongValue("an array, of which each element becomes a line", value);
}

function expectType(value: unknown, type: "string"): string {
  if (typeof value === type) return value as string;
  throw wrongValue("a string; for anything else name the format", value);
}

function expectBytes(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw wrongValue("a Uint8Array or Buffer", value);
}

function wrongValue(expected: string, value: unknown): SealtraceError {
  return new SealtraceError(
    "SEALTRACE_USAGE",
    `This file takes ${expected}, not ${value === null ? "null" : typeof value}.`,
  );
}
