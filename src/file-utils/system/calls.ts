/** The system's calls as steps (see `steps.ts`); each is Node's function of the same name. Paths may go through `/proc/self/fd`. */
import * as fs from "node:fs";
import type { BigIntStats, Dirent, Stats, StatsFs } from "node:fs";
import { systemName } from "./raw-name.ts";
import { step, stepAtOnce, type Done, type Steps } from "./steps.ts";

export { constants } from "node:fs";

/** Opens without waiting for the other end of a pipe, and without getting a terminal to obey. Windows has neither, and does not wait. */
const { O_NONBLOCK = 0, O_NOCTTY = 0 } = fs.constants as Partial<typeof fs.constants>;
export const NON_BLOCKING: number = O_NONBLOCK | O_NOCTTY;

type Call<A extends unknown[], T> = (...args: A) => Steps<T>;
type Name = "open" | "close" | "read" | "write" | "fsync" | "fstat" | "stat" | "lstat" | "statfs" | "rename" | "link" | "unlink" | "symlink" | "readlink"
  | "mkdir" | "rmdir" | "readdir" | "realpath" | "ftruncate" | "fchmod" | "fchown" | "chmod" | "chown" | "utimes" | "futimes" | "lutimes" | "copyFile"; // prettier-ignore

/** Looked up when it is called, so that a test can stand in front of `node:fs`. */
function call<A extends unknown[], T>(name: Name): Call<A, T> {
  const module = fs as unknown as Record<string, (...args: unknown[]) => unknown>;
  return (...values) => {
    const args = values.map((value) => (typeof value === "string" ? systemName(value) : value));
    return step(
      () => (module[`${name}Sync`] as (...args: unknown[]) => T)(...args),
      (done: Done) => (module[name] as (...args: unknown[]) => unknown)(...args, done),
    );
  };
}

export const open: Call<[path: string, flags: number, mode?: number], number> = call("open");
export const close: Call<[descriptor: number], undefined> = call("close");
/** Bytes read; `position` null reads on where the last reading ended. */
export const read: Call<
  [descriptor: number, buffer: Uint8Array, offset: number, length: number, position: number | null],
  number
> = call("read");
/** Bytes written, perhaps fewer than asked: use `writeFully`. */
export const write: Call<
  [descriptor: number, buffer: Uint8Array, offset: number, length: number, position?: number | null],
  number
> = call("write");
export const fsync: Call<[descriptor: number], undefined> = call("fsync");
export const fstat: Call<[descriptor: number], Stats> = call("fstat");
export const stat: Call<[path: string], Stats> = call("stat");
export const lstat: Call<[path: string], Stats> = call("lstat");
/** With 64-bit inode numbers and nanoseconds. */
export const exactStat: Call<[descriptor: number], BigIntStats> = (descriptor) =>
  fstatWith(descriptor, { bigint: true });
export const exactStatOf: Call<[path: string], BigIntStats> = (path) => statWith(path, { bigint: true });
const statWith: Call<[path: string, options: { bigint: true }], BigIntStats> = call("stat");
export const exactLstat: Call<[path: string], BigIntStats> = (path) => lstatWith(path, { bigint: true });
const lstatWith: Call<[path: string, options: { bigint: true }], BigIntStats> = call("lstat");
const fstatWith: Call<[descriptor: number, options: { bigint: true }], BigIntStats> = call("fstat");
export const statfs: Call<[path: string], StatsFs> = call("statfs");
export const rename: Call<[from: string, to: string], undefined> = call("rename");
export const link: Call<[existing: string, path: string], undefined> = call("link");
export const unlink: Call<[path: string], undefined> = call("unlink");
export const symlink: Call<[target: string, path: string, type?: "file" | "dir" | "junction"], undefined> =
  call("symlink");
export const readlink: Call<[path: string], string> = call("readlink");
/** The bytes, for `nameOfBytes`. */
export const readlinkBytes: Call<[path: string, encoding: "buffer"], Buffer> = call("readlink");
export const mkdir: Call<[path: string, mode: number], undefined> = call("mkdir");
export const rmdir: Call<[path: string], undefined> = call("rmdir");
export const readdir: Call<[path: string, options: { withFileTypes: true }], Dirent[]> = call("readdir");
/** Names as bytes, for `nameOfBytes`. */
export const readdirBytes: Call<
  [path: string, options: { withFileTypes: true; encoding: "buffer" }],
  Dirent<Buffer>[]
> = call("readdir");
/** Of the link by which the system shows an open descriptor. */
export const readlinkOfDescriptor = (path: string): Steps<string> => stepAtOnce(() => fs.readlinkSync(path));
/** Of a directory, or of what was only named: nothing is written by it. */
export const closeDirectoryDescriptor = (descriptor: number): Steps<void> =>
  stepAtOnce(() => {
    fs.closeSync(descriptor);
  });
export const realpath: Call<[path: string], string> = call("realpath");
export const ftruncate: Call<[descriptor: number, size: number], undefined> = call("ftruncate");
export const fchmod: Call<[descriptor: number, mode: number], undefined> = call("fchmod");
export const fchown: Call<[descriptor: number, user: number, group: number], undefined> = call("fchown");
export const chmod: Call<[path: string, mode: number], undefined> = call("chmod");
export const chown: Call<[path: string, user: number, group: number], undefined> = call("chown");
export const utimes: Call<[path: string, accessed: Date | number, modified: Date | number], undefined> = call("utimes");
export const futimes: Call<[descriptor: number, accessed: Date | number, modified: Date | number], undefined> =
  call("futimes");
export const lutimes: Call<[path: string, accessed: Date | number, modified: Date | number], undefined> =
  call("lutimes");
export const copyFile: Call<[from: string, to: string, mode: number], undefined> = call("copyFile");
