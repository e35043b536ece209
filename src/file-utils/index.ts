/**
 * Files that are never half written and never outside their root: the only room that touches the file system. Its inner rooms: `system` (calls, places,
 * errors), `content` (whole files), `trees` (directories), `roots`, `locks`, `temporary`; `essentials` is the door for sealtrace's own rooms.
 */
export { copy, copySync } from "./trees/copy.ts";
export type { CopyOptions, CopyReport } from "./trees/copy-options.ts";
export { createDirectory, createDirectorySync, type CreateDirectoryOptions } from "./trees/create-directory.ts";
export type { EntryKind, NamedEntry } from "./system/directory-entries.ts";
export { listLocks, type LockInfo } from "./locks/list-locks.ts";
export { describeHolder, type LockHolder } from "./locks/holders.ts";
export { isLockSidecar, LOCKS_DIRECTORY } from "./locks/lock-place.ts";
export {
  whileLocked,
  withLock,
  withLockSync,
  type HeldLock,
  type LeaseOptions,
  type LockOptions,
  type SyncLockOptions,
} from "./locks/lock.ts";
export { move, moveSync, type MoveOptions, type MoveReport } from "./trees/move.ts";
export { remove, removeSync, type RemoveOptions } from "./trees/remove.ts";
export { listTree, listTreeSync, walk, walkSync } from "./trees/walk.ts";
export type { Entry, WalkOptions } from "./trees/walk-entry.ts";
export { watch, type Watch, type WatchOptions } from "./trees/watch.ts";
export type { Change, ChangeKind } from "./trees/watch-queue.ts";
export { appendFile, appendFileSync, type AppendOptions } from "./content/append-file.ts";
export type { FormatName } from "./content/content-format.ts";
export { readFileWithVersion, readFileWithVersionSync, type Versioned } from "./content/file-version.ts";
export {
  createReadStream,
  createWriteStream,
  type ReadStreamOptions,
  type WriteStreamOptions,
} from "./content/file-streams.ts";
export type { HistoryOptions } from "./content/history.ts";
export type { LongWork, Progress } from "./system/options.ts";
export {
  readFile,
  readFileSync,
  type OlderGeneration,
  type ReadFile,
  type ReadFileSync,
  type ReadOptions,
  type SchemaOption,
} from "./content/read-file.ts";
export { mediaTypeOf } from "./content/media-type.ts";
export { openRoot, openRootByPaths, openRootSync, type Root } from "./roots/root.ts";
export { type RootAction, type RootPolicy } from "./roots/policy.ts";
export type { StandardDirectories } from "./standard-directories.ts";
export { temporaryDirectory, temporaryDirectorySync, temporaryFile, temporaryFileSync } from "./temporary/temporary.ts";
export type {
  Temporary,
  TemporaryDirectory,
  TemporaryFile,
  TemporaryFileOptions,
  TemporaryOptions,
} from "./temporary/interface.ts";
export { updateFile, updateFileSync, type Update, type UpdateOptions } from "./content/update-file.ts";
export { writeFile, writeFileSync, type WriteOptions } from "./content/write-file.ts";
