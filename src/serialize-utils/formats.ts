/** The one table of formats and their suffixes. A format is added by a line in `FORMATS`. */
import { SealtraceError } from "../record/index.ts";
import { deserializeFromCbor } from "./cbor/read.ts";
import { readCborSequence } from "./cbor/sequence.ts";
import { serializeToCbor } from "./cbor/write.ts";
import { decodeUtf8, encodeUtf8 } from "./essentials/utf8.ts";
import { deserializeFromJson, type JsonReadingOptions } from "./json/deserialize.ts";
import { decodeLines, encodeLines, jsonLine } from "./json/ndjson.ts";
import { serializeToJson, type JsonOptions } from "./json/serialize.ts";
import { deserializeFromMessagePack } from "./message-pack/read.ts";
import { readMessagePackSequence } from "./message-pack/sequence.ts";
import { serializeToMessagePack } from "./message-pack/write.ts";
import { deserializeFromPickle } from "./pickle/read/deserialize-from-pickle.ts";
import { serializeToPickle } from "./pickle/write/serialize-to-pickle.ts";
import { deserializeFromProtobuf, serializeToProtobuf } from "./protobuf/serialize.ts";
import { deserializeFromYaml } from "./yaml/deserialize.ts";
import { serializeToYaml } from "./yaml/serialize.ts";

/**
 * - `text`: a string, as UTF-8
 * - `binary`: bytes as they are
 * - `json`: JSON
 * - `ndjson`: an array, one value a line, each as JSON
 * - `yaml`: YAML 1.2
 * - `messagepack`: MessagePack; as a stream, one value after the other
 * - `cbor`: CBOR, deterministic (RFC 8949); as a stream, a CBOR sequence (RFC 8742)
 * - `protobuf`: a message `sealtrace.Value` (`schemas/sealtrace-value.proto`), which holds any value
 * - `pickle`: Python's pickle
 */
export type FormatName =
  "text" | "binary" | "json" | "ndjson" | "yaml" | "messagepack" | "cbor" | "protobuf" | "pickle";

export interface Format {
  /** The first one is written. */
  readonly suffixes: readonly string[];
  readonly encode: (value: unknown, options?: JsonOptions) => Uint8Array;
  readonly decode: (bytes: Uint8Array, options?: JsonReadingOptions) => unknown;
  /** One value more, after what is there; undefined where a content can't simply go on. */
  readonly encodeMore?: (value: unknown, options?: JsonOptions) => Uint8Array;
  /** Each value is a line. */
  readonly byLine?: true;
  /** Values that follow each other, each as `encode` gives it, in constant memory; undefined where a content is one value. */
  readonly readSequence?: (source: AsyncIterable<Uint8Array>, options?: JsonReadingOptions) => AsyncIterable<unknown>;
}

export const FORMATS: Readonly<Record<FormatName, Format>> = {
  text: { suffixes: ["txt"], encode: textBytes, decode: decodeUtf8, encodeMore: textBytes },
  binary: { suffixes: ["bin"], encode: expectBytes, decode: (bytes) => bytes, encodeMore: expectBytes },
  json: {
    suffixes: ["json"],
    encode: (value, options) => encodeUtf8(`${serializeToJson(value, options)}\n`),
    decode: (bytes, options) => deserializeFromJson(decodeUtf8(bytes), options),
  },
  ndjson: {
    suffixes: ["ndjson", "jsonl"],
    encode: encodeLines,
    decode: decodeLines,
    encodeMore: (value, options) => encodeUtf8(jsonLine(value, options)),
    byLine: true,
  },
  yaml: {
    suffixes: ["yaml", "yml"],
    encode: (value, options) => encodeUtf8(serializeToYaml(value, { classes: options?.classes })),
    decode: (bytes, options) => deserializeFromYaml(decodeUtf8(bytes), options),
  },
  messagepack: {
    suffixes: ["msgpack", "mpk"],
    encode: serializeToMessagePack,
    decode: deserializeFromMessagePack,
    readSequence: readMessagePackSequence,
  },
  cbor: { suffixes: ["cbor"], encode: serializeToCbor, decode: deserializeFromCbor, readSequence: readCborSequence },
  // Not `pb`: that is any message, and this is one.
  protobuf: {
    suffixes: ["pbvalue"],
    encode: (value, options) => serializeToProtobuf(value, { classes: options?.classes }),
    decode: (bytes, options) => deserializeFromProtobuf(bytes, options),
  },
  pickle: {
    suffixes: ["pkl", "pickle"],
    encode: (value, options) => serializeToPickle(value, { classes: options?.classes }),
    decode: deserializeFromPickle,
  },
};

export const FORMAT_NAMES: readonly FormatName[] = Object.keys(FORMATS) as FormatName[];

/** Throws SEALTRACE_USAGE for a name that there is not. */
export function formatOf(name: FormatName): Format {
  if (Object.hasOwn(FORMATS, name)) return FORMATS[name];
  throw new SealtraceError(
    "SEALTRACE_USAGE",
    `There is no format ${name as string}: take one of ${FORMAT_NAMES.join(", ")}.`,
  );
}

/** The format of a suffix, in lower case and without its dot. */
export function formatBySuffix(suffix: string): FormatName | undefined {
  return FORMAT_NAMES.find((name) => FORMATS[name].suffixes.includes(suffix));
}

function textBytes(value: unknown): Uint8Array {
  if (typeof value === "string") return encodeUtf8(value);
  throw wrongValue("a string; for anything else name the format", value);
}

function expectBytes(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw wrongValue("a Uint8Array or Buffer", value);
}

function wrongValue(expected: string, value: unknown): SealtraceError {
  return new SealtraceError(
    "SEALTRACE_USAGE",
    `It must be ${expected}, not ${value === null ? "null" : typeof value}.`,
  );
}
