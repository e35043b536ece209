import { createHash, type Hash } from "node:crypto";
import { SealtraceError } from "../../record/index.ts";
import type { Replacement } from "../content/atomic-write.ts";
import type { CopyWork } from "./copy-options.ts";
import { isSame } from "../system/directory-trail.ts";
import { fileSystemError } from "../system/errors.ts";
import { systemPath, type Place } from "../system/place.ts";
import { NO_FOLLOW, sameState, type OpenFile } from "../content/regular-file.ts";
import { cancellable, type Steps } from "../system/steps.ts";
import { close, constants, exactStat, ftruncate, open, read, write } from "../system/calls.ts";

/** Copies what is in a file; holes stay holes. False when somebody wrote to the source meanwhile. */
export function* copyContent(from: Place, source: OpenFile, target: Replacement, work: CopyWork): Steps<boolean> {
  const { descriptor, status } = source;
  const total = Number(status.size);
  const piece = Buffer.allocUnsafe(Math.min(PIECE_BYTES, total + 1));
  const hash = work.options.verify === false ? undefined : createHash("sha256");
  const hasHoles = status.blocks * 512n < status.size;
  let done = 0;
  for (;;) {
    const got = yield* readAt(source, from, piece, done);
    if (got === 0) break;
    const bytes = piece.subarray(0, got);
    hash?.update(bytes);
    if (!hasHoles || !isZero(bytes)) yield* writeAt(target.descriptor, bytes, done);
    done += got;
    work.bytes += got;
    work.tell(Math.max(total - done, 0));
    yield* cancellable();
  }
  if (hasHoles) yield* ftruncate(target.descriptor, done);
  if (hash !== undefined && !(yield* verify(source, target, hash, piece))) return false;
  return sameState(status, yield* exactStat(descriptor));
}

const PIECE_BYTES = 256 * 1024;
const ZEROS = Buffer.alloc(PIECE_BYTES);

function isZero(bytes: Buffer): boolean {
  return bytes.equals(ZEROS.subarray(0, bytes.length));
}

function* writeAt(descriptor: number, bytes: Buffer, position: number): Steps<void> {
  for (let done = 0; done < bytes.length;) {
    done += yield* write(descriptor, bytes, done, bytes.length - done, position + done);
  }
}

/** Whatever else goes wrong, goes wrong with the target. */
function* readAt({ descriptor }: OpenFile, from: Place, piece: Buffer, position: number): Steps<number> {
  try {
    return yield* read(descriptor, piece, 0, piece.length, position);
  } catch (error) {
    throw fileSystemError(error, from.path, "read");
  }
}

/** False when the source is not what was read of it any more. */
function* verify(source: OpenFile, target: Replacement, hash: Hash, piece: Buffer): Steps<boolean> {
  const expected = hash.digest("hex");
  const copy = yield* open(systemPath(target.temporary), constants.O_RDONLY | NO_FOLLOW);
  try {
    const isOurs = isSame(yield* exactStat(copy), yield* exactStat(target.descriptor));
    if (!isOurs || (yield* hashOf(copy, piece)) !== expected) {
      throw new SealtraceError(
        "SEALTRACE_CORRUPT",
        `The copy that was to become ${target.place.path} reads back as something else than was written: nothing was put in its place. Check the disk.`,
      );
    }
  } finally {
    yield* close(copy);
  }
  // The system's clock for files ticks slowly: what is written within a tick shows in the content alone.
  const isFresh = Math.abs(Date.now() - Number(source.status.mtimeMs)) < TICK_MS;
  return !isFresh || (yield* hashOf(source.descriptor, piece)) === expected;
}

const TICK_MS = 20;

function* hashOf(descriptor: number, piece: Buffer): Steps<string> {
  const hash = createHash("sha256");
  for (let done = 0; ;) {
    const got = yield* read(descriptor, piece, 0, piece.length, done);
    if (got === 0) return hash.digest("hex");
    hash.update(piece.subarray(0, got));
    done += got;
    yield* cancellable();
  }
}
