import { fileSystemError } from "../system/errors.ts";
import { placeOf, systemPath } from "../system/place.ts";
import { runSync, type Steps } from "../system/steps.ts";
import { close, constants, NON_BLOCKING, open, read } from "../system/calls.ts";

/** Up to `length` bytes of a file from an offset, blocking; fewer when it ends before. */
export function readRange(path: string, offset: number, length: number): Buffer {
  return runSync(rangeOf(path, offset, length));
}

function* rangeOf(path: string, offset: number, length: number): Steps<Buffer> {
  try {
    const descriptor = yield* open(systemPath(placeOf(path)), constants.O_RDONLY | NON_BLOCKING);
    try {
      return yield* fillFrom(descriptor, Buffer.allocUnsafe(length), offset);
    } finally {
      yield* close(descriptor);
    }
  } catch (error) {
    throw fileSystemError(error, path, "read");
  }
}

/** Reads until the buffer is full or the file at its end; the part that was filled. */
export function* fillFrom(descriptor: number, buffer: Buffer, offset: number): Steps<Buffer> {
  let done = 0;
  while (done < buffer.length) {
    const got = yield* read(descriptor, buffer, done, Math.min(PIECE_BYTES, buffer.length - done), offset + done);
    if (got === 0) break;
    done += got;
  }
  return buffer.subarray(0, done);
}

/** Systems refuse more than 2 GiB at once. */
const PIECE_BYTES = 1024 * 1024 * 1024;
