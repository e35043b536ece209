/** Opening and reading regular files: bounded, and never half of what somebody is writing. */
import type { BigIntStats } from "node:fs";
import { SealtraceError } from "../record/index.ts";
import { fileSystemError } from "./errors.ts";
import type { Gate } from "./gate.ts";
import type { Progress } from "./options.ts";
import { systemPath, type Place } from "./place.ts";
import { fillFrom } from "./read-range.ts";
import { cancellable, pause, type Steps } from "./steps.ts";
import { close, constants, exactStat, open, read } from "./system.ts";

export interface OpenFile {
  readonly descriptor: number;
  readonly status: BigIntStats;
}

/** A file and what it was like when it was read. */
export interface Content {
  readonly bytes: Buffer;
  readonly status: BigIntStats;
}

/** Opens for reading what must be a regular file: a pipe or device could hang, or do something. */
export function* openRegularFile(place: Place, follow: boolean): Steps<OpenFile> {
  try {
    const descriptor = yield* open(systemPath(place), constants.O_RDONLY | NON_BLOCKING | (follow ? 0 : NO_FOLLOW));
    try {
      const status = yield* exactStat(descriptor);
      if (status.isFile()) return { descriptor, status };
      if (status.isDirectory()) throw Object.assign(new Error("a directory"), { code: "EISDIR" });
      throw new SealtraceError(
        "SEALTRACE_USAGE",
        `${place.path} is no regular file but a pipe, socket or device: give a file.`,
      );
    } catch (error) {
      yield* close(descriptor);
      throw error;
    }
  } catch (error) {
    throw fileSystemError(error, place.path, "read");
  }
}

/** Windows has neither: it does not block on opening, and `openRegularFile` is not what keeps a root there. */
const { O_NONBLOCK: NON_BLOCKING = 0, O_NOFOLLOW = 0 } = constants as Partial<typeof constants>;
export const NO_FOLLOW: number = O_NOFOLLOW;

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
  const { descriptor, status: opened } = yield* openRegularFile(place, options.follow);
  try {
    options.gate?.file(opened);
    let before = opened;
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const bytes = yield* readToEnd(descriptor, before, place, options);
      const after = yield* exactStat(descriptor);
      if (sameState(before, after) && (!isFresh(after) || (yield* readsAgain(descriptor, bytes)))) {
        options.gate?.content(bytes, bytes.length);
        return { bytes, status: after };
      }
      before = after;
      yield* pause(2 ** attempt);
    }
  } catch (error) {
    throw fileSystemError(error, place.path, "read");
  } finally {
    yield* close(descriptor);
  }
  throw new SealtraceError(
    "SEALTRACE_FILE_CHANGED",
    `${place.path} was written to again and again while it was read. Read it when its writer has finished, or have it written by writeFile or under withLock.`,
  );
}

const MAX_ATTEMPTS = 8;

/** The system's clock for files ticks slowly: two writes within one tick leave the same time. */
const TICK_MS = 20;

function isFresh({ mtimeMs }: BigIntStats): boolean {
  return Math.abs(Date.now() - Number(mtimeMs)) < TICK_MS;
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

function* readToEnd(descriptor: number, status: BigIntStats, place: Place, options: ReadingOptions): Steps<Buffer> {
  const { maxBytes, onProgress } = options;
  const total = Number(status.size);
  if (total > maxBytes) throw tooLarge(place, maxBytes);
  // One byte more tells when the file is longer than it said, as those in /proc are.
  let bytes = Buffer.allocUnsafe(total + 1);
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
