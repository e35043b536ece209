import { SealtraceError } from "../record/index.ts";
import { writeFully } from "./atomic-write.ts";
import { contentFormat, type ContentFormat, type FormatName } from "./content-format.ts";
import { syncDescriptor, syncNames } from "./descriptor.ts";
import { fileSystemError } from "./errors.ts";
import type { Gate } from "./gate.ts";
import { whileLocked } from "./lock.ts";
import { placeOf, systemPath, type Place } from "./place.ts";
import { about } from "./read-file.ts";
import { fillFrom } from "./read-range.ts";
import { NO_FOLLOW } from "./regular-file.ts";
import { runAsync, runSync, type Steps } from "./steps.ts";
import { close, constants, fchmod, fstat, ftruncate, open } from "./system.ts";

export interface AppendOptions {
  /**
   * Default: by the path's suffix: `.ndjson` and `.jsonl` take one value, which becomes a line; else strings are text and bytes are binary. Other formats
   * can't go on at their end.
   */
  readonly format?: FormatName | undefined;
  /** On the disk when it is done. Default: true. */
  readonly durable?: boolean | undefined;
  /** Mode of a file that is made, independent of the umask. Default: 0600. */
  readonly mode?: number | undefined;
  /** A symbolic link in the file's place. Default: `refuse`. */
  readonly symbolicLinks?: "refuse" | "follow" | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Adds to the end of a file, or makes it, under the file's lock: what several threads and processes append is never mixed nor torn. All of it is added or,
 * throwing, nothing; a process that is killed in the middle may leave a beginning, which the next line of NDJSON does not run into. Throws a
 * SealtraceError: `SEALTRACE_DISK_FULL`, `_DIRECTORY_UNWRITABLE`, `_LINK_REFUSED`, `_INVALID_DATA`.
 */
export async function appendFile(path: string, value: unknown, options: AppendOptions = {}): Promise<void> {
  return runAsync(appendValue(placeOf(path), value, options), options.signal);
}

/** {@link appendFile}, blocking. */
export function appendFileSync(path: string, value: unknown, options: AppendOptions = {}): void {
  runSync(appendValue(placeOf(path), value, options));
}

/** {@link appendFile}, of a place. */
export function* appendValue(place: Place, value: unknown, options: AppendOptions, gate?: Gate): Steps<void> {
  const format = contentFormat(place.path, options.format, value);
  const bytes = encodeMore(place, format, value);
  yield* whileLocked(systemPath(place), { signal: options.signal }, (lock) =>
    appendBytes(place, bytes, {
      ...options,
      byLine: format.byLine === true,
      gate,
      lastCheck: () => {
        lock.check();
      },
    }),
  );
}

interface Appending extends AppendOptions {
  readonly byLine: boolean;
  readonly gate: Gate | undefined;
  readonly lastCheck: () => void;
}

function* appendBytes(place: Place, bytes: Uint8Array, options: Appending): Steps<void> {
  const { mode = PRIVATE, durable = true, byLine, gate, lastCheck } = options;
  const noFollow = options.symbolicLinks === "follow" ? 0 : NO_FOLLOW;
  try {
    const flags = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | noFollow;
    const descriptor = yield* open(systemPath(place), flags, mode);
    let isNew: boolean;
    try {
      const status = yield* fstat(descriptor);
      isNew = status.size === 0;
      gate?.file(status);
      if (isNew) gate?.content(bytes, bytes.length);
      gate?.growth(bytes.length);
      if (isNew && (status.mode & 0o7777) !== mode) yield* fchmod(descriptor, mode);
      const torn = byLine && !isNew && (yield* endsWithinLine(descriptor, status.size));
      lastCheck();
      yield* addWhole(descriptor, status.size, torn ? Buffer.concat([NEWLINE, bytes]) : bytes);
      if (durable) yield* syncDescriptor(descriptor);
    } finally {
      yield* close(descriptor);
    }
    if (isNew && durable) yield* syncNames(place);
  } catch (error) {
    throw fileSystemError(error, place.path, "write");
  }
}

const PRIVATE = 0o600;

function encodeMore({ path }: Place, { encodeMore: encode }: ContentFormat, value: unknown): Uint8Array {
  if (encode === undefined) {
    throw new SealtraceError(
      "SEALTRACE_USAGE",
      `Nothing can be appended to ${path}, which is one value as a whole: use updateFile, or NDJSON.`,
    );
  }
  try {
    return encode(value);
  } catch (error) {
    throw about(path, error);
  }
}

/** What was not written whole is taken back. */
function* addWhole(descriptor: number, size: number, bytes: Uint8Array): Steps<void> {
  try {
    yield* writeFully(descriptor, bytes);
  } catch (error) {
    try {
      yield* ftruncate(descriptor, size);
    } catch {
      // Then the beginning stays; the first error says more.
    }
    throw error;
  }
}

/** A killed process may not have ended its line: the next one is not to run into it. */
function* endsWithinLine(descriptor: number, size: number): Steps<boolean> {
  return !(yield* fillFrom(descriptor, Buffer.alloc(1), size - 1)).equals(NEWLINE);
}

const NEWLINE = Buffer.from("\n");
