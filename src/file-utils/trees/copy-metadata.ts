/** Owner, mode and times of a copy. */
import type { BigIntStats } from "node:fs";
import type { CopyWork } from "./copy-options.ts";
import type { DirectoryHandle } from "../system/directory-handle.ts";
import type { Steps } from "../system/steps.ts";
import { chmod, exactStat, fchmod, fchown, futimes, lutimes } from "../system/calls.ts";

/** Of an open file or directory. Returns the mode. The owner first: changing it takes away bits of the mode. */
export function* keepMetadata(descriptor: number, source: BigIntStats, work: CopyWork): Steps<number> {
  if (work.options.owner === "if allowed" && process.platform !== "win32") yield* keepOwner(descriptor, source);
  const { uid, gid } = yield* exactStat(descriptor);
  const mode = keptMode(source, uid === source.uid && gid === source.gid);
  yield* fchmod(descriptor, mode);
  yield* futimes(descriptor, seconds(source.atimeNs), seconds(source.mtimeNs));
  return mode;
}

/** Where directories can't be opened, they are reached by their paths. */
export function* keepDirectoryMetadata(handle: DirectoryHandle, source: BigIntStats, work: CopyWork): Steps<void> {
  if (handle.descriptor !== undefined) {
    yield* keepMetadata(handle.descriptor, source, work);
    return;
  }
  if (process.platform !== "win32") yield* chmod(handle.system, keptMode(source, false));
  yield* lutimes(handle.system, seconds(source.atimeNs), seconds(source.mtimeNs));
}

/** A file that runs as its owner must not run as somebody else because it was copied. */
function keptMode({ mode }: BigIntStats, sameOwner: boolean): number {
  return Number(mode) & (sameOwner ? 0o7777 : 0o1777);
}

function* keepOwner(descriptor: number, { uid, gid }: BigIntStats): Steps<void> {
  try {
    yield* fchown(descriptor, Number(uid), Number(gid));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") throw error;
  }
}

/** Exact to a microsecond, as a double is. */
export function seconds(nanoseconds: bigint): number {
  return Number(nanoseconds) / 1e9;
}
