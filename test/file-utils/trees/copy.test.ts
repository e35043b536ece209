import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { copy, copySync, withLock } from "../../../src/file-utils/index.ts";
import { standInFront } from "../../support/file-calls.ts";
import { temporaryDirectory } from "../../support/temporary.ts";
import {
  AS_ROOT,
  asynchronously,
  exists,
  LINUX_ONLY,
  makeTree,
  NOT_WINDOWS,
  seeTree,
  settleTimes,
} from "../../support/tree.ts";

const fixture = (name: string): string => fileURLToPath(new URL(`../../fixtures/file-utils/${name}`, import.meta.url));
const code = (expected: string) => ({ name: "SealtraceError", code: expected });
const both: [string, typeof copy][] = [
  ["copy", copy],
  ["copySync", asynchronously(copySync)],
];

for (const [name, copyIt] of both) {
  describe(name, () => {
    it("copies a file with its mode and times, and says what it did", async () => {
      const directory = makeTree(temporaryDirectory(), { from: "content" });
      fs.chmodSync(join(directory, "from"), 0o640);
      fs.utimesSync(join(directory, "from"), 1_000_000_000.5, 1_111_111_111.25);
      const report = await copyIt(join(directory, "from"), join(directory, "to"));
      assert.deepEqual(report, { files: 1, directories: 0, links: 0, bytes: 7 });
      assert.equal(fs.statSync(join(directory, "to")).atimeMs, 1_000_000_000_500);
      assert.deepEqual(seeTree(join(directory, "to")), seeTree(join(directory, "from")));
    });

    it("copies an empty directory and an empty file", async () => {
      const directory = makeTree(temporaryDirectory(), { "from/empty": "" });
      fs.mkdirSync(join(directory, "bare"));
      await copyIt(join(directory, "from"), join(directory, "to"));
      await copyIt(join(directory, "bare"), join(directory, "bare2"));
      assert.deepEqual(seeTree(join(directory, "to")), seeTree(join(directory, "from")));
      assert.deepEqual(fs.readdirSync(join(directory, "bare2")), []);
    });

    it("any tree equals its copy", { skip: NOT_WINDOWS }, async () => {
      const fileName = fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }).filter((text) => !/^\.\.?$|[/\0]/.test(text) && text.isWellFormed()); // prettier-ignore
      const content = fc.oneof(fc.string(), fc.record({ link: fc.string({ minLength: 1 }).filter((text) => !text.includes("\0")) }), fc.constant(null)); // prettier-ignore
      const path = fc.array(fileName, { minLength: 1, maxLength: 4 }).map((names) => names.join("/"));
      await fc.assert(
        fc.asyncProperty(fc.dictionary(path, content, { maxKeys: 8 }), async (tree) => {
          const directory = temporaryDirectory();
          fs.mkdirSync(join(directory, "from"));
          try {
            makeTree(join(directory, "from"), tree);
          } catch {
            // Some paths go through files or links: what could be made is the tree.
          }
          await copyIt(join(directory, "from"), join(directory, "to"), { durable: false });
          assert.deepEqual(seeTree(join(directory, "to")), seeTree(join(directory, "from")));
        }),
        { numRuns: 60 },
      );
    });

    it("keeps names that are not UTF-8, byte by byte, and links to such", { skip: LINUX_ONLY }, async () => {
      const directory = temporaryDirectory();
      fs.mkdirSync(join(directory, "from"));
      for (const bytes of [[0xff], [0x61, 0xc3], [0xef, 0xbf, 0xbd], [0xc3, 0xa9, 0xff], [0x0a, 0x20]]) {
        fs.writeFileSync(Buffer.concat([Buffer.from(`${directory}/from/`), Buffer.from(bytes)]), "x");
      }
      fs.symlinkSync(Buffer.from([0x80, 0x81]), join(directory, "from/link"));
      settleTimes(join(directory, "from"));
      await copyIt(join(directory, "from"), join(directory, "to"));
      assert.equal(Object.keys(seeTree(join(directory, "to"))).length, 7);
      assert.deepEqual(seeTree(join(directory, "to")), seeTree(join(directory, "from")));
    });

    it("replaces nothing unless it is told to", async () => {
      const directory = makeTree(temporaryDirectory(), { from: "new", to: "old", "tree/a": "new", "full/a": "old", "full/b": "old", empty: null }); // prettier-ignore
      const before = seeTree(directory);
      for (const [from, to] of [
        ["from", "to"],
        ["tree", "full"],
        ["tree", "empty"],
        ["tree", "to"],
        ["from", "full"],
      ] as const) {
        // prettier-ignore
        await assert.rejects(copyIt(join(directory, from), join(directory, to)), code("SEALTRACE_FILE_EXISTS"), `${from} ${to}`);
      }
      for (const [from, to] of [
        ["tree", "to"],
        ["from", "full"],
      ] as const) {
        await assert.rejects(copyIt(join(directory, from), join(directory, to), { overwrite: true }), {
          name: "SealtraceError",
        });
      }
      assert.deepEqual(Object.keys(seeTree(directory)), Object.keys(before));
      await copyIt(join(directory, "from"), join(directory, "to"), { overwrite: true });
      await copyIt(join(directory, "tree"), join(directory, "full"), { overwrite: true });
      assert.equal(fs.readFileSync(join(directory, "to"), "utf8"), "new");
      assert.equal(fs.readFileSync(join(directory, "full/a"), "utf8"), "new");
      assert.equal(fs.readFileSync(join(directory, "full/b"), "utf8"), "old");
    });

    it("copies links as links, or refuses or leaves them out", { skip: NOT_WINDOWS }, async () => {
      const directory = makeTree(temporaryDirectory(), { "from/loop": { link: "../from" }, "from/dangling": { link: "/nowhere/at all" } }); // prettier-ignore
      await copyIt(join(directory, "from"), join(directory, "kept"));
      assert.deepEqual(seeTree(join(directory, "kept")), seeTree(join(directory, "from")));
      await copyIt(join(directory, "from/loop"), join(directory, "one"));
      assert.equal(fs.readlinkSync(join(directory, "one")), "../from");
      await assert.rejects(
        copyIt(join(directory, "from"), join(directory, "no"), { links: "refuse" }),
        code("SEALTRACE_LINK_REFUSED"),
      );
      assert.deepEqual(await copyIt(join(directory, "from"), join(directory, "none"), { links: "skip" }), { files: 0, directories: 1, links: 0, bytes: 0 }); // prettier-ignore
      assert.deepEqual(fs.readdirSync(directory).sort(), ["from", "kept", "none", "one"]);
    });

    it("writes into no link that stands in the target", { skip: NOT_WINDOWS }, async () => {
      const directory = makeTree(temporaryDirectory(), {
        "from/file": "new", "from/sub/x": "new", "precious/file": "kept", "precious/sub/x": "kept",
        "to/file": { link: "../precious/file" }, "to2/sub": { link: "../precious/sub" }, to3: { link: "precious" },
      }); // prettier-ignore
      await assert.rejects(copyIt(join(directory, "from"), join(directory, "to2"), { overwrite: true }), {
        name: "SealtraceError",
      });
      await assert.rejects(copyIt(join(directory, "from"), join(directory, "to3"), { overwrite: true }), {
        name: "SealtraceError",
      });
      await copyIt(join(directory, "from"), join(directory, "to"), { overwrite: true });
      assert.equal(fs.readFileSync(join(directory, "to/file"), "utf8"), "new");
      assert.equal(fs.readFileSync(join(directory, "precious/file"), "utf8"), "kept");
      assert.equal(fs.readFileSync(join(directory, "precious/sub/x"), "utf8"), "kept");
    });

    it("refuses to copy a directory into itself, and anything onto itself", async () => {
      const directory = makeTree(temporaryDirectory(), { "from/sub/file": "x" });
      if (process.platform !== "win32") fs.symlinkSync("from/sub", join(directory, "way"));
      const targets = ["from/new", "from/sub/new", ...(process.platform === "win32" ? [] : ["way/new"])];
      for (const to of targets) {
        await assert.rejects(copyIt(join(directory, "from"), join(directory, to)), code("SEALTRACE_USAGE"), to);
      }
      await assert.rejects(
        copyIt(join(directory, "from"), join(directory, "from"), { overwrite: true }),
        code("SEALTRACE_USAGE"),
      );
      await assert.rejects(copyIt(join(directory, "from/sub/file"), join(directory, "from/sub/file"), { overwrite: true }), code("SEALTRACE_USAGE")); // prettier-ignore
      assert.deepEqual(Object.keys(seeTree(join(directory, "from"))), ["", "/sub", "/sub/file"]);
    });

    it("refuses what is neither file nor directory nor link", { skip: NOT_WINDOWS }, async () => {
      const directory = makeTree(temporaryDirectory(), { "from/file": "" });
      spawnSync("mkfifo", [join(directory, "from/pipe")]);
      const server = createServer().listen(join(directory, "socket"));
      await new Promise((resolve) => server.once("listening", resolve));
      for (const from of ["from", "from/pipe", "socket"]) {
        await assert.rejects(copyIt(join(directory, from), join(directory, "to")), code("SEALTRACE_USAGE"), from);
      }
      server.close();
      assert.equal(exists(join(directory, "to")), false);
    });

    it("says what is missing", async () => {
      const directory = makeTree(temporaryDirectory(), { file: "" });
      await assert.rejects(copyIt(join(directory, "none"), join(directory, "to")), code("SEALTRACE_FILE_MISSING"));
      await assert.rejects(copyIt(join(directory, "file"), join(directory, "none/to")), code("SEALTRACE_FILE_MISSING"));
      await assert.rejects(copyIt(directory, join(directory, "../none/to")), code("SEALTRACE_FILE_MISSING"));
    });

    it("leaves holes as holes", { skip: LINUX_ONLY }, async () => {
      const directory = temporaryDirectory();
      const file = fs.openSync(join(directory, "from"), "w");
      fs.writeSync(file, "start", 0);
      fs.writeSync(file, "middle", 8_000_001);
      fs.ftruncateSync(file, 16_000_000);
      fs.closeSync(file);
      await copyIt(join(directory, "from"), join(directory, "to"));
      assert.ok(fs.readFileSync(join(directory, "to")).equals(fs.readFileSync(join(directory, "from"))));
      const { blocks } = fs.statSync(join(directory, "to"));
      assert.ok(blocks * 512 < 2_000_000, `${blocks} blocks`);
    });

    it("leaves out what belongs to locks", async () => {
      const directory = makeTree(temporaryDirectory(), { "from/file": "", "from/.sealtrace-locks/file.lock": "" });
      await copyIt(join(directory, "from"), join(directory, "to"));
      assert.deepEqual(fs.readdirSync(join(directory, "to")), ["file"]);
      await assert.rejects(
        copyIt(join(directory, "from/.sealtrace-locks"), join(directory, "no")),
        code("SEALTRACE_USAGE"),
      );
    });
  });
}

