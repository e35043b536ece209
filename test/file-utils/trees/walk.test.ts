import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import {
  listTree,
  listTreeSync,
  openRoot,
  walk,
  walkSync,
  type Entry,
  type WalkOptions,
} from "../../../src/file-utils/index.ts";
import { standInFront } from "../../support/file-calls.ts";
import { temporaryDirectory } from "../../support/temporary.ts";
import { AS_ROOT, exists, LINUX_ONLY, makeTree, NOT_WINDOWS, seeTree } from "../../support/tree.ts";

const fixture = (name: string): string => fileURLToPath(new URL(`../../fixtures/file-utils/${name}`, import.meta.url));
const code = (expected: string) => ({ name: "SealtraceError", code: expected });

type Walk = (directory: string, options?: WalkOptions) => Promise<Entry[]>;
const all: [string, Walk][] = [
  ["walk", async (directory, options) => Array.fromAsync(walk(directory, options))],
  ["listTree", listTree],
  ["walkSync", async (...args) => Promise.resolve(args).then(() => [...walkSync(...args)])],
  ["listTreeSync", async (...args) => Promise.resolve(args).then(() => listTreeSync(...args))],
];
const paths = (entries: readonly Entry[]): string[] => entries.map(({ path }) => path).sort();

for (const [name, walkIt] of all) {
  describe(name, () => {
    it(
      "finds everything, with its name, kind and depth, a directory before what is in it",
      { skip: NOT_WINDOWS },
      async () => {
        const directory = makeTree(temporaryDirectory(), {
          "a/b/file": "",
          "a/empty": null,
          "a/link": { link: "b" },
          ".hidden": "",
        });
        spawnSync("mkfifo", [join(directory, "pipe")]);
        const entries = await walkIt(directory);
        assert.deepEqual(new Set(entries), new Set<Entry>([
        { path: ".hidden", name: ".hidden", kind: "file", depth: 1 },
        { path: "pipe", name: "pipe", kind: "other", depth: 1 },
        { path: "a", name: "a", kind: "directory", depth: 1 },
        { path: "a/b", name: "b", kind: "directory", depth: 2 },
        { path: "a/empty", name: "empty", kind: "directory", depth: 2 },
        { path: "a/link", name: "link", kind: "link", depth: 2 },
        { path: "a/b/file", name: "file", kind: "file", depth: 3 },
      ])); // prettier-ignore
        const order = entries.map(({ path }) => path);
        assert.ok(order.indexOf("a") < order.indexOf("a/b") && order.indexOf("a/b") < order.indexOf("a/b/file"));
        assert.deepEqual(await walkIt(join(directory, "a/empty")), []);
        assert.deepEqual(paths(await walkIt(`${directory}/a/`)), ["b", "b/file", "empty", "link"]);
      },
    );

    it("finds exactly what was made", async () => {
      const path = fc
        .array(fc.constantFrom("a", "b", "c", "d e", "ü"), { minLength: 1, maxLength: 6 })
        .map((names) => names.join("/"));
      await fc.assert(
        fc.asyncProperty(fc.array(path, { maxLength: 20 }), async (directories) => {
          const directory = temporaryDirectory();
          for (const made of directories) makeTree(directory, { [`${made}/file`]: "" });
          const expected = Object.keys(seeTree(directory)).slice(1).map((made) => Buffer.from(made.slice(1), "latin1").toString()); // prettier-ignore
          assert.deepEqual(paths(await walkIt(directory)), expected.sort());
        }),
        { numRuns: 15 },
      );
    });

    it("follows no links, also not round in circles", { skip: NOT_WINDOWS }, async () => {
      const directory = makeTree(temporaryDirectory(), { "a/up": { link: ".." }, "a/self": { link: "self" }, "a/dangling": { link: "nowhere" } }); // prettier-ignore
      assert.deepEqual(paths(await walkIt(directory)), ["a", "a/dangling", "a/self", "a/up"]);
      await assert.rejects(walkIt(join(directory, "a/up")), code("SEALTRACE_LINK_REFUSED"));
    });

    it("names every name so that it can be used, whatever its bytes are", { skip: LINUX_ONLY }, async () => {
      const directory = temporaryDirectory();
      const names = [
        [0xff],
        [0x61, 0xc3],
        [0xef, 0xbf, 0xbd],
        [0xc3, 0xa9, 0xff],
        [0x0a],
        [0x20],
        [0xed, 0xb3, 0xbf],
        [0xf0, 0x9f, 0x98, 0x80],
      ];
      for (const bytes of names) {
        const path = Buffer.concat([Buffer.from(`${directory}/`), Buffer.from(bytes)]);
        fs.mkdirSync(path);
        fs.writeFileSync(Buffer.concat([path, Buffer.from("/in")]), "");
      }
      const entries = await walkIt(directory);
      const expected = ["\udcff", "a\udcc3", "\ufffd", "é\udcff", "\n", " ", "\udced\udcb3\udcbf", "😀"];
      assert.deepEqual(paths(entries), expected.flatMap((shown) => [shown, `${shown}/in`]).sort());
    });

    it("shows what globs select, and does not enter what they exclude", async () => {
      const directory = makeTree(temporaryDirectory(), {
        "src/a.ts": "", "src/.b.ts": "", "src/deep/c.ts": "", "src/c.js": "", "node_modules/x/y.ts": "", "d.ts": "",
      }); // prettier-ignore
      assert.deepEqual(paths(await walkIt(directory, { include: ["**/*.ts"], exclude: ["node_modules"] })), ["d.ts", "src/.b.ts", "src/a.ts", "src/deep/c.ts"]); // prettier-ignore
      assert.deepEqual(paths(await walkIt(directory, { exclude: ["**/*.ts", "node_modules"] })), [
        "src",
        "src/c.js",
        "src/deep",
      ]);
      fs.writeFileSync(join(directory, "unreadable"), "");
      const end = standInFront(({ name: call, args }, goOn) => {
        assert.ok(call !== "readdir" || !String(args[0]).includes("node_modules"), "an excluded directory was entered");
        goOn();
      });
      await walkIt(directory, { exclude: ["node_modules"] }).finally(end);
      await assert.rejects(walkIt(directory, { include: ["(".repeat(70_000)] }), code("SEALTRACE_USAGE"));
    });

    it("goes as deep as it is told", async () => {
      const directory = makeTree(temporaryDirectory(), { "a/b/c": "" });
      assert.deepEqual(paths(await walkIt(directory, { maxDepth: 1 })), ["a"]);
      assert.deepEqual(paths(await walkIt(directory, { maxDepth: 2 })), ["a", "a/b"]);
      for (const maxDepth of [0, -1, 1.5, NaN])
        await assert.rejects(walkIt(directory, { maxDepth }), code("SEALTRACE_USAGE"));
    });

    it("says when there is more than it may find", async () => {
      const directory = makeTree(temporaryDirectory(), { "a/b": "", "a/c": "" });
      assert.equal((await walkIt(directory, { maxEntries: 3 })).length, 3);
      await assert.rejects(walkIt(directory, { maxEntries: 2 }), code("SEALTRACE_FILE_TOO_LARGE"));
      await assert.rejects(walkIt(directory, { maxEntries: 2, include: ["none"], onUnreadable: () => assert.fail() }), code("SEALTRACE_FILE_TOO_LARGE")); // prettier-ignore
    });

    it("shows locks only when it is asked to", async () => {
      const directory = makeTree(temporaryDirectory(), { "a/.sealtrace-locks/x.lock": "" });
      assert.deepEqual(paths(await walkIt(directory)), ["a"]);
      assert.equal((await walkIt(directory, { locks: true })).length, 3);
    });

    it("says what it can't walk", async () => {
      const directory = makeTree(temporaryDirectory(), { file: "" });
      await assert.rejects(walkIt(join(directory, "none")), code("SEALTRACE_FILE_MISSING"));
      await assert.rejects(walkIt(join(directory, "file")), code("SEALTRACE_DIRECTORY_UNREADABLE"));
      await assert.rejects(walkIt(""), code("SEALTRACE_USAGE"));
    });
  });
}

