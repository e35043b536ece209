import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import {
  readFile,
  readFileWithVersion,
  writeFile,
  writeFileSync,
  type WriteOptions,
} from "../../../src/file-utils/index.ts";
import type { StandardSchema } from "../../../src/serialize-utils/index.ts";
import { temporaryDirectory } from "../../support/temporary.ts";
import { AS_ROOT, NOT_WINDOWS } from "../../support/tree.ts";
import { TWINS } from "../../support/twins.ts";

const LINUX = process.platform !== "linux" && "only Linux has it";
const PROGRAM = fileURLToPath(new URL("../../fixtures/file-utils/one-call.ts", import.meta.url));
const modeOf = (path: string): string => (fs.statSync(path).mode & 0o7777).toString(8);

/** Some calls in a process of their own, perhaps as somebody else. */
function elsewhere(
  calls: readonly (readonly unknown[])[],
  { user, umask = "22" }: { readonly user?: number; readonly umask?: string } = {},
): string[] {
  const { stdout, stderr } = spawnSync(process.execPath, [PROGRAM, JSON.stringify(calls)], {
    encoding: "utf8",
    env: { ...process.env, UMASK: umask, NODE_NO_WARNINGS: "1" },
    ...(user === undefined ? {} : { uid: user, gid: user }),
  });
  assert.equal(stderr, "");
  return stdout.split("\n").slice(0, -1);
}

