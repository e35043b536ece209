import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { randomUUID } from "node:crypto";
import { syncNames } from "../system/descriptor.ts";
import { fileSystemError } from "../system/errors.ts";
import { runSync } from "../system/steps.ts";

/** Makes a directory and its parents, readable by its owner alone (what exists keeps its mode), and makes the names durable. */
export function createPrivateDirectory(path: string): void {
  try {
    let first = mkdirSync(path, { recursive: true, mode: 0o700 });
    if (first === undefined) return;
    first = resolve(first);
    for (let made = resolve(path); made.length >= first.length; made = dirname(made)) syncDirectory(dirname(made));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // What exists is no error, unless it is no directory.
    throw fileSystemError(
      code === "EEXIST" ? Object.assign(error as Error, { code: "ENOTDIR" }) : error,
      path,
      "write",
    );
  }
}

/** Makes created, renamed and removed names in a directory durable. */
export function syncDirectory(path: string): void {
  runSync(syncNames({ directory: path, name: "", path }));
}

/** The names in a directory, sorted; none when it does not exist. */
export function listDirectory(path: string): string[] {
  try {
    return readdirSync(path).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw fileSystemError(error, path, "read");
  }
}

/** Bytes of a file; undefined when there is none. */
export function fileSize(path: string): number | undefined {
  try {
    const status = statSync(path, { throwIfNoEntry: false });
    return status?.isFile() === true ? status.size : undefined;
  } catch (error) {
    throw fileSystemError(error, path, "read");
  }
}

export function pathExists(path: string): boolean {
  return existsSync(path);
}

/** A path without symbolic links in it; of what can't be followed, the path itself. */
export function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** False when others than its owner may read or write the file. Always true where modes mean nothing (Windows). */
export function isPrivateFile(path: string): boolean {
  return process.platform === "win32" || (statSync(path).mode & 0o077) === 0;
}

/** Gives a file a second name, only if that name is free; false when it is not. The first name goes away. */
export function linkNewFile(temporary: string, path: string): boolean {
  try {
    linkSync(temporary, path);
    syncDirectory(dirname(path));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw fileSystemError(error, path, "write");
  } finally {
    removeFile(temporary);
  }
}

export function removeFile(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw fileSystemError(error, path, "write");
  }
}

/** Throws a SealtraceError when no file can be made in a directory, or nothing written to it. */
export function probeWritable(directory: string): void {
  const probe = join(directory, `.probe-${randomUUID()}.tmp`);
  try {
    writeFileSync(probe, Buffer.alloc(PROBE_BYTES), { flag: "wx", mode: 0o600 });
  } catch (error) {
    throw fileSystemError(error, directory, "write");
  } finally {
    removeFile(probe);
  }
}

/** A full disk has room for a name, and none for what it names. */
const PROBE_BYTES = 16 * 1024;
