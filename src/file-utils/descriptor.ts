import { fsyncSync, writeSync } from "node:fs";

/**
 * Returns when what was written to a descriptor is on the disk. Node's permission model refuses that on every file: then what was written
 * survives the program's death, and not the machine's.
 */
export function syncDescriptor(descriptor: number): void {
  try {
    fsyncSync(descriptor);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_ACCESS_DENIED") throw error;
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
