import assert from "node:assert/strict";
import fs from "node:fs";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { move, moveSync } from "../../../src/file-utils/index.ts";
import { dyingAt, standInFront } from "../../support/file-calls.ts";
import { mountSmallDisk, type SmallDisk } from "../../support/small-disk.ts";
import { temporaryDirectory } from "../../support/temporary.ts";
import { AS_ROOT, asynchronously, exists, LINUX_ONLY, makeTree, NOT_WINDOWS, seeTree } from "../../support/tree.ts";

const fixture = (name: string): string => fileURLToPath(new URL(`../../fixtures/file-utils/${name}`, import.meta.url));
const code = (expected: string) => ({ name: "SealtraceError", code: expected });
const both: [string, typeof move][] = [
  ["move", move],
  ["moveSync", asynchronously(moveSync)],
];
const disk = mountSmallDisk(64 * 1024 * 1024);
const noDisk = typeof disk === "string" && disk;
const SOME_TREE = { "a/file": "content", "a/b/deep": "x".repeat(300_000), "a/empty": null, "a/link": { link: "file" } };

/** A new directory on another file system than `temporaryDirectory`. */
function elsewhere(): string {
  return fs.mkdtempSync(join((disk as SmallDisk).path, "d"));
}

for (const [name, moveIt] of both) {
  describe(name, () => {
    it("renames files, directories and links", { skip: NOT_WINDOWS }, async () => {
      const directory = makeTree(temporaryDirectory(), SOME_TREE);
      const { ino } = fs.statSync(join(directory, "a/file"));
      for (const what of ["a/file", "a/link", "a/empty", "a"]) {
        const before = seeTree(join(directory, what));
        const report = await moveIt(join(directory, what), join(directory, `${what}.moved`));
        assert.deepEqual(report, { renamed: true, bytes: 0 });
        assert.deepEqual(seeTree(join(directory, `${what}.moved`)), before);
        assert.equal(exists(join(directory, what)), false);
      }
      assert.equal(fs.statSync(join(directory, "a.moved/file.moved")).ino, ino);
    });

    it("replaces nothing unless it is told to, and no directory with something in it", async () => {
      const tree = { from: "new", to: "old", "tree/a": "new", "full/b": "old", empty: null };
      const directory = makeTree(temporaryDirectory(), tree);
      const before = seeTree(directory);
      for (const [from, to] of [
        ["from", "to"],
        ["from", "full"],
        ["tree", "to"],
        ["tree", "full"],
        ["tree", "empty"],
      ] as const) {
        // prettier-ignore
        await assert.rejects(moveIt(join(directory, from), join(directory, to)), code("SEALTRACE_FILE_EXISTS"), `${from} ${to}`);
      }
      for (const [from, to] of [
        ["from", "full"],
        ["tree", "to"],
        ["tree", "full"],
      ] as const) {
        await assert.rejects(moveIt(join(directory, from), join(directory, to), { overwrite: true }), {
          name: "SealtraceError",
        });
      }
      assert.deepEqual(seeTree(directory), before);
      await moveIt(join(directory, "from"), join(directory, "to"), { overwrite: true });
      await moveIt(join(directory, "tree"), join(directory, "empty"), { overwrite: true });
      assert.equal(fs.readFileSync(join(directory, "to"), "utf8"), "new");
      assert.equal(fs.readFileSync(join(directory, "empty/a"), "utf8"), "new");
      assert.deepEqual(fs.readdirSync(directory).sort(), ["empty", "full", "to"]);
    });

    it("says what is missing, and that a directory can't be put into itself", async () => {
      const directory = makeTree(temporaryDirectory(), { "tree/sub/file": "x" });
      await assert.rejects(moveIt(join(directory, "none"), join(directory, "to")), code("SEALTRACE_FILE_MISSING"));
      await assert.rejects(moveIt(join(directory, "tree"), join(directory, "none/to")), code("SEALTRACE_FILE_MISSING"));
      await assert.rejects(moveIt(join(directory, "tree"), join(directory, "tree/sub/new")), code("SEALTRACE_USAGE"));
      assert.ok(exists(join(directory, "tree/sub/file")));
    });

    it("moves a file onto itself, and onto another name of it, without losing it", { skip: NOT_WINDOWS }, async () => {
      const directory = makeTree(temporaryDirectory(), { file: "content" });
      await moveIt(join(directory, "file"), join(directory, "./file"));
      fs.linkSync(join(directory, "file"), join(directory, "other"));
      await moveIt(join(directory, "file"), join(directory, "file"), { overwrite: true });
      await assert.rejects(moveIt(join(directory, "file"), join(directory, "other")), code("SEALTRACE_FILE_EXISTS"));
      assert.deepEqual(fs.readdirSync(directory).sort(), ["file", "other"]);
      await moveIt(join(directory, "file"), join(directory, "other"), { overwrite: true });
      assert.deepEqual(fs.readdirSync(directory), ["other"]);
      assert.equal(fs.readFileSync(join(directory, "other"), "utf8"), "content");
    });

    it(
      "moves names that are not UTF-8 in what is moved, across file systems",
      { skip: LINUX_ONLY || noDisk },
      async () => {
        const directory = temporaryDirectory();
        fs.mkdirSync(join(directory, "from"));
        fs.writeFileSync(Buffer.concat([Buffer.from(`${directory}/from/`), Buffer.from([0xff, 0x0a])]), "x");
        const to = join(elsewhere(), "to");
        await moveIt(join(directory, "from"), to);
        assert.deepEqual(Object.keys(seeTree(to)), ["", "/\xff\n"]);
        assert.deepEqual(fs.readdirSync(directory), []);
      },
    );

    it("copies across file systems, with everything, and then removes", { skip: noDisk }, async () => {
      const directory = makeTree(temporaryDirectory(), { ...SOME_TREE, "a/.sealtrace-locks/file.lock": "" });
      if (process.getuid?.() === 0) fs.chownSync(join(directory, "a/file"), 1234, 1234);
      const to = join(elsewhere(), "to");
      const before = seeTree(join(directory, "a"));
      const bytes: number[] = [];
      const report = await moveIt(join(directory, "a"), to, { onProgress: (progress) => bytes.push(progress.bytes) });
      assert.deepEqual(report, { renamed: false, bytes: 300_007 });
      for (const path of ["/.sealtrace-locks", "/.sealtrace-locks/file.lock"]) Reflect.deleteProperty(before, path);
      assert.deepEqual(seeTree(to), before);
      assert.deepEqual(fs.readdirSync(directory), []);
      if (process.getuid?.() === 0) assert.equal(fs.statSync(join(to, "file")).uid, 1234);
      assert.equal(bytes.at(-1), 300_007);
      await moveIt(join(to, "link"), join(directory, "link"));
      assert.equal(fs.readlinkSync(join(directory, "link")), "file");
      fs.rmSync(to, { recursive: true });
    });

    it("treats what is in the way across file systems as it does on one", { skip: noDisk }, async () => {
      const directory = makeTree(temporaryDirectory(), { file: "new", "tree/a": "new" });
      const to = makeTree(elsewhere(), { file: "old", "full/b": "old", empty: null });
      const before = seeTree(to);
      for (const [from, target] of [
        ["file", "file"],
        ["file", "full"],
        ["tree", "full"],
        ["tree", "empty"],
        ["tree", "file"],
      ] as const) {
        // prettier-ignore
        await assert.rejects(moveIt(join(directory, from), join(to, target)), code("SEALTRACE_FILE_EXISTS"), `${from} ${target}`);
      }
      for (const [from, target] of [
        ["file", "full"],
        ["tree", "full"],
        ["tree", "file"],
      ] as const) {
        await assert.rejects(moveIt(join(directory, from), join(to, target), { overwrite: true }), {
          name: "SealtraceError",
        });
      }
      assert.deepEqual(seeTree(to), before);
      assert.deepEqual(Object.keys(seeTree(directory)), ["", "/file", "/tree", "/tree/a"]);
      await moveIt(join(directory, "file"), join(to, "file"), { overwrite: true });
      await moveIt(join(directory, "tree"), join(to, "empty"), { overwrite: true });
      assert.equal(fs.readFileSync(join(to, "file"), "utf8"), "new");
      assert.equal(fs.readFileSync(join(to, "empty/a"), "utf8"), "new");
      assert.deepEqual(fs.readdirSync(directory), []);
    });

    it("keeps the source when the other disk is full", { skip: noDisk }, async () => {
      const directory = makeTree(temporaryDirectory(), { "a/b": "x".repeat(600_000), "a/c": "x".repeat(600_000) });
      const before = seeTree(directory);
      const { path: to } = mountSmallDisk(1024 * 1024) as SmallDisk;
      await assert.rejects(moveIt(join(directory, "a"), join(to, "to")), code("SEALTRACE_DISK_FULL"));
      assert.deepEqual(seeTree(directory), before);
      assert.deepEqual(fs.readdirSync(to), []);
    });
  });
}

