import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { replaceFile } from "../../../src/file-utils/essentials/index.ts";
import { watch, type Change, type Watch } from "../../../src/file-utils/index.ts";
import { temporaryDirectory } from "../../support/temporary.ts";
import { LINUX_ONLY, makeTree, NOT_WINDOWS } from "../../support/tree.ts";

const fixture = (name: string): string => fileURLToPath(new URL(`../../fixtures/file-utils/${name}`, import.meta.url));
const code = (expected: string) => ({ name: "SealtraceError", code: expected });

/** The next so many changes, in the order of their paths. */
async function take(changes: Watch, count: number): Promise<Change[]> {
  const taken: Change[] = [];
  while (taken.length < count) {
    const { value, done } = await changes.next();
    if (done === true) break;
    taken.push(value);
  }
  return taken.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Does something with a watched directory; everything that is told of it. */
async function told(directory: string, changes: Watch, action: () => void): Promise<string[]> {
  action();
  const list: string[] = [];
  // What comes with the first mark was found in one comparison; all of it has come when the second does.
  for (const mark of [`mark${(marks += 1)}`, `mark${(marks += 1)}`]) {
    fs.writeFileSync(join(directory, mark), "");
    for (let path = ""; path !== mark;) {
      const [change] = (await take(changes, 1)) as [Change];
      path = change.path;
      if (!path.startsWith("mark")) list.push(`${change.kind} ${path}`);
      if (change.kind === "overflow") path = mark;
    }
  }
  return list.sort();
}
let marks = 0;

describe("watch a file", () => {
  it("sees it made, written, replaced, removed and made again", async () => {
    const path = join(temporaryDirectory(), "file");
    await using changes = watch(path, { debounceMs: 10 });
    await changes.ready;
    const expect = async (kind: string, action: () => void): Promise<void> => {
      action();
      assert.deepEqual(await take(changes, 1), [{ kind, path: "file" }]);
    };
    await expect("created", () => fs.writeFileSync(path, "one"));
    await expect("changed", () => fs.appendFileSync(path, "two"));
    for (let i = 0; i < 3; i += 1) await expect("changed", () => replaceFile(path, `replaced ${i}`));
    await expect("removed", () => fs.unlinkSync(path));
    await expect("created", () => fs.writeFileSync(path, "again"));
    await expect("changed", () => replaceFile(path, "and again"));
    await expect("removed", () => fs.renameSync(path, `${path}.old`));
  });

  it("tells a burst once, and nothing of other files", async () => {
    const directory = makeTree(temporaryDirectory(), { file: "", other: "" });
    await using changes = watch(join(directory, "file"));
    await changes.ready;
    for (let i = 0; i < 20; i += 1) {
      fs.writeFileSync(join(directory, "file"), `content ${i}`);
      fs.writeFileSync(join(directory, "other"), `content ${i}`);
      replaceFile(join(directory, "file"), `replaced ${i}`);
    }
    assert.deepEqual(await take(changes, 1), [{ kind: "changed", path: "file" }]);
    fs.unlinkSync(join(directory, "other"));
    fs.unlinkSync(join(directory, "file"));
    assert.deepEqual(await take(changes, 1), [{ kind: "removed", path: "file" }]);
  });

  it("sees what a symbolic link leads to, when that is put elsewhere", { skip: NOT_WINDOWS }, async () => {
    const directory = makeTree(temporaryDirectory(), { "v1/file": "1", "v2/file": "2", current: { link: "v1" }, file: { link: "current/file" } }); // prettier-ignore
    await using changes = watch(join(directory, "file"));
    await changes.ready;
    fs.symlinkSync("v2", join(directory, "next"));
    fs.renameSync(join(directory, "next"), join(directory, "current"));
    assert.deepEqual(await take(changes, 1), [{ kind: "changed", path: "file" }]);
  });

  it("says that it ends when the directory is gone", async () => {
    const directory = makeTree(temporaryDirectory(), { "sub/file": "" });
    const changes = watch(join(directory, "sub/file"));
    await changes.ready;
    fs.renameSync(join(directory, "sub"), join(directory, "elsewhere"));
    assert.deepEqual(await take(changes, 1), [{ kind: "removed", path: "file" }]);
    await assert.rejects(changes.next(), code("SEALTRACE_FILE_MISSING"));
    assert.deepEqual(await changes.next(), { value: undefined, done: true });
    const none = watch(join(directory, "none/file"));
    await assert.rejects(none.ready, code("SEALTRACE_FILE_MISSING"));
    await assert.rejects(none.next(), code("SEALTRACE_FILE_MISSING"));
  });
});

describe("watch a directory", () => {
  it("tells what is in it, and not what is deeper", async () => {
    const directory = makeTree(temporaryDirectory(), { old: "", "sub/file": "" });
    await using changes = watch(directory);
    await changes.ready;
    const seen = await told(directory, changes, () => {
      fs.writeFileSync(join(directory, "new"), "");
      fs.writeFileSync(join(directory, "old"), "changed");
      fs.writeFileSync(join(directory, "sub/file"), "changed");
      fs.mkdirSync(join(directory, "more"));
    });
    assert.deepEqual(seen, ["changed old", "created more", "created new"]);
    const next = await told(directory, changes, () => {
      fs.renameSync(join(directory, "new"), join(directory, "renamed"));
      fs.rmSync(join(directory, "sub"), { recursive: true });
    });
    assert.deepEqual(next, ["created renamed", "removed new", "removed sub"]);
  });

  it("by option sees directories in it, also new ones with all that came with them", async () => {
    const directory = makeTree(temporaryDirectory(), { "a/b/file": "" });
    const other = makeTree(temporaryDirectory(), { "tree/x/y": "", "tree/z": "" });
    await using changes = watch(directory, { recursive: true });
    await changes.ready;
    const expect = async (expected: string[], action: () => void): Promise<void> => {
      assert.deepEqual(await told(directory, changes, action), expected);
    };
    await expect(["changed a/b/file"], () => fs.writeFileSync(join(directory, "a/b/file"), "changed"));
    await expect(["created tree", "created tree/x", "created tree/x/y", "created tree/z"], () => fs.renameSync(join(other, "tree"), join(directory, "tree"))); // prettier-ignore
    await expect(["changed tree/x/y"], () => fs.writeFileSync(join(directory, "tree/x/y"), "changed"));
    await expect(
      ["created a/tree", "created a/tree/x", "created a/tree/x/y", "created a/tree/z", "removed tree", "removed tree/x", "removed tree/x/y", "removed tree/z"],
      () => fs.renameSync(join(directory, "tree"), join(directory, "a/tree")),
    ); // prettier-ignore
    await expect(["changed a/tree/x/y"], () => fs.writeFileSync(join(directory, "a/tree/x/y"), "changed again"));
    await expect(["created a/deep", "created a/deep/er", "created a/deep/er/file"], () => makeTree(join(directory, "a/deep"), { "er/file": "" }) && undefined); // prettier-ignore
    await expect(["removed a/b", "removed a/b/file"], () => fs.rmSync(join(directory, "a/b"), { recursive: true }));
  });

  it("tells nothing of what came and went at once, of files being written, and of locks", async () => {
    const directory = temporaryDirectory();
    await using changes = watch(directory, { recursive: true });
    await changes.ready;
    const seen = await told(directory, changes, () => {
      for (let i = 0; i < 20; i += 1) {
        fs.writeFileSync(join(directory, "fleeting"), "");
        fs.unlinkSync(join(directory, "fleeting"));
      }
      replaceFile(join(directory, "file"), "content");
      fs.writeFileSync(join(directory, ".sealtrace-0123456789abcdef0123.tmp"), "half");
      makeTree(join(directory, ".sealtrace-locks"), { "file.lock": "" });
    });
    assert.deepEqual(seen, ["created file"]);
  });

  it("names every name so that it can be used", { skip: LINUX_ONLY }, async () => {
    const directory = temporaryDirectory();
    await using changes = watch(directory);
    await changes.ready;
    for (const bytes of [[0x61, 0xff], [0x0a], [0xc3, 0xa9]]) fs.writeFileSync(Buffer.concat([Buffer.from(`${directory}/`), Buffer.from(bytes)]), ""); // prettier-ignore
    assert.deepEqual((await take(changes, 3)).map(({ path }) => path), ["\n", "a\udcff", "é"]); // prettier-ignore
  });

  it("loses nothing when the system's queue overflows", { skip: LINUX_ONLY, timeout: 60_000 }, async () => {
    const directory = makeTree(temporaryDirectory(), { busy: null, quiet: null });
    await using changes = watch(directory, { maxWaiting: 50_000, recursive: true });
    await changes.ready;
    // Linux keeps 16,384 events (fs.inotify.max_queued_events), so that it never tells of the last ones.
    for (let i = 0; i < 20_000; i += 1) fs.closeSync(fs.openSync(join(directory, `busy/f${i}`), "w"));
    fs.writeFileSync(join(directory, "quiet/last"), "");
    const seen = new Set((await take(changes, 20_001)).map(({ kind, path }) => `${kind} ${path}`));
    assert.equal(seen.size, 20_001);
    assert.ok(seen.has("created quiet/last"));
  });

  it("keeps no more than it may, and says that it could not", async () => {
    const directory = temporaryDirectory();
    await using changes = watch(directory, { maxWaiting: 5 });
    await changes.ready;
    const seen = await told(directory, changes, () => {
      for (let i = 0; i < 6; i += 1) fs.writeFileSync(join(directory, `f${i}`), "");
    });
    assert.deepEqual(seen, ["overflow "]);
    assert.deepEqual(await told(directory, changes, () => fs.unlinkSync(join(directory, "f0"))), ["removed f0"]);
  });

  it("makes one of changes that nobody has taken", async () => {
    const directory = makeTree(temporaryDirectory(), { gone: "", back: "" });
    await using changes = watch(directory, { debounceMs: 5 });
    await changes.ready;
    const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 100));
    const first = changes.next();
    fs.writeFileSync(join(directory, "first"), "");
    await first;
    for (const action of [
      () => {
        fs.writeFileSync(join(directory, "new"), "1");
      },
      () => {
        fs.writeFileSync(join(directory, "new"), "22");
      },
      () => {
        fs.unlinkSync(join(directory, "back"));
      },
      () => {
        fs.writeFileSync(join(directory, "back"), "again");
      },
      () => {
        fs.writeFileSync(join(directory, "gone"), "changed");
      },
      () => {
        fs.unlinkSync(join(directory, "gone"));
      },
      () => {
        fs.writeFileSync(join(directory, "passing"), "");
      },
      () => {
        fs.unlinkSync(join(directory, "passing"));
      },
    ]) {
      action();
      await pause();
    }
    assert.deepEqual(await take(changes, 3), [
      { kind: "changed", path: "back" },
      { kind: "removed", path: "gone" },
      { kind: "created", path: "new" },
    ]);
  });

  it("says when it may not watch so much", async () => {
    const directory = makeTree(temporaryDirectory(), { a: "", b: "", c: "" });
    const changes = watch(directory, { maxEntries: 2 });
    await assert.rejects(changes.next(), code("SEALTRACE_FILE_TOO_LARGE"));
    assert.throws(() => watch(directory, { debounceMs: 0 }), code("SEALTRACE_USAGE"));
    assert.throws(() => watch(""), code("SEALTRACE_USAGE"));
  });

  it("tells what is gone and ends when the directory itself is removed", async () => {
    const directory = makeTree(temporaryDirectory(), { "sub/a": "", "sub/b/c": "" });
    const changes = watch(join(directory, "sub"), { recursive: true });
    await changes.ready;
    fs.rmSync(join(directory, "sub"), { recursive: true });
    assert.deepEqual((await take(changes, 3)).map(({ kind, path }) => `${kind} ${path}`), ["removed a", "removed b", "removed b/c"]); // prettier-ignore
    await assert.rejects(changes.next(), code("SEALTRACE_FILE_MISSING"));
  });
});

describe("a watch", () => {
  it("ends by its signal, with the signal's reason", async () => {
    const directory = temporaryDirectory();
    const reason = new Error("enough");
    await assert.rejects(watch(directory, { signal: AbortSignal.abort(reason) }).next(), reason);
    const stop = new AbortController();
    const changes = watch(directory, { signal: stop.signal });
    await changes.ready;
    const next = changes.next();
    stop.abort(reason);
    await assert.rejects(next, reason);
    assert.deepEqual(await changes.next(), { value: undefined, done: true });
  });

  it("ends when it is closed, also while somebody waits for it", async () => {
    const changes = watch(temporaryDirectory());
    await changes.ready;
    const next = changes.next();
    await changes.close();
    assert.deepEqual(await next, { value: undefined, done: true });
    const early = watch(temporaryDirectory());
    await early.close();
    assert.deepEqual(await early.next(), { value: undefined, done: true });
  });

  it("lets the program end, once closed or if it may not keep it", () => {
    const { status, stdout } = spawnSync(process.execPath, [fixture("watching-session.ts"), temporaryDirectory()], { encoding: "utf8", timeout: 60_000 }); // prettier-ignore
    assert.deepEqual([status, stdout], [0, "saw one\n"]);
  });
});
