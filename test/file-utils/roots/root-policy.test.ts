/** Deny by default: what each method of a root needs. The other rules are in `root-rules.test.ts`. */
import assert from "node:assert/strict";
import fs from "node:fs";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { describe, it } from "node:test";
import {
  openRootByPaths,
  openRootSync,
  type Root,
  type RootAction,
  type RootPolicy,
} from "../../../src/file-utils/index.ts";
import { fails, refused, violations } from "../../support/root-refusals.ts";
import { temporaryDirectory } from "../../support/temporary.ts";
import { makeTree, NOT_WINDOWS, seeTree } from "../../support/tree.ts";

const ACTIONS: readonly RootAction[] = ["read", "write", "create", "delete", "list", "execute"];
const ALL: RootPolicy = { allow: ACTIONS };
const FAST = { durable: false } as const;
const ENGINES = [
  ["by descriptors where the system can", openRootSync],
  ["by paths", openRootByPaths],
] as const;

interface Method {
  readonly needs: readonly RootAction[];
  readonly call: (root: Root) => unknown;
}

const close = (descriptor: number): void => {
  fs.closeSync(descriptor);
};

/** Each method, blocking and not, and what it needs. `file`, `directory/file` and `link` (to file) are there; `new` is not. */
const METHODS: Readonly<Record<string, Method>> = {
  readFile: { needs: ["read"], call: (root) => root.readFile("file") },
  readFileSync: { needs: ["read"], call: (root) => root.readFileSync("file") },
  readFileWithVersion: { needs: ["read"], call: (root) => root.readFileWithVersion("file") },
  readFileWithVersionSync: { needs: ["read"], call: (root) => root.readFileWithVersionSync("file") },
  createReadStream: { needs: ["read"], call: (root) => root.createReadStream("file").toArray() },
  writeFile: { needs: ["write"], call: (root) => root.writeFile("file", "x", FAST) },
  "writeFile, new": { needs: ["create"], call: (root) => root.writeFile("new", "x", FAST) },
  "writeFile, new, to run": { needs: ["create", "execute"], call: (root) => root.writeFile("new", "", { ...FAST, mode: 0o700 }) }, // prettier-ignore
  writeFileSync: { needs: ["write"], call: (root) => { root.writeFileSync("file", "x", FAST); } }, // prettier-ignore
  "writeFile, generations": { needs: ["write", "create"], call: (root) => root.writeFile("file", "x", { ...FAST, generations: 1 }) }, // prettier-ignore
  appendFile: { needs: ["write"], call: (root) => root.appendFile("file", "x", FAST) },
  "appendFile, new": { needs: ["create"], call: (root) => root.appendFile("new", "x", FAST) },
  appendFileSync: { needs: ["write"], call: (root) => { root.appendFileSync("file", "x", FAST); } }, // prettier-ignore
  updateFile: { needs: ["read", "write"], call: (root) => root.updateFile("file", () => "x", FAST) },
  "updateFile, new": { needs: ["read", "create"], call: (root) => root.updateFile("new", () => "x", FAST) },
  updateFileSync: { needs: ["read", "write"], call: (root) => root.updateFileSync("file", () => "x", FAST) },
  createWriteStream: { needs: ["write"], call: (root) => finished(root.createWriteStream("file", FAST).end("x")) },
  "createWriteStream, new": { needs: ["create"], call: (root) => finished(root.createWriteStream("new", FAST).end("x")) }, // prettier-ignore
  "open r": { needs: ["read"], call: async (root) => { close(await root.open("file")); } }, // prettier-ignore
  "openSync r+": { needs: ["read", "write"], call: (root) => { close(root.openSync("file", "r+")); } }, // prettier-ignore
  "open w": { needs: ["write"], call: async (root) => { close(await root.open("file", "w")); } }, // prettier-ignore
  "openSync a, new": { needs: ["write", "create"], call: (root) => { close(root.openSync("new", "a")); } }, // prettier-ignore
  "openSync wx, new": { needs: ["write", "create"], call: (root) => { close(root.openSync("new", "wx")); } }, // prettier-ignore
  stat: { needs: ["list"], call: (root) => root.stat("file") },
  statSync: { needs: ["list"], call: (root) => root.statSync("file") },
  lstat: { needs: ["list"], call: (root) => root.lstat("link") },
  lstatSync: { needs: ["list"], call: (root) => root.lstatSync("link") },
  readlink: { needs: ["list"], call: (root) => root.readlink("link") },
  readlinkSync: { needs: ["list"], call: (root) => root.readlinkSync("link") },
  list: { needs: ["list"], call: (root) => root.list() },
  listSync: { needs: ["list"], call: (root) => root.listSync("directory") },
  walk: { needs: ["list"], call: async (root) => { for await (const entry of root.walk()) assert.ok(entry); } }, // prettier-ignore
  walkSync: { needs: ["list"], call: (root) => [...root.walkSync()] },
  createDirectory: { needs: ["create"], call: (root) => root.createDirectory("new", FAST) },
  "createDirectory, of the root": { needs: ["create"], call: (root) => root.createDirectory(".", { ...FAST, parents: true }) }, // prettier-ignore
  createDirectorySync: { needs: ["create"], call: (root) => { root.createDirectorySync("new/er", { ...FAST, parents: true }); } }, // prettier-ignore
  remove: { needs: ["delete"], call: (root) => root.remove("file", FAST) },
  removeSync: { needs: ["delete"], call: (root) => { root.removeSync("directory", { ...FAST, recursive: true }); } }, // prettier-ignore
  move: { needs: ["delete", "create"], call: (root) => root.move("file", "new", FAST) },
  "moveSync, over": { needs: ["delete", "create", "write"], call: (root) => root.moveSync("directory/file", "file", { ...FAST, overwrite: true }) }, // prettier-ignore
  copy: { needs: ["read", "create"], call: (root) => root.copy("directory", "new", FAST) },
  "copySync, over": { needs: ["read", "create", "write"], call: (root) => root.copySync("directory/file", "file", { ...FAST, overwrite: true }) }, // prettier-ignore
  "copy, to run": { needs: ["read", "create", "execute"], call: (root) => root.copy("program", "new", FAST) },
  chmod: { needs: ["write"], call: (root) => root.chmod("file", 0o600) },
  "chmodSync, to run": { needs: ["write", "execute"], call: (root) => { root.chmodSync("file", 0o700); } }, // prettier-ignore
  chown: { needs: ["write"], call: (root) => root.chown("file", process.getuid?.() ?? 0, process.getgid?.() ?? 0) },
  utimes: { needs: ["write"], call: (root) => root.utimes("file", 1, 2) },
  utimesSync: { needs: ["write"], call: (root) => { root.utimesSync("file", 1, 2); } }, // prettier-ignore
  link: { needs: ["read", "write", "create"], call: (root) => root.link("file", "new") },
  symlink: { needs: ["create"], call: (root) => root.symlink("file", "new") },
  openRoot: { needs: ["list"], call: async (root) => { await (await root.openRoot("directory", ALL)).close(); } }, // prettier-ignore
  openRootSync: { needs: ["list"], call: (root) => { root.openRootSync(".", ALL).closeSync(); } }, // prettier-ignore
};