describe("copy", () => {
  it("drops no lock that this process holds in the tree", async () => {
    const directory = makeTree(temporaryDirectory(), { "from/file": "" });
    await withLock(join(directory, "from/file"), async () => {
      await copy(join(directory, "from"), join(directory, "to"));
      const child = spawnSync(process.execPath, [fixture("lock-free.ts"), join(directory, "from/file")], { encoding: "utf8" }); // prettier-ignore
      assert.equal(child.stdout, "locked\n", child.stderr);
    });
  });

  it("tells progress in bytes", async () => {
    const directory = makeTree(temporaryDirectory(), { "from/a": "x".repeat(1_000_000), "from/b": "x".repeat(500) });
    const told: number[] = [];
    const { bytes } = await copy(join(directory, "from"), join(directory, "to"), {
      onProgress: ({ bytes, total }) => {
        told.push(bytes);
        assert.ok(total >= bytes);
      },
    });
    assert.equal(bytes, 1_000_500);
    assert.equal(told.at(-1), bytes);
    assert.ok(told.length >= 5);
    assert.deepEqual(
      told,
      told.toSorted((a, b) => a - b),
    );
  });

  it("finds a disk that keeps something else than was written, and goes on after short writes", async () => {
    const directory = makeTree(temporaryDirectory(), { from: "x".repeat(300_000) });
    const spoil = (args: readonly unknown[]): unknown[] => {
      const [descriptor, bytes, offset, length, position] = args as [number, Buffer, number, number, number];
      const spoilt = Buffer.from(bytes.subarray(offset, offset + length));
      spoilt[length - 1] = 0x79;
      return [descriptor, spoilt, 0, length, position];
    };
    let end = standInFront(({ name, args }, goOn) => {
      goOn(name === "write" ? spoil(args) : args);
    });
    await assert.rejects(copy(join(directory, "from"), join(directory, "to")), code("SEALTRACE_CORRUPT")).finally(end);
    assert.deepEqual(fs.readdirSync(directory), ["from"]);
    end = standInFront(({ name, args }, goOn) => {
      const [descriptor, bytes, offset, length, position] = args as [number, Buffer, number, number, number];
      goOn(name === "write" ? [descriptor, bytes, offset, Math.ceil(length / 3), position] : args);
    });
    await copy(join(directory, "from"), join(directory, "to")).finally(end);
    assert.deepEqual(seeTree(join(directory, "to")), seeTree(join(directory, "from")));
  });

  it("copies again what changes meanwhile, and says so when that does not end", async () => {
    const directory = makeTree(temporaryDirectory(), { from: "first" });
    let writes = 0;
    const changing = (times: number) => () =>
      standInFront(({ name }, goOn) => {
        if (name === "write" && writes < times) fs.writeFileSync(join(directory, "from"), `content ${(writes += 1)}`);
        goOn();
      });
    const twice = changing(2)();
    await copy(join(directory, "from"), join(directory, "to")).finally(twice);
    assert.equal(fs.readFileSync(join(directory, "to"), "utf8"), "content 2");
    const always = changing(Infinity)();
    await assert
      .rejects(copy(join(directory, "from"), join(directory, "no")), code("SEALTRACE_FILE_CHANGED"))
      .finally(always);
    assert.deepEqual(fs.readdirSync(directory).sort(), ["from", "to"]);
  });

  it("leaves out what vanishes meanwhile", async () => {
    const directory = makeTree(temporaryDirectory(), { "from/a": "", "from/b/c": "", "from/d": "" });
    const end = standInFront(({ name }, goOn) => {
      goOn();
      if (name === "mkdir") for (const gone of ["a", "b", "d"]) fs.rmSync(join(directory, "from", gone), { recursive: true, force: true }); // prettier-ignore
    });
    await copy(join(directory, "from"), join(directory, "to")).finally(end);
    assert.ok(exists(join(directory, "to")));
    assert.equal(exists(join(directory, "to/d")), false);
  });

  it("copies and moves more levels than paths reach, with few open files", { skip: LINUX_ONLY }, () => {
    const directory = temporaryDirectory();
    const { status, stdout, stderr } = spawnSync("sh", ["-c", 'ulimit -n 140; exec "$@"', "sh", process.execPath, fixture("deep-session.ts"), directory, "450", "copy"], { encoding: "utf8" }); // prettier-ignore
    assert.equal(status, 0, stderr);
    const report = { files: 1, directories: 450, links: 0, bytes: 13 };
    assert.deepEqual(JSON.parse(stdout), [report, report]);
    assert.deepEqual(fs.readdirSync(directory), []);
  });

  it("belongs to whoever copies, and runs as nobody else", { skip: AS_ROOT || NOT_WINDOWS }, async () => {
    const directory = makeTree(temporaryDirectory(), { from: "x" });
    fs.chownSync(join(directory, "from"), 1234, 1234);
    fs.chmodSync(join(directory, "from"), 0o6755);
    await copy(join(directory, "from"), join(directory, "mine"));
    await copy(join(directory, "from"), join(directory, "kept"), { owner: "if allowed" });
    const see = (name: string): number[] => {
      const { uid, gid, mode } = fs.statSync(join(directory, name));
      return [uid, gid, mode & 0o7777];
    };
    assert.deepEqual(see("mine"), [0, 0, 0o755]);
    assert.deepEqual(see("kept"), [1234, 1234, 0o6755]);
  });

  it("says what it may not read", { skip: AS_ROOT || NOT_WINDOWS }, () => {
    const directory = makeTree(temporaryDirectory(), { "from/secret": "x", "to/file": "" });
    fs.chmodSync(directory, 0o755);
    fs.chmodSync(join(directory, "from/secret"), 0o600);
    fs.chmodSync(join(directory, "to"), 0o777);
    const { stdout } = spawnSync(process.execPath, [fixture("other-user.ts"), "copy", join(directory, "from"), join(directory, "to/new")], { uid: 65534, gid: 65534, encoding: "utf8" }); // prettier-ignore
    assert.match(stdout, /^SEALTRACE_DIRECTORY_UNREADABLE .*from\/secret could not be read: no permission/);
    assert.deepEqual(fs.readdirSync(join(directory, "to")), ["file"]);
  });
});
