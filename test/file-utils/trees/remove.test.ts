import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Worker } from "node:worker_threads";
import { remove, removeSync } from "../../../src/file-utils/index.ts";
import { standInFront } from "../../support/file-calls.ts";
import { temporaryDirectory } from "../../support/temporary.ts";
import { AS_ROOT, asynchronously, exists, LINUX_ONLY, makeTree, NOT_WINDOWS, seeTree } from "../../support/tree.ts";

const fixture = (name: string): string => fileURLToPath(new URL(`../../fixtures/file-utils/${name}`, import.meta.url));
const code = (expected: string) => ({ name: "SealtraceError", code: expected });
const both: [string, typeof remove][] = [
  ["remove", remove],
  ["removeSync", asynchronously(removeSync)],
];

for (const [name, removeIt] of both) {
  describe(name, () => {
    it("removes a file, an empty directory, and a tree when it is told to", async () => {
      const directory = makeTree(temporaryDirectory(), { file: "", empty: null, "tree/a/b": "", "tree/c": "", "tree/d": null }); // prettier-ignore
      await removeIt(join(directory, "file"));
      await removeIt(join(directory, "empty"));
      await assert.rejects(removeIt(join(directory, "tree")), code("SEALTRACE_FILE_EXISTS"));
      assert.ok(exists(join(directory, "tree/a/b")));
      await removeIt(join(directory, "tree"), { recursive: true });
      assert.deepEqual(fs.readdirSync(directory), []);
    });

    it("refuses the root of the file system, and the working directory with what contains it", async () => {
      for (const path of ["/", ".", "..", "./", "../..", process.cwd(), join(process.cwd(), ".."), "no/../."]) {
        await assert.rejects(removeIt(path, { recursive: true, missingOk: true }), code("SEALTRACE_USAGE"), path);
      }
      assert.ok(exists(fileURLToPath(import.meta.url)));
    });

    it("says when nothing is there, unless that is fine", async () => {
      const path = join(temporaryDirectory(), "missing");
      await assert.rejects(removeIt(path, { recursive: true }), code("SEALTRACE_FILE_MISSING"));
      await removeIt(path, { missingOk: true });
      await assert.rejects(removeIt(""), code("SEALTRACE_USAGE"));
      await assert.rejects(removeIt("a\0b"), code("SEALTRACE_USAGE"));
    });

    it("removes symbolic links, and never what they point to", { skip: NOT_WINDOWS }, async () => {
      const directory = makeTree(temporaryDirectory(), {
        "precious/file": "kept",
        "tree/link": { link: "../precious" },
        "tree/deeper/absolute": { link: "/" },
        "tree/dangling": { link: "nowhere" },
        "tree/loop": { link: "loop" },
        top: { link: "precious" },
      });
      await removeIt(join(directory, "tree"), { recursive: true });
      await removeIt(join(directory, "top"), { recursive: true });
      assert.deepEqual(Object.keys(seeTree(directory)), ["", "/precious", "/precious/file"]);
    });

    it("removes names of all kinds", { skip: LINUX_ONLY }, async () => {
      const directory = temporaryDirectory();
      const tree = makeTree(join(directory, "tree"), {
        "new\nline": "",
        " ": "",
        "ünïcode €😀/x": "",
        "\ufffd": "",
        "-rf": "",
      });
      for (const bytes of [[0xff], [0x61, 0xc3], [0xed, 0xa0, 0x80], [0xc3, 0xa9, 0xff]]) {
        fs.writeFileSync(Buffer.concat([Buffer.from(`${tree}/`), Buffer.from(bytes)]), "");
      }
      await removeIt(tree, { recursive: true });
      assert.deepEqual(fs.readdirSync(directory), []);
    });

    it("removes what belongs to locks", async () => {
      const directory = makeTree(temporaryDirectory(), { "tree/.sealtrace-locks/file.lock": "" });
      await removeIt(join(directory, "tree"), { recursive: true });
      assert.deepEqual(fs.readdirSync(directory), []);
    });
  });
}

