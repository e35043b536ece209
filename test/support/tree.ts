/** Making trees and looking at them, by other means than the code that is tested. */
import fs from "node:fs";
import { dirname, join } from "node:path";

/** By path: the text of a file, `{ link }`, or null for a directory. Parents are made. */
export type Tree = Readonly<Record<string, string | { readonly link: string } | null>>;

export function makeTree(directory: string, tree: Tree): string {
  for (const [name, what] of Object.entries(tree)) {
    const path = join(directory, name);
    fs.mkdirSync(what === null ? path : dirname(path), { recursive: true });
    if (typeof what === "string") fs.writeFileSync(path, what);
    else if (what !== null) fs.symlinkSync(what.link, path);
  }
  settleTimes(directory);
  return directory;
}

/** Gives everything a time of its own, of those that a double holds exactly. */
export function settleTimes(directory: string): void {
  let time = 1_600_000_000.125;
  const visit = (path: Buffer): void => {
    if (fs.lstatSync(path).isDirectory()) for (const name of fs.readdirSync(path, "buffer")) visit(within(path, name));
    fs.lutimesSync(path, time, (time += 0.25));
  };
  visit(Buffer.from(directory));
}

function within(directory: Buffer, name: Buffer): Buffer {
  return Buffer.concat([directory, Buffer.from("/"), name]);
}

/** Everything that a copy must keep, by path (each byte of it one character): kind, content, mode, time of the last change. */
export function seeTree(directory: string): Record<string, string> {
  const seen: Record<string, string> = {};
  const visit = (path: Buffer, shown: string): void => {
    const status = fs.lstatSync(path);
    const mode = (status.mode & 0o7777).toString(8);
    if (status.isSymbolicLink()) seen[shown] = `link ${fs.readlinkSync(path, "latin1")} ${status.mtimeMs}`;
    else if (status.isFile()) seen[shown] = `file ${mode} ${status.mtimeMs} ${fs.readFileSync(path, "latin1")}`;
    else if (status.isDirectory()) {
      seen[shown] = `directory ${mode} ${status.mtimeMs}`;
      for (const name of fs.readdirSync(path, "buffer")) {
        visit(within(path, name), `${shown}/${name.toString("latin1")}`);
      }
    } else seen[shown] = "other";
  };
  visit(Buffer.from(directory), "");
  return seen;
}

export function exists(path: string): boolean {
  return fs.lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

export const LINUX_ONLY: string | false = process.platform !== "linux" && "only Linux names files through open directories"; // prettier-ignore
export const NOT_WINDOWS: string | false =
  process.platform === "win32" && "Windows has neither modes nor links for all";
export const AS_ROOT: string | false = process.getuid?.() !== 0 && "becoming another user takes root";

/** The blocking twin as if it were the other, so that one test is for both. */
export function asynchronously<A extends unknown[], T>(blocking: (...args: A) => T): (...args: A) => Promise<T> {
  return (...args) =>
    new Promise((resolve) => {
      resolve(blocking(...args));
    });
}