describe("move", () => {
  it("replaces no file that is made in the way at any moment", async () => {
    let prevented = 0;
    for (let at = 1; ; at += 1) {
      const directory = makeTree(temporaryDirectory(), { from: "new" });
      let calls = 0;
      const made: string[] = [];
      const end = standInFront((_call, goOn) => {
        if ((calls += 1) === at && !exists(join(directory, "to"))) {
          fs.writeFileSync(join(directory, "to"), "precious");
          made.push("precious");
        }
        goOn();
      });
      const moved = await move(join(directory, "from"), join(directory, "to")).then(() => true, () => false).finally(end); // prettier-ignore
      if (calls < at) break;
      if (!moved) prevented += 1;
      const seen = Object.values(seeTree(directory)).join();
      assert.match(seen, /new/);
      if (made.length > 0) assert.match(seen, /precious/);
    }
    assert.ok(prevented > 1);
  });

  for (const [what, across] of [
    ["on one file system", false],
    ["across file systems", true],
  ] as const) {
    // prettier-ignore
    it(`killed at any moment ${what}: whole at the old name or the new, or both`, { skip: (across && noDisk) || NOT_WINDOWS }, async () => {
      for (const from of ["a/b/deep", "a/link", "a"]) {
        let at = 1;
        for (; ; at += 1) {
          const directory = makeTree(temporaryDirectory(), SOME_TREE);
          const target = across ? elsewhere() : temporaryDirectory();
          const to = join(target, "to");
          const whole = seeTree(join(directory, from));
          const lived = await dyingAt(at, () => move(join(directory, from), to));
          const atNew = exists(to) && seeTree(to);
          if (atNew === false) assert.deepEqual(seeTree(join(directory, from)), whole, `${from} at ${at}`);
          else assert.deepEqual(atNew, whole, `${from} at ${at}`);
          if (across) fs.rmSync(target, { recursive: true });
          if (lived) break;
        }
        assert.ok(at > (across ? 5 : 3), `only ${at} moments`);
      }
    });
  }

  it("really killed, across file systems: whole at the old name or the new", { skip: noDisk }, () => {
    let deaths = 0;
    for (const at of [7, 18, 29, 40]) {
      const directory = makeTree(temporaryDirectory(), SOME_TREE);
      const target = elsewhere();
      const whole = seeTree(join(directory, "a"));
      const { signal, stderr } = spawnSync(process.execPath, [fixture("moving-session.ts"), join(directory, "a"), join(target, "to"), String(at)], { encoding: "utf8" }); // prettier-ignore
      assert.equal(stderr, "");
      if (signal === "SIGKILL") deaths += 1;
      const at2 = exists(join(target, "to")) ? join(target, "to") : join(directory, "a");
      assert.deepEqual(seeTree(at2), whole, `killed at ${at}`);
      fs.rmSync(target, { recursive: true });
    }
    assert.ok(deaths >= 3, `only ${deaths} deaths`);
  });

  it("removes nothing that came or changed after it was copied", { skip: noDisk }, async () => {
    const changes: ((directory: string) => void)[] = [
      (directory) => {
        fs.writeFileSync(join(directory, "a/late"), "late");
      },
      (directory) => {
        fs.appendFileSync(join(directory, "a/file"), "late");
      },
      (directory) => void makeTree(directory, { "a/b/sub/late": "late" }),
    ];
    for (const change of changes) {
      const directory = makeTree(temporaryDirectory(), SOME_TREE);
      const to = join(elsewhere(), "to");
      let isCopied = false;
      const end = standInFront(({ name, args }, goOn) => {
        // From the first call after the copy has its name, the source is only removed.
        if (isCopied) change(directory);
        isCopied = name === "rename" && String(args[0]).endsWith(".tmp") && String(args[1]).endsWith("/to");
        goOn();
      });
      await assert.rejects(move(join(directory, "a"), to), code("SEALTRACE_FILE_CHANGED")).finally(end);
      assert.match(JSON.stringify(seeTree(join(directory, "a"))), /late/);
      assert.equal(fs.readFileSync(join(to, "file"), "utf8"), "content");
      fs.rmSync(to, { recursive: true });
    }
  });

  it("ends when its signal is aborted while it copies, with everything where it was", { skip: noDisk }, async () => {
    const directory = makeTree(temporaryDirectory(), SOME_TREE);
    const before = seeTree(directory);
    const target = elsewhere();
    const stop = new AbortController();
    const reason = new Error("enough");
    const onProgress = (): void => stop.abort(reason);
    await assert.rejects(move(join(directory, "a"), join(target, "to"), { signal: stop.signal, onProgress }), reason);
    assert.deepEqual(seeTree(directory), before);
    assert.deepEqual(fs.readdirSync(target), []);
  });

  it("says what it may not move", { skip: AS_ROOT || NOT_WINDOWS }, () => {
    const directory = makeTree(temporaryDirectory(), { file: "x" });
    fs.chmodSync(directory, 0o755);
    const { stdout } = spawnSync(process.execPath, [fixture("other-user.ts"), "move", join(directory, "file"), join(directory, "to")], { uid: 65534, gid: 65534, encoding: "utf8" }); // prettier-ignore
    assert.match(stdout, /^SEALTRACE_DIRECTORY_UNWRITABLE .*to could not be written: no permission/);
    assert.deepEqual(fs.readdirSync(directory), ["file"]);
  });
});