describe("remove", () => {
  // Each call is one moment in which a directory may be replaced by a link, and all are tried.
  it("is led nowhere by a directory that becomes a link, at any moment", { skip: LINUX_ONLY }, async () => {
    const moments = async (removeTree: (path: string) => Promise<void>): Promise<{ lost: number; moments: number }> => {
      let lost = 0;
      for (let at = 1; ; at += 1) {
        const directory = makeTree(temporaryDirectory(), { "precious/file": "kept", "tree/swapped/file": "", "tree/swapped/sub/file": "" }); // prettier-ignore
        let calls = 0;
        const end = standInFront((_call, goOn) => {
          calls += 1;
          if (calls === at && exists(join(directory, "tree/swapped"))) {
            fs.renameSync(join(directory, "tree/swapped"), join(directory, "aside"));
            fs.symlinkSync("../precious", join(directory, "tree/swapped"));
          }
          goOn();
        });
        await removeTree(join(directory, "tree")).catch(() => undefined);
        end();
        if (!exists(join(directory, "precious/file"))) lost += 1;
        if (calls < at) return { lost, moments: at };
      }
    };
    const ours = await moments((path) => remove(path, { recursive: true }));
    assert.equal(ours.lost, 0);
    assert.ok(ours.moments > 10, `only ${ours.moments} moments`);
    assert.ok((await moments(removeByPaths)).lost > 0, "the attack does not work even against removal by paths");
  });

  it("is led nowhere by somebody who renames all the time", { skip: LINUX_ONLY }, async () => {
    const directory = makeTree(temporaryDirectory(), { "precious/file": "kept", "precious/sub/file": "kept" });
    const swaps = new Int32Array(new SharedArrayBuffer(8));
    const renamer = new Worker(fixture("racing-renamer.ts"), { workerData: { directory, swaps } });
    try {
      for (let round = 0; round < 150 || Atomics.load(swaps, 0) < 300; round += 1) {
        makeTree(join(directory, "new"), { "swapped/a": "", "swapped/b/c": "" });
        fs.renameSync(join(directory, "new"), join(directory, "tree"));
        await remove(join(directory, "tree"), { recursive: true, durable: false }).catch(() => undefined);
        fs.rmSync(join(directory, "aside"), { recursive: true, force: true });
        fs.rmSync(join(directory, "tree"), { recursive: true, force: true });
      }
    } finally {
      Atomics.store(swaps, 1, 1);
      await new Promise((resolve) => renamer.once("exit", resolve));
    }
    assert.deepEqual(Object.keys(seeTree(join(directory, "precious"))), ["", "/file", "/sub", "/sub/file"]);
  });

  it("ends when its signal is aborted in the middle, with the signal's reason", async () => {
    const directory = temporaryDirectory();
    const tree = makeTree(
      join(directory, "tree"),
      Object.fromEntries([...Array(20).keys()].map((i) => [`file${i}`, ""])),
    );
    const stop = new AbortController();
    const reason = new Error("enough");
    let removed = 0;
    const end = standInFront(({ name }, goOn) => {
      if (name === "unlink" && (removed += 1) === 5) stop.abort(reason);
      goOn();
    });
    await assert.rejects(remove(tree, { recursive: true, signal: stop.signal }), reason).finally(end);
    assert.equal(fs.readdirSync(tree).length, 15);
  });

  it("takes what vanishes meanwhile as removed, and what comes meanwhile too", { skip: LINUX_ONLY }, async () => {
    const directory = makeTree(temporaryDirectory(), { "tree/a/file": "", "tree/b/file": "" });
    let done = false;
    const end = standInFront(({ name }, goOn) => {
      if (!done && name === "rmdir") {
        done = true;
        makeTree(directory, { "tree/a/late": "", "tree/b/late/later": "" });
      }
      if (name === "unlink") fs.rmSync(join(directory, "tree/b/file"), { force: true });
      goOn();
    });
    await remove(join(directory, "tree"), { recursive: true }).finally(end);
    assert.ok(done);
    assert.deepEqual(fs.readdirSync(directory), []);
  });

  it("gives up on a directory that somebody keeps filling", { skip: LINUX_ONLY }, async () => {
    const directory = makeTree(temporaryDirectory(), { "tree/a/file": "" });
    let files = 0;
    const end = standInFront(({ name }, goOn) => {
      if (name === "rmdir") makeTree(directory, { [`tree/a/file${(files += 1)}`]: "" });
      goOn();
    });
    await assert
      .rejects(remove(join(directory, "tree"), { recursive: true }), code("SEALTRACE_FILE_CHANGED"))
      .finally(end);
  });

  it("removes a thousand levels with few open files", { skip: LINUX_ONLY }, () => {
    const directory = temporaryDirectory();
    const { status, stderr } = spawnSync("sh", ["-c", 'ulimit -n 120; exec "$@"', "sh", process.execPath, fixture("deep-session.ts"), directory, "1000", "remove"], { encoding: "utf8" }); // prettier-ignore
    assert.equal(status, 0, stderr);
    assert.deepEqual(fs.readdirSync(directory), []);
  });

  it("says what it may not remove", { skip: AS_ROOT || LINUX_ONLY }, () => {
    const directory = makeTree(temporaryDirectory(), { "tree/locked/file": "" });
    fs.chmodSync(directory, 0o755);
    const { stdout } = spawnSync(process.execPath, [fixture("other-user.ts"), "remove", join(directory, "tree")], { uid: 65534, gid: 65534, encoding: "utf8" }); // prettier-ignore
    assert.match(stdout, /^SEALTRACE_DIRECTORY_UNWRITABLE .*tree\/locked\/file could not be written: no permission/);
    assert.ok(exists(join(directory, "tree/locked/file")));
  });
});

/** As one would do it without open directories. */
async function removeByPaths(path: string): Promise<void> {
  if (!(await promisify(fs.lstat)(path)).isDirectory()) return promisify(fs.unlink)(path);
  for (const name of await promisify(fs.readdir)(path)) await removeByPaths(join(path, name));
  await promisify(fs.rmdir)(path);
}
