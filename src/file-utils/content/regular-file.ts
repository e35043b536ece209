/** Opening and reading regular files: bounded, and never half of what somebody is writing. */
import type { BigIntStats } from "node:fs";
import { SealtraceError } from "../../record/index.ts";
import { fileSystemError } from "../system/errors.ts";
import type { Gate } from "../system/gate.ts";
import type { Progress } from "../system/options.ts";
import { systemPath, type Place } from "../system/place.ts";
import { fillFrom } from "../essentials/read-range.ts";
import { cancellable, pause, type Steps } from "../system/steps.ts";
import { close, constants, exactStat, lstat, NON_BLOCKING, open, read } from "../system/calls.ts";

export interface OpenFile {
  readonly descriptor: number;
  readonly status: BigIntStats;
}

/** A file and what it was like when it was read. */
export interface Content {
  readonly bytes: Buffer;
  readonly status: BigIntStats;
  /** Whoever has written to it since has left another status; false for a file that had just been written. */
  readonly settled: boolean;
}

/** Opens for reading what must be a regular file: a pipe or device could hang, or do something. */
export function* openRegularFile(place: Place, follow: boolean): Steps<OpenFile> {
  try {
    if (!follow) yield* refuseLinkByLook(place);
    const descriptor = yield* open(systemPath(place), HARMLESSLY | (follow ? 0 : NO_FOLLOW));
    try {
      const status = yield* exactStat(descriptor);
      if (status.isFile()) return { descriptor, status };
      if (status.isDirectory()) throw Object.assign(new Error("a directory"), { code: "EISDIR" });
      throw notRegular(place);
    } catch (error) {
      yield* closeRead(descriptor);
      throw error;
    }
  } catch (error) {
    // What opening a socket gives, or a device that is not there.
    if ((error as NodeJS.ErrnoException).code === "ENXIO") throw notRegular(place, error);
    throw fileSystemError(error, place.path, "read");
  }
}

/** Where no file can be opened without following links (Windows): a look before, which somebody quick can get round. */
export function* refuseLinkByLook(place: Place): Steps<void> {
  if (NO_FOLLOW !== 0) return;
  const status = yield* lstat(systemPath(place));
  if (status.isSymbolicLink()) throw Object.assign(new Error("a symbolic link"), { code: "ELOOP" });
}

/** Closes what was only read, or is on the disk already: it is closed even where the system complains, and nothing can be lost by it. */
export function* closeRead(descriptor: number): Steps<void> {
  try {
    yield* close(descriptor);
  } catch {
    // Whatever it was.
  }
}

export function notRegular({ path }: Place, cause?: unknown): SealtraceError {
  return new SealtraceError(
    "SEALTRACE_USAGE",
    `${path} is no regular file but a pipe, socket or device: give a file.`,
    { cause },
  );
}

/** Windows does not have it: see {@link refuseLinkByLook}. */
const { O_NOFOLLOW = 0 } = constants as Partial<typeof constants>;
export const NO_FOLLOW: number = O_NOFOLLOW;
const HARMLESSLY = constants.O_RDONLY | NON_BLOCKING;

export interface ReadingOptions {
  readonly maxBytes: number;
  readonly follow: boolean;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  readonly gate?: Gate | undefined;
}

/**
 * The whole of a regular file. Where somebody writes to it meanwhile, it is read again; throws SEALTRACE_FILE_CHANGED when that does not
 * end. Who replaces files (`writeFile`) never causes that: the file that was opened stays as it was.
 */
export function* readContent(place: Place, options: ReadingOptions): Steps<Content> {
  checkMaxBytes(options.maxBytes);
  const { descriptor, status: opened } = yield* openRegularFile(place, options.follow);
  try {
    options.gate?.file(opened);
    let before = opened;
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const bytes = yield* readToEnd(descriptor, before, place, options);
      const after = yield* exactStat(descriptor);
      const unsettled = unsettledFor(after);
      const isSame = sameState(before, after);
      const isWhole = unsettled === 0 || isComputed(after, bytes);
      if (isSame && (isWhole || (isNewborn(after) && (yield* readsAgain(descriptor, bytes))))) {
        options.gate?.content(bytes, bytes.length);
        return { bytes, status: after, settled: unsettled === 0 };
      }
      before = after;
      yield* pause(isSame ? Math.max(1, unsettled) : 2 ** attempt);
      yield* cancellable();
    }
  } catch (error) {
    throw fileSystemError(error, place.path, "read");
  } finally {
    yield* closeRead(descriptor);
  }
  throw new SealtraceError(
    "SEALTRACE_FILE_CHANGED",
    `${place.path} was written to again and again while it was read. Read it when its writer has finished, or have it written by writeFile or under withLock.`,
  );
}

