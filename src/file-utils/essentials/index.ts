/**
 * What sealtrace's own rooms need of files, and so what is loaded into every recorded program: few modules, each small. Durable appending, atomic replacement,
 * bounded reading, a lock that dies with its holder. Everything else is behind the room's main door.
 */
export { createFile, replaceFile } from "../content/atomic-write.ts";
export { acquireLock, isLocked, type Lock } from "../locks/kernel-lock.ts";
export {
  standardDirectories,
  standardDirectory,
  type StandardDirectories,
  type UserSystem,
} from "../standard-directories.ts";
export { writeDescriptor } from "../system/descriptor.ts";
export { fileSystemError } from "../system/errors.ts";
export { Appender } from "./appender.ts";
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
export { readLines, type FileLine } from "./read-lines.ts";
export { readRange } from "./read-range.ts";
export { isUnfitContent, readFileText } from "./read-text.ts";
