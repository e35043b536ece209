import type { BigIntStats } from "node:fs";
import { SealtraceError } from "../../record/index.ts";
import { checkMode, writeFully } from "./atomic-write.ts";
import { stagesOfFile, type FileStages, type FormatOptions } from "./content-format.ts";
import { syncDescriptor, syncNames } from "../system/descriptor.ts";
import { fileSystemError, isMissing } from "../system/errors.ts";
import type { Gate } from "../system/gate.ts";
import { linkTarget } from "../system/link-target.ts";
import { whileLocked } from "../locks/lock.ts";
import { SNIFFED_BYTES } from "./media-type.ts";
import { placeOf, systemPath, type Place } from "../system/place.ts";
import { about } from "../system/errors.ts";
import { fillFrom } from "../essentials/read-range.ts";
import { closeRead, NO_FOLLOW, notRegular, refuseLinkByLook } from "./regular-file.ts";
import { runAsync, runSync, type Steps } from "../system/steps.ts";
import { close, constants, exactStat, fchmod, fstat, ftruncate, NON_BLOCKING, open } from "../system/calls.ts";

export interface AppendOptions extends FormatOptions {
  /**
   * Default: by the path's suffix: `.ndjson` and `.jsonl` take one value, which becomes a line; else strings are text and bytes are binary. Other formats
   * can't go on at their end.
   */
  readonly format?: FormatOptions["format"];
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
export function* appendValue(given: Place, value: unknown, options: AppendOptions, gate?: Gate): Steps<void> {
  checkMode(options.mode);
  const stages = stagesOfFile(given.path, options, value);
  const bytes = encodeMore(given, stages, value);
  const place = options.symbolicLinks === "follow" ? yield* linkTarget(given) : given;
  yield* whileLocked(systemPath(place), { signal: options.signal }, (lock) =>
    appendBytes(place, bytes, {
      ...options,
      byLine: stages.format.byLine === true,
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
  const { durable = true, byLine, gate, lastCheck } = options;
  try {
    const { descriptor, isMade } = yield* openForMore(place, bytes, options);
    try {
      const status = yield* exactStat(descriptor);
      if (!status.isFile()) throw notRegular(place);
      const size = Number(status.size);
      if (gate !== undefined && !isMade) {
        if (!gate.mayReplace) throw Object.assign(new Error("not new"), { code: "EEXIST" });
        gate.file(status);
        gate.content(Buffer.concat([yield* headOf(descriptor, size), bytes]), size + bytes.length);
        gate.growth(bytes.length);
      }
      const isTorn = byLine && size > 0 && (yield* endsWithinLine(descriptor, size));
      // Also a name that somebody else made: whoever that was may not have seen to it.
      if (durable && (isMade || !hasDurableName(place, status))) yield* syncNames(place);
      lastCheck();
      yield* addWhole(descriptor, size, isTorn ? Buffer.concat([NEWLINE, bytes]) : bytes, options);
      if (durable) rememberDurableName(place, status);
    } catch (error) {
      yield* closeRead(descriptor);
      throw error;
    }
    // Some file systems tell only on closing that they could not write; but not of what was brought to the disk.
    if (durable) yield* closeRead(descriptor);
    else yield* close(descriptor);
  } catch (error) {
    throw fileSystemError(error, place.path, "write");
  }
}

/** Without making an existing file anything but longer: not even of another mode. */
function* openForMore(
  place: Place,
  bytes: Uint8Array,
  { mode = PRIVATE, byLine, gate }: Appending,
): Steps<{ readonly descriptor: number; readonly isMade: boolean }> {
  const path = systemPath(place);
  // A file that one may write to and not read can be added to; but not by lines, of which the last one must be looked at.
  // Nor where somebody asks what becomes of it.
  const flags = ADDING | (byLine || gate !== undefined ? constants.O_RDWR : constants.O_WRONLY);
  yield* refuseLinkByLook(place);
  for (;;) {
    try {
      return { descriptor: yield* open(path, flags), isMade: false };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENXIO") throw notRegular(place, error);
      if (!isMissing(error)) throw error;
    }
    // A refusal leaves no empty file.
    gate?.content(bytes, bytes.length);
    gate?.growth(bytes.length);
    try {
      const descriptor = yield* open(path, flags | constants.O_CREAT | constants.O_EXCL, PRIVATE);
      try {
        if (((yield* fstat(descriptor)).mode & 0o7777) !== mode) yield* fchmod(descriptor, mode);
        return { descriptor, isMade: true };
      } catch (error) {
        yield* close(descriptor);
        throw error;
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
}

function headOf(descriptor: number, size: number): Steps<Buffer> {
  return fillFrom(descriptor, Buffer.alloc(Math.min(size, SNIFFED_BYTES)), 0);
}

const ADDING = constants.O_APPEND | NO_FOLLOW | NON_BLOCKING;

/** Names that this process has brought to the disk: once is enough. */
const durableNames = new Set<string>();
const MAX_DURABLE_NAMES = 1_000;

function hasDurableName(place: Place, status: BigIntStats): boolean {
  return durableNames.has(nameKey(place, status));
}

function rememberDurableName(place: Place, status: BigIntStats): void {
  if (durableNames.size >= MAX_DURABLE_NAMES) durableNames.clear();
  durableNames.add(nameKey(place, status));
}

/** With the time of birth, for a new file may get the number of one that was removed. */
function nameKey({ name }: Place, { dev, ino, birthtimeNs }: BigIntStats): string {
  return `${dev} ${ino} ${birthtimeNs} ${name}`;
}

const PRIVATE = 0o600;

function encodeMore({ path }: Place, { format, compression, isEncrypted }: FileStages, value: unknown): Uint8Array {
  const { encodeMore: encode } = format;
  if (isEncrypted || compression !== undefined) {
    throw new SealtraceError(
      "SEALTRACE_USAGE",
      `Nothing can be appended to ${path}, which is ${isEncrypted ? "encrypted" : "compressed"} as a whole: use updateFile, or append to a file that is not.`,
    );
  }
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

/** What was not written whole, or may not be on the disk, is taken back: nobody is to find in the file what its writer was told is not there. */
function* addWhole(descriptor: number, size: number, bytes: Uint8Array, { durable = true }: Appending): Steps<void> {
  try {
    yield* writeFully(descriptor, bytes);
    if (durable) yield* syncDescriptor(descriptor);
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