const MAX_ATTEMPTS = 8;

/** The system's clock for files ticks slowly: two writes within one tick leave the same time. */
const TICK_MS = 20;

/** For how many milliseconds a change may still leave no trace in the file's status: a writer may be in the middle of it. 0: none. */
export function unsettledFor({ mtimeMs }: BigIntStats): number {
  return Math.max(0, TICK_MS - Math.abs(Date.now() - Number(mtimeMs)));
}

/**
 * Written as soon as it was made, as what `writeFile` has just put there: that is whole, and need not be waited for. A file that was there before and
 * has just been written to has a writer who may not have finished; and an empty one, one who may not have begun.
 */
function isNewborn({ birthtimeNs, mtimeNs, size }: BigIntStats): boolean {
  return size > 0n && mtimeNs - birthtimeNs < BigInt(TICK_MS) * 1_000_000n;
}

/** As the files in /proc are, anew whenever somebody reads them. */
function isComputed({ size }: BigIntStats, bytes: Buffer): boolean {
  return size === 0n && bytes.length > 0;
}

/** Throws SEALTRACE_USAGE for what is no limit. */
export function checkMaxBytes(maxBytes: number): void {
  if (maxBytes >= 0) return;
  throw new SealtraceError("SEALTRACE_USAGE", `maxBytes is a number of bytes from 0 on, not ${maxBytes}.`);
}

/** True for one file in one state, as far as the system's times and sizes tell. */
export function sameState(one: BigIntStats, other: BigIntStats): boolean {
  return (
    one.ino === other.ino &&
    one.dev === other.dev &&
    one.size === other.size &&
    one.mtimeNs === other.mtimeNs &&
    one.ctimeNs === other.ctimeNs
  );
}

/** True when nobody has written to the file between these looks at it. Who gave it another name, owner or mode, or took its name away, has not. */
export function sameContent(one: BigIntStats, other: BigIntStats): boolean {
  return one.size === other.size && one.mtimeNs === other.mtimeNs;
}

function* readToEnd(descriptor: number, status: BigIntStats, place: Place, options: ReadingOptions): Steps<Buffer> {
  const { maxBytes, onProgress } = options;
  const total = Number(status.size);
  if (total > maxBytes) throw tooLarge(place, maxBytes);
  // One byte more tells when the file is longer than it said, as those in /proc are.
  let bytes = Buffer.allocUnsafeSlow(total + 1);
  let done = 0;
  for (;;) {
    const got = yield* read(descriptor, bytes, done, Math.min(PIECE_BYTES, bytes.length - done), done);
    if (got === 0) return bytes.subarray(0, done);
    done += got;
    if (done > maxBytes) throw tooLarge(place, maxBytes);
    onProgress?.({ bytes: done, total: Math.max(total, done) });
    if (done === bytes.length) bytes = Buffer.concat([bytes], Math.min(2 * done + PIECE_BYTES, maxBytes + 1));
    if (done < total) yield* cancellable();
  }
}

const PIECE_BYTES = 8 * 1024 * 1024;

function* readsAgain(descriptor: number, bytes: Buffer): Steps<boolean> {
  return (yield* fillFrom(descriptor, Buffer.allocUnsafe(bytes.length + 1), 0)).equals(bytes);
}

function tooLarge({ path }: Place, maxBytes: number): SealtraceError {
  return new SealtraceError(
    "SEALTRACE_FILE_TOO_LARGE",
    `${path} has more than ${maxBytes} bytes. If you trust where it comes from, raise maxBytes, or read it as a stream.`,
  );
}
