import { closeSync, fstatSync, ftruncateSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { writeFully } from "../content/atomic-write.ts";
import { syncDirectory } from "./directory.ts";
import { syncDescriptor } from "../system/descriptor.ts";
import { fileSystemError } from "../system/errors.ts";
import { runSync } from "../system/steps.ts";

/** A file that only grows. A write that fails half-way is taken back, so that the file always ends where `size` says. */
export class Appender {
  readonly path: string;
  readonly #descriptor: number;
  #size: number;
  #synced: boolean;

  /** Opens or makes the file (mode 0600) and makes its name durable. */
  constructor(path: string) {
    this.path = path;
    try {
      this.#descriptor = openSync(path, "a", 0o600);
      this.#size = fstatSync(this.#descriptor).size;
      if (this.#size === 0) syncDirectory(dirname(path));
    } catch (error) {
      throw fileSystemError(error, path, "write");
    }
    this.#synced = this.#size === 0;
  }

  get size(): number {
    return this.#size;
  }

  /** Writes all of the bytes or, throwing a SealtraceError, none. */
  append(bytes: Uint8Array): void {
    this.#synced = false;
    try {
      runSync(writeFully(this.#descriptor, bytes));
      this.#size += bytes.length;
    } catch (error) {
      this.#takeBack(error);
    }
  }

  /** Returns when what was appended is on the disk. */
  sync(): void {
    if (this.#synced) return;
    try {
      runSync(syncDescriptor(this.#descriptor));
      this.#synced = true;
    } catch (error) {
      throw fileSystemError(error, this.path, "write");
    }
  }

  truncate(size: number): void {
    try {
      ftruncateSync(this.#descriptor, size);
      this.#size = size;
      this.#synced = false;
    } catch (error) {
      throw fileSystemError(error, this.path, "write");
    }
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #takeBack(error: unknown): never {
    try {
      ftruncateSync(this.#descriptor, this.#size);
    } catch {
      // Then the half line stays at the end, where a recovery finds and names it.
    }
    throw fileSystemError(error, this.path, "write");
  }
}