describe("walk", () => {
  it("goes on when directories vanish while it walks", async () => {
    const directory = makeTree(temporaryDirectory(), { "a/b/c": "", "d/e": "", file: "" });
    let reads = 0;
    const end = standInFront(({ name }, goOn) => {
      if (name === "readdir" && (reads += 1) === 2) {
        fs.rmSync(join(directory, "a"), { recursive: true });
        fs.rmSync(join(directory, "d"), { recursive: true });
        fs.writeFileSync(join(directory, "d"), "a file now");
      }
      goOn();
    });
    const found = await listTree(directory).finally(end);
    assert.deepEqual(paths(found), ["a", "d", "file"]);
  });

  it("ends when its signal is aborted: before, in the middle, while it waits", async () => {
    const directory = makeTree(temporaryDirectory(), { "a/b": "", "c/d": "" });
    const reason = new Error("enough");
    await assert.rejects(listTree(directory, { signal: AbortSignal.abort(reason) }), reason);
    const stop = new AbortController();
    const seen: string[] = [];
    await assert.rejects(async () => {
      for await (const { path } of walk(directory, { signal: stop.signal })) {
        seen.push(path);
        if (seen.length === 2) stop.abort(reason);
      }
    }, reason);
    const waiting = new AbortController();
    const end = standInFront(({ name }, goOn) => {
      if (name === "readdir") setImmediate(() => waiting.abort(reason));
      else goOn();
    });
    await assert.rejects(listTree(directory, { signal: waiting.signal }), reason).finally(end);
  });

  it("stops reading when nobody wants more", async () => {
    const directory = makeTree(temporaryDirectory(), { "a/b/c/d": "" });
    let reads = 0;
    const end = standInFront(({ name }, goOn) => {
      if (name === "readdir") reads += 1;
      goOn();
    });
    for await (const { path } of walk(directory)) if (path === "a") break;
    await new Promise((resolve) => setTimeout(resolve, 20));
    end();
    assert.ok(reads <= 2, `${reads} directories were read`);
    const iterator = walk(directory);
    assert.deepEqual(await iterator.return?.(), { value: undefined, done: true });
    assert.deepEqual(await iterator.next(), { value: undefined, done: true });
  });

  it("answers whoever asks several times at once, in turn", async () => {
    const directory = makeTree(temporaryDirectory(), { "a/b/c": "" });
    const iterator = walk(directory);
    const answers = await Promise.all([iterator.next(), iterator.next(), iterator.next(), iterator.next()]);
    assert.deepEqual(answers.map(({ value }) => value?.path), ["a", "a/b", "a/b/c", undefined]); // prettier-ignore
  });

  it("finds all of more than may wait to be taken", async () => {
    const directory = temporaryDirectory();
    for (let i = 0; i < 40; i += 1) {
      fs.mkdirSync(join(directory, `d${i}`));
      for (let j = 0; j < 500; j += 1) fs.closeSync(fs.openSync(join(directory, `d${i}/f${j}`), "w"));
    }
    assert.equal((await Array.fromAsync(walk(directory))).length, 20_040);
    assert.equal((await listTree(directory)).length, 20_040);
  });

  it("in a root is led nowhere by a directory that becomes a link, at any moment", { skip: LINUX_ONLY }, async () => {
    let at = 1;
    for (; ; at += 1) {
      const directory = makeTree(temporaryDirectory(), { "tree/sub/deep/file": "", "precious/secret/secret": "" });
      await using root = await openRoot(join(directory, "tree"), { allow: ["list"] });
      let calls = 0;
      const end = standInFront((_call, goOn) => {
        if ((calls += 1) === at) {
          fs.renameSync(join(directory, "tree/sub"), join(directory, "aside"));
          fs.symlinkSync("../precious", join(directory, "tree/sub"));
        }
        goOn();
      });
      const found = await Array.fromAsync(root.walk()).finally(end);
      assert.ok(
        found.every(({ name }) => name !== "secret"),
        `moment ${at}`,
      );
      if (calls < at) break;
    }
    assert.ok(at > 5, `only ${at} moments`);
  });

  it("says which directories it may not read, or leaves them out and tells", { skip: AS_ROOT || NOT_WINDOWS }, () => {
    const directory = makeTree(temporaryDirectory(), { "locked/file": "", "open/file": "" });
    fs.chmodSync(directory, 0o755);
    fs.chmodSync(join(directory, "locked"), 0o700);
    const { stdout } = spawnSync(process.execPath, [fixture("other-user.ts"), "walk", directory], { uid: 65534, gid: 65534, encoding: "utf8" }); // prettier-ignore
    const [list, error] = stdout.split("\n") as [string, string];
    assert.deepEqual(JSON.parse(list), [["locked", "open", "open/file"], ["locked SEALTRACE_DIRECTORY_UNREADABLE"]]);
    assert.match(error, /^SEALTRACE_DIRECTORY_UNREADABLE .*\/locked could not be read: no permission/);
  });

  it("says that too many files are open", { skip: LINUX_ONLY }, () => {
    const directory = makeTree(temporaryDirectory(), { "a/b": "" });
    const { stdout, stderr } = spawnSync("sh", ["-c", 'ulimit -n 60; exec "$@"', "sh", process.execPath, fixture("no-descriptors.ts"), directory], { encoding: "utf8" }); // prettier-ignore
    const lines = stdout.trim().split("\n");
    assert.equal(lines.length, 8, stdout + stderr);
    for (const line of lines) assert.match(line, /^[\w ]+ SEALTRACE_FILE_SYSTEM .*too many files are open/);
    assert.deepEqual(fs.readdirSync(directory), ["a"]);
  });

  it("walks a thousand levels, and says when a tree is deeper than paths reach", { skip: LINUX_ONLY }, () => {
    for (const [levels, expected] of [
      ["1000", "1001 1001"],
      ["500", "SEALTRACE_FILE_SYSTEM"],
    ] as const) {
      // prettier-ignore
      const directory = temporaryDirectory();
      const { stdout, stderr } = spawnSync(process.execPath, [fixture("deep-session.ts"), directory, levels, "walk"], { encoding: "utf8" }); // prettier-ignore
      assert.match(stdout, new RegExp(`^${expected}`), stderr);
      assert.equal(exists(join(directory, "deep")), false);
    }
  });
});
