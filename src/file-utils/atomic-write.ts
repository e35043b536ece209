import { randomUUID } from "node:crypto";
import { closeSync, openSync, renameSync, writeSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { removeFile, syncDirectory } from "./directory.ts";
import { syncDescriptor } from "./descriptor.ts";
import { fileSystemError } from "./errors.ts";

/**
 * Replaces a file, or makes it: readers see the old content or the new, also after a crash, and when this returns the new content is on
 * the disk. Mode 0600.
 */
export function replaceFile(path: string, content: string | Uint8Array): void {
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`);
  try {
    createFile(temporary, content);
    renameSync(temporary, path);
    syncDirectory(dirname(path));
  } catch (error) {
    try {
      removeFile(temporary);
    } catch {
      // The first error says more.
    }
    throw fileSystemError(error, path, "write");
  }
}

/**
 * Makes a file that must not exist yet (mode 0600 unless told), its content on the disk when this returns. Its name needs a sync of the
 * directory.
 */
export function createFile(path: string, content: string | Uint8Array, mode = 0o600): void {
  const bytes = typeof content === "string" ? Buffer.from(content) : content;
  try {
    const descriptor = openSync(path, "wx", mode);
    try {
      writeFully(descriptor, bytes);
      syncDescriptor(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    throw fileSystemError(error, path, "write");
  }
}

/** Goes on after short writes, which are no error to the system. */
export function writeFully(descriptor: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length;) done += writeSync(descriptor, bytes, done, bytes.length - done);
}