for (const { name, isSync, writeFile: write, readFile: read } of TWINS) {
  describe(`writeFile, ${name}`, () => {
    const contents: readonly (readonly [string, unknown, WriteOptions, string])[] = [
      ["file", "", {}, ""],
      ["file", "téxt", {}, "téxt"],
      ["a.json", { a: [1] }, {}, '{\n  "a": [\n    1\n  ]\n}\n'],
      ["a.json", "text", { format: "text" }, "text"],
      ["a.json", Buffer.from("bytes"), {}, "bytes"],
      ["a.yaml", { a: ["yes", "1"] }, {}, 'a:\n  - yes\n  - "1"\n'],
      ["a.ndjson", [], {}, ""],
      ["a.jsonl", [{ a: "\n" }, 1], {}, '{"a":"\\n"}\n1\n'],
      ["a.txt", new Uint8Array([104, 105]), {}, "hi"],
    ];
    for (const [file, value, options, expected] of contents) {
      it(`${file} of ${JSON.stringify(value)} with ${JSON.stringify(options)}`, async () => {
        const directory = temporaryDirectory();
        const path = join(directory, file);
        fs.writeFileSync(path, "something much longer that was there before");
        await write(path, value, options);
        assert.equal(fs.readFileSync(path, "utf8"), expected);
        assert.deepEqual(fs.readdirSync(directory), [file]);
      });
    }

    it("refuses what it can't write, and leaves what was there", async () => {
      const directory = temporaryDirectory();
      const refused: readonly (readonly [string, unknown, WriteOptions, string])[] = [
        ["file", "\uD800", {}, "SEALTRACE_INVALID_DATA"],
        ["file", 7, {}, "SEALTRACE_USAGE"],
        ["a.json", { a: [() => 1] }, {}, "SEALTRACE_VALUE_UNSUPPORTED"],
        ["a.json", new WeakMap(), {}, "SEALTRACE_VALUE_UNSUPPORTED"],
        ["a.ndjson", { a: 1 }, {}, "SEALTRACE_USAGE"],
        ["file", "text", { format: "binary" }, "SEALTRACE_USAGE"],
        ["file", "text", { format: "toString" as "text" }, "SEALTRACE_USAGE"],
        ["file", "text", { mode: 0o10000 }, "SEALTRACE_USAGE"],
        ["file", "text", { mode: -1 }, "SEALTRACE_USAGE"],
        ["file", "text", { mode: 1.5 }, "SEALTRACE_USAGE"],
        ["file", "text", { ifVersion: "7" }, "SEALTRACE_USAGE"],
        ["file", "text", { generations: 100 }, "SEALTRACE_USAGE"],
        ["file", "text", { generations: 0.5 }, "SEALTRACE_USAGE"],
        ["", "text", {}, "SEALTRACE_USAGE"],
        ["missing/file", "text", {}, "SEALTRACE_FILE_MISSING"],
        ["file/below", "text", {}, "SEALTRACE_DIRECTORY_UNWRITABLE"],
        [".", "text", {}, "SEALTRACE_DIRECTORY_UNWRITABLE"],
        ["n".repeat(256), "text", {}, "SEALTRACE_FILE_SYSTEM"],
      ];
      for (const file of ["file", "a.json", "a.ndjson"]) fs.writeFileSync(join(directory, file), "old");
      for (const [file, value, options, code] of refused) {
        const path = file === "" ? "" : join(directory, file);
        await assert.rejects(write(path, value, options), { code }, `${file} ${JSON.stringify(options)}`);
      }
      for (const file of ["file", "a.json", "a.ndjson"])
        assert.equal(fs.readFileSync(join(directory, file), "utf8"), "old");
      assert.deepEqual(
        fs.readdirSync(directory).filter((entry) => entry !== ".sealtrace-locks"),
        ["a.json", "a.ndjson", "file"],
      );
    });

    it("writes what a schema accepts, as it was given", async () => {
      const path = join(temporaryDirectory(), "a.json");
      const schema = (later: boolean): StandardSchema => {
        const validate = (value: unknown) => (value === 7 ? { value: "other" } : { issues: [{ message: "is not 7" }] });
        return { "~standard": { version: 1, vendor: "test", validate: (value) => (later ? Promise.resolve(validate(value)) : validate(value)) } }; // prettier-ignore
      };
      await write(path, 7, { schema: schema(false) });
      await assert.rejects(write(path, 8, { schema: schema(false) }), {
        code: "SEALTRACE_INVALID_DATA",
        message: /is not 7/,
      });
      if (isSync) await assert.rejects(write(path, 8, { schema: schema(true) }), { code: "SEALTRACE_USAGE" });
      else await write(path, 7, { schema: schema(true) });
      assert.equal(await read(path), 7);
    });

    it("keeps the mode of what it replaces, or takes the one it is given", { skip: NOT_WINDOWS }, async () => {
      const path = join(temporaryDirectory(), "file");
      await write(path, "1");
      assert.equal(modeOf(path), "600");
      for (const mode of [0o640, 0o755, 0o4711, 0o400, 0]) {
        fs.chmodSync(path, mode);
        await write(path, "2");
        assert.equal(modeOf(path), mode.toString(8));
      }
      await write(path, "3", { mode: 0o644 });
      assert.equal(modeOf(path), "644");
    });

    it("takes its mode from no umask", { skip: NOT_WINDOWS }, () => {
      const directory = temporaryDirectory();
      const call = isSync ? "writeFileSync" : "writeFile";
      for (const umask of ["0", "777"]) {
        const path = (kind: string): string => join(directory, `${umask}-${kind}`);
        const calls = [
          [call, path("new"), "text", { durable: false }],
          [call, path("given"), "text", { durable: false, mode: 0o666 }],
          [call, path("history"), "text", { durable: false, generations: 1, checksum: true }],
        ];
        assert.deepEqual(elsewhere(calls, { umask }), Array(3).fill("fine undefined"));
        assert.deepEqual([path("new"), path("given"), path("history"), path("history.sha256")].map(modeOf), ["600", "666", "600", "600"], umask); // prettier-ignore
      }
    });

    it("keeps the owner, or says that it can't", { skip: AS_ROOT }, async () => {
      const directory = temporaryDirectory();
      fs.chmodSync(directory, 0o777);
      const path = join(directory, "file");
      fs.writeFileSync(path, "old");
      fs.chownSync(path, 4321, 1234);
      fs.chmodSync(path, 0o6755);
      await write(path, "new");
      const { uid, gid } = fs.statSync(path);
      assert.deepEqual([uid, gid, modeOf(path)], [4321, 1234, "6755"]);
      const call = isSync ? "writeFileSync" : "writeFile";
      const refused = elsewhere([[call, path, "other"]], { user: 65534 });
      assert.match(refused[0] as string, /^SEALTRACE_DIRECTORY_UNWRITABLE .* belongs to user 4321, group 1234, .*keepOwner: false/); // prettier-ignore
      assert.equal(fs.readFileSync(path, "utf8"), "new");
      assert.deepEqual(fs.readdirSync(directory), ["file"]);
      assert.deepEqual(elsewhere([[call, path, "other", { keepOwner: false }]], { user: 65534 }), ["fine undefined"]);
      assert.equal(fs.statSync(path).uid, 65534);
      fs.chmodSync(directory, 0o755);
      const forbidden = elsewhere([[call, path, "third"]], { user: 65534 });
      assert.match(forbidden[0] as string, /^SEALTRACE_DIRECTORY_UNWRITABLE .*no permission/);
    });

    it("does with symbolic links as it is told", { skip: NOT_WINDOWS }, async () => {
      const directory = temporaryDirectory();
      const [link, victim] = [join(directory, "link"), join(directory, "victim")];
      fs.writeFileSync(victim, "precious", { mode: 0o640 });
      fs.symlinkSync("victim", link);
      await assert.rejects(write(link, "new"), { code: "SEALTRACE_LINK_REFUSED" });
      assert.equal(fs.readFileSync(victim, "utf8"), "precious");
      await write(link, "new", { symbolicLinks: "follow" });
      assert.ok(fs.lstatSync(link).isSymbolicLink());
      assert.deepEqual([fs.readFileSync(victim, "utf8"), modeOf(victim)], ["new", "640"]);
      await write(link, "file", { symbolicLinks: "replace" });
      assert.deepEqual(
        [fs.lstatSync(link).isFile(), modeOf(link), fs.readFileSync(victim, "utf8")],
        [true, "600", "new"],
      );
      fs.symlinkSync("nothing", join(directory, "dangling"));
      await write(join(directory, "dangling"), "made", { symbolicLinks: "follow" });
      assert.equal(fs.readFileSync(join(directory, "nothing"), "utf8"), "made");
      fs.symlinkSync("loop", join(directory, "loop"));
      const looping = write(join(directory, "loop"), "", { symbolicLinks: "follow" });
      await assert.rejects(looping, { code: "SEALTRACE_LINK_REFUSED", message: /circle/ });
      fs.symlinkSync("gone/file", join(directory, "astray"));
      const astray = write(join(directory, "astray"), "", { symbolicLinks: "follow" });
      await assert.rejects(astray, { code: "SEALTRACE_FILE_MISSING" });
    });

    it("follows a link as the system does: from the real directory", { skip: NOT_WINDOWS }, async () => {
      const directory = temporaryDirectory();
      fs.mkdirSync(join(directory, "real", "deep"), { recursive: true });
      fs.symlinkSync("real/deep", join(directory, "way"));
      fs.symlinkSync("../target", join(directory, "real/deep/link"));
      await write(join(directory, "way", "link"), "text", { symbolicLinks: "follow" });
      assert.equal(fs.readFileSync(join(directory, "real/target"), "utf8"), "text");
      assert.ok(!fs.existsSync(join(directory, "target")));
    });

    it("leaves the other names of a file the old content", { skip: NOT_WINDOWS }, async () => {
      const directory = temporaryDirectory();
      const [one, other] = [join(directory, "one"), join(directory, "other")];
      fs.writeFileSync(one, "old");
      fs.linkSync(one, other);
      await write(one, "new");
      assert.deepEqual([fs.readFileSync(one, "utf8"), fs.readFileSync(other, "utf8")], ["new", "old"]);
    });

    it("does not replace pipes and devices", { skip: NOT_WINDOWS }, async () => {
      const pipe = join(temporaryDirectory(), "pipe");
      assert.equal(spawnSync("mkfifo", [pipe]).status, 0);
      for (const path of [pipe, "/dev/null"]) await assert.rejects(write(path, "text"), { code: "SEALTRACE_USAGE" });
      assert.ok(fs.lstatSync(pipe).isFIFO());
    });

    it("writes files whose names have 255 bytes", { skip: NOT_WINDOWS }, async () => {
      const directory = temporaryDirectory();
      for (const file of ["n".repeat(255), "é".repeat(127) + "n"]) {
        await write(join(directory, file), "text");
        await write(join(directory, file), "more", {
          ifVersion: (await readFileWithVersion(join(directory, file))).version,
        });
        assert.equal(fs.readFileSync(join(directory, file), "utf8"), "more");
      }
    });

    it("writes only what is of the version that it is told", async () => {
      const path = join(temporaryDirectory(), "file");
      const none = (await readFileWithVersion(await written("something"))).version;
      await assert.rejects(write(path, "1", { ifVersion: none }), {
        code: "SEALTRACE_FILE_CHANGED",
        message: /is gone/,
      });
      assert.ok(!fs.existsSync(path));
      await write(path, "1", { ifVersion: null });
      await assert.rejects(write(path, "2", { ifVersion: null }), {
        code: "SEALTRACE_FILE_CHANGED",
        message: /exists by now/,
      });
      const { version } = await readFileWithVersion(path);
      await write(path, "2", { ifVersion: version });
      await assert.rejects(write(path, "3", { ifVersion: version }), {
        code: "SEALTRACE_FILE_CHANGED",
        message: /has changed/,
      });
      assert.equal(fs.readFileSync(path, "utf8"), "2");
      if (process.platform === "win32") return;
      const link = `${path}-link`;
      fs.symlinkSync("file", link);
      await assert.rejects(write(link, "3", { ifVersion: version, symbolicLinks: "follow" }), {
        code: "SEALTRACE_FILE_CHANGED",
      });
    });
  });
}

