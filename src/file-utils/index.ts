/**
 * Files that are never half written: the only room that touches the file system. Durable appending, atomic replacement, bounded reading,
 * locks that die with their holder.
 */
export { Appender } from "./appender.ts";
export { replaceFile, createFile } from "./atomic-write.ts";
export { writeDescriptor } from "./descriptor.ts";
export {
  createPrivateDirectory,
  fileSize,
  isPrivateFile,
  linkNewFile,
  listDirectory,
  pathExists,
  probeWritable,
  realPath,
  removeFile,
  syncDirectory,
} from "./directory.ts";
export { fileSystemError } from "./errors.ts";
export { isLockSidecar, LOCKS_DIRECTORY } from "./lock-place.ts";
export { whileLocked, withLock, withLockSync, type HeldLock, type LockOptions, type SyncLockOptions } from "./lock.ts";
export { acquireLock, isLocked, type Lock } from "./kernel-lock.ts";
export { readLines, type FileLine } from "./read-lines.ts";
export { readFileBytes, readFileText, readRange } from "./read-file.ts";
