import { acceptedBy, type ReadingLimits, type SchemaResult, type StandardSchema } from "../../serialize-utils/index.ts";
import { readCheckedContent } from "./checksum.ts";
import { contentFormat, type FormatName } from "./content-format.ts";
import { about } from "../system/errors.ts";
import type { Gate } from "../system/gate.ts";
import { generationOf } from "./generations.ts";
import { linkTarget } from "../system/link-target.ts";
import type { LongWork } from "../system/options.ts";
import { placeOf, type Place } from "../system/place.ts";
import { readContent, type Content } from "./regular-file.ts";
import { invoke, runAsync, runSync, type Steps } from "../system/steps.ts";

export interface ReadOptions extends ReadingLimits, LongWork {
  /** Default: by the path's suffix (`.json`, `.ndjson`, `.jsonl`, `.yaml`, `.yml`), else text. */
  readonly format?: FormatName | undefined;
  /** Largest size, in bytes. Default: 64 MiB. */
  readonly maxBytes?: number | undefined;
  /** What becomes of a symbolic link in the file's place. Default: `follow`. */
  readonly symbolicLinks?: "follow" | "refuse" | undefined;
  /** Compare the content with the checksum that `writeFile` left beside it; there must be one. Default: false. */
  readonly checksum?: boolean | undefined;
  /** How many generations back: 0 is the file itself, 1 what it was before the last `writeFile` with `generations`. Default: 0. */
  readonly generation?: number | undefined;
}

export interface SchemaOption<Output> {
  /** Any Standard Schema validator: its output is the result. */
  readonly schema: StandardSchema<Output>;
}

/** What to read and how; see {@link readFile}. */
export interface ReadFile {
  <Output>(path: string, options: ReadOptions & SchemaOption<Output>): Promise<Output>;
  (path: string, options: ReadOptions & { readonly format: "text" }): Promise<string>;
  (path: string, options: ReadOptions & { readonly format: "binary" }): Promise<Buffer>;
  (path: string, options?: ReadOptions): Promise<unknown>;
}

export interface ReadFileSync {
  <Output>(path: string, options: ReadOptions & SchemaOption<Output>): Output;
  (path: string, options: ReadOptions & { readonly format: "text" }): string;
  (path: string, options: ReadOptions & { readonly format: "binary" }): Buffer;
  (path: string, options?: ReadOptions): unknown;
}

/**
 * The value in a file, decoded, validated: never half of what somebody writes at the same time. (Who writes in place instead of replacing the file, and
 * rests in the middle for longer than 20 ms, can't be told from one who has finished.) Throws a SealtraceError:
 * `SEALTRACE_FILE_MISSING`, `_DIRECTORY_UNREADABLE`, `_FILE_TOO_LARGE`, `_LINK_REFUSED`, `_FILE_CHANGED` (somebody writes to it without end),
 * `_INVALID_DATA` (not of its format, or not of its schema), `_CORRUPT` (not what its checksum says).
 */
export const readFile = (async (path: string, options: ReadOptions = {}) =>
  runAsync(readValue(placeOf(path), options), options.signal)) as ReadFile;

/** {@link readFile}, blocking. */
export const readFileSync = ((path: string, options: ReadOptions = {}) =>
  runSync(readValue(placeOf(path), options))) as ReadFileSync;

export const DEFAULT_MAX_BYTES: number = 64 * 1024 * 1024;

/** {@link readFile}, of a place. */
export function* readValue(
  place: Place,
  options: ReadOptions & Partial<SchemaOption<unknown>>,
  gate?: Gate,
): Steps<unknown> {
  const { bytes } = yield* readBytes(place, options, gate);
  return yield* decodeValue(place, bytes, options);
}

/** The content as it is stored. */
export function* readBytes(place: Place, options: ReadOptions, gate?: Gate): Steps<Content> {
  const { maxBytes = DEFAULT_MAX_BYTES, generation = 0, checksum = false, onProgress } = options;
  const follow = options.symbolicLinks !== "refuse";
  if (generation === 0 && !checksum) return yield* readContent(place, { maxBytes, follow, onProgress, gate });
  // Generations and checksums are beside what a link leads to, and so beside the file that was written through it.
  const target = follow ? yield* linkTarget(place) : place;
  const reading = { maxBytes, follow: false, onProgress, gate };
  if (checksum) return yield* readCheckedContent(target, generation, reading);
  return yield* readContent(generationOf(target, generation), reading);
}

export function* decodeValue(
  place: Place,
  bytes: Buffer,
  options: ReadOptions & Partial<SchemaOption<unknown>>,
): Steps<unknown> {
  const format = contentFormat(place.path, options.format);
  try {
    const value = format.decode(bytes, options);
    const { schema } = options;
    if (schema === undefined) return value;
    return acceptedBy(yield* invoke<SchemaResult<unknown>>(() => schema["~standard"].validate(value)));
  } catch (error) {
    throw about(place.path, error);
  }
}