async function written(content: string): Promise<string> {
  const path = join(temporaryDirectory(), "file");
  await writeFile(path, content);
  return path;
}

describe("writeFile", () => {
  it("lets readFile give back what was written, in every format", async () => {
    const directory = temporaryDirectory();
    await fc.assert(
      fc.asyncProperty(fc.constantFrom("a.json", "a.yaml"), fc.jsonValue(), async (file, value) => {
        await writeFile(join(directory, file), value, { durable: false });
        assert.deepEqual(await readFile(join(directory, file)), value);
      }),
      { numRuns: 50 },
    );
  });

  it(
    "ends with the reason of its signal, in the middle, and leaves the old content and nothing else",
    { skip: LINUX },
    async () => {
      const path = await written("old");
      const before = fs.readdirSync("/proc/self/fd").length;
      const reason = new Error("enough");
      const controller = new AbortController();
      const seen: number[] = [];
      const writing = writeFile(path, Buffer.alloc(20 * 1024 * 1024), {
        signal: controller.signal,
        onProgress({ bytes, total }) {
          seen.push(bytes / total);
          controller.abort(reason);
        },
      });
      await assert.rejects(writing, reason);
      assert.deepEqual(seen, [0.4]);
      await assert.rejects(writeFile(path, "new", { signal: controller.signal }), reason);
      assert.equal(fs.readFileSync(path, "utf8"), "old");
      assert.deepEqual(fs.readdirSync(join(path, "..")), ["file"]);
      assert.equal(fs.readdirSync("/proc/self/fd").length, before);
    },
  );

  it("closes and removes its temporary file also when a progress function throws", { skip: LINUX }, async () => {
    const path = await written("old");
    const before = fs.readdirSync("/proc/self/fd").length;
    const failing: WriteOptions = {
      onProgress() {
        throw new Error("mine");
      },
    };
    await assert.rejects(writeFile(path, "new", failing));
    assert.throws(() => {
      writeFileSync(path, "new", failing);
    });
    assert.deepEqual(fs.readdirSync(join(path, "..")), ["file"]);
    assert.equal(fs.readdirSync("/proc/self/fd").length, before);
  });

  it("loses nothing of many who compare and swap", async () => {
    const path = join(temporaryDirectory(), "a.json");
    await writeFile(path, []);
    let conflicts = 0;
    const add = async (value: number): Promise<void> => {
      for (;;) {
        const { value: list, version } = await readFileWithVersion<number[]>(path);
        try {
          await writeFile(path, [...list, value], { ifVersion: version, durable: false });
          return;
        } catch (error) {
          assert.equal((error as { code?: string }).code, "SEALTRACE_FILE_CHANGED");
          conflicts += 1;
        }
      }
    };
    await Promise.all(Array.from({ length: 16 }, (_, i) => add(i)));
    assert.deepEqual(((await readFile(path)) as number[]).sort((a, b) => a - b), Array.from({ length: 16 }, (_, i) => i)); // prettier-ignore
    assert.ok(conflicts > 0, "nobody came into another's way");
  });
});
