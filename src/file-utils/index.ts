/**
 * Files that are never half written: the only room that touches the file system. Durable appending, atomic replacement, bounded reading,
 * locks that die with their holder.
 */
export { Appender } from "./appender.ts";
export { replaceFile, createFile } from "./atomic-write.ts";
export { copy, copySync } from "./copy.ts";
export type { CopyOptions, CopyReport } from "./copy-options.ts";
export { createDirectory, createDirectorySync, type CreateDirectoryOptions } from "./create-directory.ts";
export { writeDescriptor } from "./descriptor.ts";
export type { EntryKind, NamedEntry } from "./directory-entries.ts";
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
export { listLocks, type LockInfo } from "./list-locks.ts";
export { describeHolder, type LockHolder } from "./lock-holders.ts";
export { isLockSidecar, LOCKS_DIRECTORY } from "./lock-place.ts";
export {
  whileLocked,
  withLock,
  withLockSync,
  type HeldLock,
  type LeaseOptions,
  type LockOptions,
  type SyncLockOptions,
} from "./lock.ts";
export { acquireLock, isLocked, type Lock } from "./kernel-lock.ts";
export { readLines, type FileLine } from "./read-lines.ts";
export { move, moveSync, type MoveOptions, type MoveReport } from "./move.ts";
export { remove, removeSync, type RemoveOptions } from "./remove.ts";
export { listTree, listTreeSync, walk, walkSync } from "./walk.ts";
export type { Entry, WalkOptions } from "./walk-entry.ts";
export { watch, type Watch, type WatchOptions } from "./watch.ts";
export type { Change, ChangeKind } from "./watch-queue.ts";
export { appendFile, appendFileSync, type AppendOptions } from "./append-file.ts";
export type { FormatName } from "./content-format.ts";
export { readFileWithVersion, readFileWithVersionSync, type Versioned } from "./file-version.ts";
export {
  createReadStream,
  createWriteStream,
  type ReadStreamOptions,
  type WriteStreamOptions,
} from "./file-streams.ts";
export type { HistoryOptions } from "./history.ts";
export type { LongWork, Progress } from "./options.ts";
export {
  isUnfitContent,
  readFile,
  readFileSync,
  readFileText,
  type ReadFile,
  type ReadFileSync,
  type ReadOptions,
  type SchemaOption,
} from "./read-file.ts";
export { readRange } from "./read-range.ts";
export { mediaTypeOf } from "./media-type.ts";
export { openRoot, openRootByPaths, openRootSync, type Root } from "./root.ts";
export { type RootAction, type RootPolicy } from "./root-policy.ts";
export {
  standardDirectories,
  standardDirectory,
  type StandardDirectories,
  type UserSystem,
} from "./standard-directories.ts";
export { temporaryDirectory, temporaryDirectorySync, temporaryFile, temporaryFileSync } from "./temporary.ts";
export type {
  Temporary,
  TemporaryDirectory,
  TemporaryFile,
  TemporaryFileOptions,
  TemporaryOptions,
} from "./temporary-interface.ts";
export { updateFile, updateFileSync, type Update, type UpdateOptions } from "./update-file.ts";
export { writeFile, writeFileSync, type WriteOptions } from "./write-file.ts";
