import { SealtraceError } from "../../record/index.ts";
import { acceptedBy, type SchemaResult, type StandardSchema } from "../../serialize-utils/index.ts";
import { isStill, readCheckedContent } from "./checksum.ts";
import { about } from "../system/errors.ts";
import type { Gate } from "../system/gate.ts";
import { generationOf, MAX_GENERATIONS } from "./generations.ts";
import { linkTarget } from "../system/link-target.ts";
import type { LongWork } from "../system/options.ts";
import { placeOf, type Place } from "../system/place.ts";
import { readContent, type Content } from "./regular-file.ts";
import { signaturesOf } from "./signature-file.ts";
import { decodeStages, DEFAULT_MAX_BYTES, type ReadStages } from "./stages.ts";
import { cancellable, invoke, runAsync, runSync, type Steps } from "../system/steps.ts";

export interface ReadOptions extends ReadStages, LongWork {
  /** Largest size, in bytes, as it is stored and once it is decompressed. Default: 64 MiB. */
  readonly maxBytes?: number | undefined;
  /** What becomes of a symbolic link in the file's place. Default: `follow`. */
  readonly symbolicLinks?: "follow" | "refuse" | undefined;
  /** Compare the content with the checksum that `writeFile` left beside it; there must be one. Default: false. */
  readonly checksum?: boolean | undefined;
  /** How many generations back: 0 is the file itself, 1 what it was before the last `writeFile` with `generations`. Default: 0. */
  readonly generation?: number | undefined;
  /**
   * Where the file is damaged, missing or not rightly signed, the newest older generation that is right is read instead, and this is told before. What is
   * expected of `claims.generation` is then not asked. Default: an error.
   */
  readonly onOlderGeneration?: ((warning: OlderGeneration) => void) | undefined;
}

/** What was read instead of the file itself. */
export interface OlderGeneration {
  readonly generation: number;
  /** Why the file itself, and the generations between, could not be read. */
  readonly error: SealtraceError;
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

/** {@link readFile}, of a place. */
export function* readValue(
  place: Place,
  options: ReadOptions & Partial<SchemaOption<unknown>>,
  gate?: Gate,
): Steps<unknown> {
  return (yield* readDecoded(place, options, gate)).value;
}

export interface DecodedContent {
  readonly value: unknown;
  /** That of an older generation was taken. */
  readonly isOlder: boolean;
  readonly content: Content;
}

/** The content as it is stored, and its value. `given` is the file as it was named, which says what it is; `place` is where it is. */
export function* readDecoded(
  place: Place,
  options: ReadOptions & Partial<SchemaOption<unknown>>,
  gate?: Gate,
  given: Place = place,
): Steps<DecodedContent> {
  const { onOlderGeneration, generation = 0, claims } = options;
  try {
    return { ...(yield* readOneGeneration(place, options, gate, given)), isOlder: false };
  } catch (error) {
    if (onOlderGeneration === undefined || !(error instanceof SealtraceError) || !MAY_BE_DAMAGE.has(error.code))
      throw error;
    const older = { ...options, claims: { ...claims, generation: undefined } };
    for (let from = generation + 1; from <= MAX_GENERATIONS; from += 1) {
      try {
        const decoded = yield* readOneGeneration(place, { ...older, generation: from }, gate, given);
        onOlderGeneration({ generation: from, error });
        return { ...decoded, isOlder: true };
      } catch (another) {
        if (!(another instanceof SealtraceError) || !MAY_BE_DAMAGE.has(another.code)) throw another;
      }
    }
    throw error;
  }
}

/** Not what the caller did wrong, nor what the system refuses. */
const MAY_BE_DAMAGE: ReadonlySet<string> = new Set([
  "SEALTRACE_FILE_MISSING",
  "SEALTRACE_CORRUPT",
  "SEALTRACE_INVALID_DATA",
  "SEALTRACE_DATA_TRUNCATED",
  "SEALTRACE_DATA_TRAILING",
  "SEALTRACE_DATA_CONCATENATED",
  "SEALTRACE_SIGNATURE_INVALID",
  "SEALTRACE_DECRYPTION_FAILED",
]);

function* readOneGeneration(
  place: Place,
  options: ReadOptions & Partial<SchemaOption<unknown>>,
  gate: Gate | undefined,
  given: Place,
): Steps<Omit<DecodedContent, "isOlder">> {
  for (;;) {
    const content = yield* readBytes(place, options, gate);
    if (options.publicKey === undefined) return { content, value: yield* decodeValue(given, content.bytes, options) };
    const { generation = 0, symbolicLinks } = options;
    const target = symbolicLinks === "refuse" ? place : yield* linkTarget(place);
    const signatures = yield* signaturesOf(target, generation);
    try {
      return { content, value: yield* decodeValue(given, content.bytes, options, signatures) };
    } catch (error) {
      if (!(error instanceof SealtraceError) || error.stage !== "verify") throw error;
      // Between reading the one and the other somebody may have replaced both.
      if (yield* isStill(generationOf(target, generation), content)) throw error;
    }
    yield* cancellable();
  }
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
  signatures: readonly string[] = [],
): Steps<unknown> {
  try {
    const value = yield* decodeWithAny(place, bytes, options, signatures);
    const { schema } = options;
    if (schema === undefined) return value;
    return acceptedBy(yield* invoke<SchemaResult<unknown>>(() => schema["~standard"].validate(value)));
  } catch (error) {
    throw about(place.path, error);
  }
}

/** The signature that is right is taken; of none, the error is that of the first. */
function* decodeWithAny(
  place: Place,
  bytes: Buffer,
  options: ReadOptions,
  [first, ...others]: readonly string[],
): Steps<unknown> {
  try {
    return yield* decodeStages(place, bytes, options, first);
  } catch (error) {
    for (const signature of (error as SealtraceError).stage === "verify" ? others : []) {
      try {
        return yield* decodeStages(place, bytes, options, signature);
      } catch (another) {
        if ((another as SealtraceError).stage !== "verify") throw another;
      }
    }
    throw error;
  }
}
