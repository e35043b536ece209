/** Every operation of a root: what it is tried on, what it does with a link, and what must have come of it. */
import assert from "node:assert/strict";
import fs from "node:fs";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import type { Root, RootPolicy } from "../../../src/file-utils/index.ts";

export const ALL: RootPolicy = { allow: ["read", "write", "create", "delete", "list", "execute"] };
const FAST = { durable: false } as const;
const OVER = { durable: false, overwrite: true } as const;
export type Form = "" | "Sync";

export interface Operation {
  /** What stands at the target before. */
  readonly on: "file" | "directory" | "nothing";
  /** What becomes of a link in the last place: it is followed, it is what is worked on, or it is in the way. */
  readonly last: "followed" | "itself" | "in the way";
  readonly run: (root: Root, path: string, form: Form) => unknown;
  /** What must be so afterwards: `at` is what was worked on, `top` the root's directory, `result` what came of it. */
  readonly check: (at: string, top: string, result: unknown) => void;
  /** Fails for what is no link. */
  readonly onlyLinks?: true;
  /** Makes what is missing on the way. */
  readonly makesParents?: true;
}

const content = (path: string): string => fs.readFileSync(path, "utf8");
const isGone = (path: string): void => {
  assert.equal(fs.lstatSync(path, { throwIfNoEntry: false }), undefined);
};
const isMoved = (at: string, top: string): void => {
  isGone(at);
  assert.ok(fs.lstatSync(join(top, "destination")));
};
const holds =
  (expected: string) =>
  (at: string): void => {
    assert.equal(content(at), expected);
  };

