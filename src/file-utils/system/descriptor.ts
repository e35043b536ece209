import { writeSync } from "node:fs";
import { fileSystemError } from "./errors.ts";
import type { Place } from "./place.ts";
import type { Steps } from "./steps.ts";
import { closeDirectoryDescriptor, constants, fsync, open } from "./calls.ts";

/**
 * Done when what was written to a descriptor is on the disk. Node's permission model refuses that on every file: then what was written
 * survives the program's death, and not the machine's.
 */
export function* syncDescriptor(descriptor: number): Steps<void> {
  try {
    yield* fsync(descriptor);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_ACCESS_DENIED") throw error;
  }
}

/** Makes created, renamed and removed names in the directory of a place durable. Systems that can't (Windows) don't need it. */
export function* syncNames({ directory, path }: Place): Steps<void> {
  if (process.platform === "win32") return;
  try {
    // The dot: what is named by a descriptor is reached through a link.
    const descriptor = yield* open(`${directory}/.`, constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      yield* syncDescriptor(descriptor);
    } finally {
      yield* closeDirectoryDescriptor(descriptor);
    }
  } catch (error) {
    throw fileSystemError(error, path, "write");
  }
}

/** Writes a text to an open descriptor, blocking. A reader that has gone away is no error. */
export function writeDescriptor(descriptor: number, text: string): void {
  const bytes = Buffer.from(text);
  let written = 0;
  for (let attempts = 0; written < bytes.length && attempts < 1_000; attempts += 1) {
    try {
      written += writeSync(descriptor, bytes, written);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") return;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}