function makeRoot(): string {
  const directory = makeTree(temporaryDirectory(), { file: "1", program: "", "directory/file": "2", link: { link: "file" } }); // prettier-ignore
  fs.chmodSync(join(directory, "program"), 0o700);
  return directory;
}

for (const [engine, open] of ENGINES) {
  describe(`a root's actions, ${engine}`, { skip: NOT_WINDOWS }, () => {
    for (const [name, { needs, call }] of Object.entries(METHODS)) {
      it(`${name} needs ${needs.join(", ")}, and nothing else`, async (t) => {
        const reported = violations(t);
        for (const missing of needs) {
          const directory = makeRoot();
          const before = seeTree(directory);
          const root = open(directory, { allow: ACTIONS.filter((action) => action !== missing) });
          const { action } = await refused(reported, () => call(root), `${name} without ${missing}`);
          assert.equal(action, missing);
          delete before[""];
          const after = seeTree(directory);
          for (const path of Object.keys(after))
            if (path === "" || path.includes(".sealtrace-locks")) delete after[path];
          assert.deepEqual(after, before);
          root.closeSync();
        }
        reported.length = 0;
        const root = open(makeRoot(), { allow: needs });
        await call(root);
        assert.deepEqual(reported, []);
        root.closeSync();
        await fails("SEALTRACE_USAGE", reported, () => call(root), `${name} when it is closed`);
      });
    }
  });
}