export const OPERATIONS: Readonly<Record<string, Operation>> = {
  readFile: {
    on: "file",
    last: "followed",
    run: (root, path, form) => root[`readFile${form}`](path, { format: "text" }),
    check: (_at, _top, result) => {
      assert.equal(result, "target");
    },
  },
  readFileWithVersion: {
    on: "file",
    last: "followed",
    run: (root, path, form) => root[`readFileWithVersion${form}`](path, { format: "text" }),
    check: (_at, _top, result) => {
      assert.equal((result as { value: unknown }).value, "target");
    },
  },
  createReadStream: {
    on: "file",
    last: "followed",
    run: async (root, path) => (await root.createReadStream(path).toArray()).join(""),
    check: (_at, _top, result) => {
      assert.equal(result, "target");
    },
  },
  "open for reading": {
    on: "file",
    last: "followed",
    run: async (root, path, form) => {
      const descriptor = await root[`open${form}`](path);
      const text = fs.readFileSync(descriptor, "utf8");
      fs.closeSync(descriptor);
      return text;
    },
    check: (_at, _top, result) => {
      assert.equal(result, "target");
    },
  },
  "open to create": {
    on: "nothing",
    last: "followed",
    run: async (root, path, form) => {
      fs.closeSync(await root[`open${form}`](path, "w"));
    },
    check: holds(""),
  },
  "open to truncate": {
    on: "file",
    last: "followed",
    run: async (root, path, form) => {
      fs.closeSync(await root[`open${form}`](path, "w"));
    },
    check: holds(""),
  },
  list: {
    on: "directory",
    last: "followed",
    run: (root, path, form) => root[`list${form}`](path),
    check: (_at, _top, result) => {
      assert.deepEqual(result, [{ name: "found", kind: "file" }]);
    },
  },
  walk: {
    on: "directory",
    last: "followed",
    run: async (root, path, form) => {
      const names: string[] = [];
      for await (const entry of root[`walk${form}`](path)) names.push(entry.path);
      return names;
    },
    check: (_at, _top, result) => {
      assert.deepEqual(result, ["found"]);
    },
  },
  openRoot: {
    on: "directory",
    last: "followed",
    run: async (root, path, form) => {
      const inner = await root[`openRoot${form}`](path, ALL);
      const text = inner.readFileSync("found");
      await inner[`close${form}`]();
      return text;
    },
    check: (_at, _top, result) => {
      assert.equal(result, "here");
    },
  },
  stat: {
    on: "file",
    last: "followed",
    run: (root, path, form) => root[`stat${form}`](path),
    check: (at, _top, result) => {
      assert.equal((result as fs.Stats).ino, fs.lstatSync(at).ino);
    },
  },
  lstat: {
    on: "file",
    last: "itself",
    run: (root, path, form) => root[`lstat${form}`](path),
    check: (at, _top, result) => {
      assert.equal((result as fs.Stats).ino, fs.lstatSync(at).ino);
    },
  },
  readlink: {
    on: "file",
    last: "itself",
    onlyLinks: true,
    run: (root, path, form) => root[`readlink${form}`](path),
    check: (at, _top, result) => {
      assert.equal(result, fs.readlinkSync(at));
    },
  },
  chmod: {
    on: "file",
    last: "followed",
    run: (root, path, form): unknown => root[`chmod${form}`](path, 0o604),
    check: (at) => {
      assert.equal(fs.lstatSync(at).mode & 0o777, 0o604);
    },
  },
  chown: {
    on: "file",
    last: "followed",
    run: (root, path, form): unknown => root[`chown${form}`](path, process.getuid?.() ?? 0, process.getgid?.() ?? 0),
    check: (at) => {
      assert.equal(fs.lstatSync(at).uid, process.getuid?.() ?? 0);
    },
  },
  utimes: {
    on: "file",
    last: "followed",
    run: (root, path, form): unknown => root[`utimes${form}`](path, 1000, 2000),
    check: (at) => {
      assert.equal(fs.lstatSync(at).mtimeMs, 2_000_000);
    },
  },
  createDirectory: {
    on: "nothing",
    last: "in the way",
    run: (root, path, form): unknown => root[`createDirectory${form}`](path, FAST),
    check: (at) => {
      assert.equal(fs.lstatSync(at).mode, 0o40700);
    },
  },
  "createDirectory, with parents": {
    on: "directory",
    last: "followed",
    makesParents: true,
    run: (root, path, form): unknown => root[`createDirectory${form}`](path, { ...FAST, parents: true }),
    check: (at) => {
      assert.ok(fs.lstatSync(at).isDirectory());
    },
  },
  "remove a file": {
    on: "file",
    last: "itself",
    run: (root, path, form): unknown => root[`remove${form}`](path, FAST),
    check: isGone,
  },
  "remove a directory": {
    on: "directory",
    last: "itself",
    run: (root, path, form): unknown => root[`remove${form}`](path, { ...FAST, recursive: true }),
    check: isGone,
  },
  "move from": {
    on: "file",
    last: "itself",
    run: (root, path, form) => root[`move${form}`](path, "destination", FAST),
    check: isMoved,
  },
  "move a directory from": {
    on: "directory",
    last: "itself",
    run: (root, path, form) => root[`move${form}`](path, "destination", FAST),
    check: isMoved,
  },
  "move to": {
    on: "nothing",
    last: "in the way",
    run: (root, path, form) => root[`move${form}`]("source", path, FAST),
    check: holds("source"),
  },
  "move over": {
    on: "file",
    last: "itself",
    run: (root, path, form) => root[`move${form}`]("source", path, OVER),
    check: holds("source"),
  },
  // A link gets no second name here: what it says may be wrong from elsewhere, and systems differ in what they make of it.
  "link from": {
    on: "file",
    last: "in the way",
    run: (root, path, form): unknown => root[`link${form}`](path, "destination"),
    check: (at, top) => {
      assert.equal(fs.lstatSync(join(top, "destination")).ino, fs.lstatSync(at).ino);
    },
  },
  "link to": {
    on: "nothing",
    last: "in the way",
    run: (root, path, form): unknown => root[`link${form}`]("source", path),
    check: holds("source"),
  },
  symlink: {
    on: "nothing",
    last: "in the way",
    run: (root, path, form): unknown => root[`symlink${form}`]("anything", path),
    check: (at) => {
      assert.equal(fs.readlinkSync(at), "anything");
    },
  },
  // Links are written through as long as they stay inside: `writeFile` outside of roots refuses them, for there they may lead anywhere.
  writeFile: {
    on: "file",
    last: "followed",
    run: (root, path, form): unknown => root[`writeFile${form}`](path, "new", FAST),
    check: holds("new"),
  },
  "writeFile, a new one": {
    on: "nothing",
    last: "followed",
    run: (root, path, form): unknown => root[`writeFile${form}`](path, "new", FAST),
    check: holds("new"),
  },
  "writeFile in the place of a link": {
    on: "file",
    last: "itself",
    run: (root, path, form): unknown => root[`writeFile${form}`](path, "new", { ...FAST, symbolicLinks: "replace" }),
    check: (at) => {
      assert.ok(fs.lstatSync(at).isFile());
      assert.equal(content(at), "new");
    },
  },
  "writeFile and no link": {
    on: "file",
    last: "in the way",
    run: (root, path, form): unknown => root[`writeFile${form}`](path, "new", { ...FAST, symbolicLinks: "refuse" }),
    check: holds("new"),
  },
  appendFile: {
    on: "file",
    last: "followed",
    run: (root, path, form): unknown => root[`appendFile${form}`](path, " more", FAST),
    check: holds("target more"),
  },
  updateFile: {
    on: "file",
    last: "followed",
    run: (root, path, form) =>
      root[`updateFile${form}`](path, (old) => `${String(old)} updated`, { ...FAST, format: "text" }),
    check: holds("target updated"),
  },
  createWriteStream: {
    on: "file",
    last: "followed",
    run: (root, path) => finished(root.createWriteStream(path, FAST).end("new")),
    check: holds("new"),
  },
  "copy from": {
    on: "file",
    last: "followed",
    run: (root, path, form) => root[`copy${form}`](path, "destination", FAST),
    check: (_at, top) => {
      assert.equal(content(join(top, "destination")), "target");
    },
  },
  "copy to": {
    on: "nothing",
    last: "in the way",
    run: (root, path, form) => root[`copy${form}`]("source", path, FAST),
    check: holds("source"),
  },
  "copy over": {
    on: "file",
    last: "itself",
    run: (root, path, form) => root[`copy${form}`]("source", path, OVER),
    check: holds("source"),
  },
};
