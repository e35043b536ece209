/** Temporary files and directories: private, disposable, and gone when the program is. */
import { runAsync, runSync } from "../system/steps.ts";
import { makeDirectory, makeFile } from "./entry.ts";
import type { TemporaryDirectory, TemporaryFile, TemporaryFileOptions, TemporaryOptions } from "./interface.ts";

/**
 * A new empty file, mode 0600 whatever the umask. It is removed by `remove`, by the end of `await using`, when the program ends, by itself, by an
 * exception or by a signal, and if it was killed, by the next program that makes a temporary. Throws a SealtraceError when there is no place
 * for it.
 */
export function temporaryFile(options: TemporaryFileOptions = {}): Promise<TemporaryFile> {
  return runAsync(makeFile(options));
}

/** {@link temporaryFile}, blocking. */
export function temporaryFileSync(options: TemporaryFileOptions = {}): TemporaryFile {
  return runSync(makeFile(options));
}

/** A new empty directory, mode 0700, which is removed as a {@link temporaryFile} is, with all that is in it by then. */
export function temporaryDirectory(options: TemporaryOptions = {}): Promise<TemporaryDirectory> {
  return runAsync(makeDirectory(options));
}

/** {@link temporaryDirectory}, blocking. */
export function temporaryDirectorySync(options: TemporaryOptions = {}): TemporaryDirectory {
  return runSync(makeDirectory(options));
}
