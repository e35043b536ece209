import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { appendFile, readFile, type AppendOptions } from "../../../src/file-utils/index.ts";
import { compiledOnce } from "../../support/quick-start.ts";
import { temporaryDirectory } from "../../support/temporary.ts";
import { AS_ROOT, NOT_WINDOWS } from "../../support/tree.ts";
import { TWINS } from "../../support/twins.ts";

const fixture = (name: string): string => fileURLToPath(new URL(`../../fixtures/file-utils/${name}`, import.meta.url));
const modeOf = (path: string): string => (fs.statSync(path).mode & 0o7777).toString(8);

for (const { name, isSync, appendFile: append } of TWINS) {
  describe(`appendFile, ${name}`, () => {
    const cases: readonly (readonly [string, string | undefined, unknown, AppendOptions, string])[] = [
      ["file", undefined, "téxt", {}, "téxt"],
      ["file", "one", "two", {}, "onetwo"],
      ["file", "one", "", {}, "one"],
      ["file", "one", Buffer.of(0x21), {}, "one!"],
      ["a.json", "one", "two", { format: "text" }, "onetwo"],
      ["a.ndjson", undefined, { a: "\n" }, {}, '{"a":"\\n"}\n'],
      ["a.jsonl", "1\n", [2], {}, "1\n[2]\n"],
      ["a.ndjson", '1\n{"torn":', 2, {}, '1\n{"torn":\n2\n'],
      ["a.ndjson", "1", null, {}, "1\nnull\n"],
    ];
    for (const [file, before, value, options, expected] of cases) {
      it(`${JSON.stringify(value)} to ${file} of ${JSON.stringify(before)}`, async () => {
        const path = join(temporaryDirectory(), file);
        if (before !== undefined) fs.writeFileSync(path, before);
        for (const durable of [false, true]) {
          if (durable) fs.rmSync(path);
          if (durable && before !== undefined) fs.writeFileSync(path, before);
          await append(path, value, { ...options, durable });
          assert.equal(fs.readFileSync(path, "utf8"), expected);
        }
      });
    }

    it("refuses what can't go on at its end, and leaves what was there", async () => {
      const directory = temporaryDirectory();
      const refused: readonly (readonly [string, unknown, AppendOptions, string])[] = [
        ["a.json", 1, {}, "SEALTRACE_USAGE"],
        ["a.yaml", 1, {}, "SEALTRACE_USAGE"],
        ["file", 1, {}, "SEALTRACE_USAGE"],
        ["file", "\uDC00", {}, "SEALTRACE_INVALID_DATA"],
        ["a.ndjson", () => 1, {}, "SEALTRACE_VALUE_UNSUPPORTED"],
        ["a.ndjson.zst", 1, {}, "SEALTRACE_USAGE"],
        ["a.log.gz", "text", {}, "SEALTRACE_USAGE"],
        ["a.log.age", "text", {}, "SEALTRACE_USAGE"],
        ["file", "text", { mode: 1.5 }, "SEALTRACE_USAGE"],
        ["missing/file", "text", {}, "SEALTRACE_FILE_MISSING"],
        [".", "text", {}, "SEALTRACE_DIRECTORY_UNWRITABLE"],
      ];
      for (const [file, value, options, code] of refused) {
        await assert.rejects(append(join(directory, file), value, options), { code }, file);
      }
      assert.deepEqual(
        fs.readdirSync(directory).filter((entry) => !entry.startsWith(".")),
        [],
      );
    });

    it(
      "makes private files, and leaves the mode of those that are there, empty or not",
      { skip: NOT_WINDOWS },
      async () => {
        const path = join(temporaryDirectory(), "file");
        await append(path, "1");
        assert.equal(modeOf(path), "600");
        for (const content of ["", "text"]) {
          fs.writeFileSync(path, content);
          fs.chmodSync(path, 0o644);
          await append(path, "1");
          assert.equal(modeOf(path), "644");
        }
        await append(`${path}-2`, "1", { mode: 0o666 });
        assert.equal(modeOf(`${path}-2`), "666");
      },
    );

    it("takes its mode from no umask", { skip: NOT_WINDOWS }, () => {
      const path = join(temporaryDirectory(), "file");
      const { stdout } = spawnSync(process.execPath, [fixture("one-call.ts"), JSON.stringify([[isSync ? "appendFileSync" : "appendFile", path, "text"]])], { env: { ...process.env, UMASK: "777" }, encoding: "utf8" }); // prettier-ignore
      assert.deepEqual([stdout, modeOf(path)], ["fine undefined\n", "600"]);
    });

    it("does nothing to pipes and devices", { skip: NOT_WINDOWS }, async () => {
      const pipe = join(temporaryDirectory(), "pipe");
      assert.equal(spawnSync("mkfifo", ["-m", "640", pipe]).status, 0);
      await assert.rejects(append(pipe, "text"), { code: "SEALTRACE_USAGE", message: /no regular file/ });
      assert.equal(modeOf(pipe), "640");
    });

    it(
      "follows symbolic links only when told to, with the lock of the file that they lead to",
      { skip: NOT_WINDOWS },
      async () => {
        const directory = temporaryDirectory();
        const [link, file] = [join(directory, "link"), join(directory, "file")];
        fs.symlinkSync("file", link);
        for (const content of [undefined, "one"]) {
          if (content !== undefined) fs.writeFileSync(file, content);
          await assert.rejects(append(link, "two"), { code: "SEALTRACE_LINK_REFUSED" });
        }
        assert.equal(fs.readFileSync(file, "utf8"), "one");
        await append(link, "two", { symbolicLinks: "follow" });
        fs.rmSync(file);
        await append(link, "new", { symbolicLinks: "follow" });
        assert.equal(fs.readFileSync(file, "utf8"), "new");
        assert.deepEqual(fs.readdirSync(join(directory, ".sealtrace-locks")).filter((entry) => entry.endsWith(".lock")), ["file.lock"]); // prettier-ignore
      },
    );

    it("adds to what may be written to and not be read", { skip: AS_ROOT }, () => {
      const directory = temporaryDirectory();
      fs.chmodSync(directory, 0o777);
      const path = join(directory, "file");
      fs.writeFileSync(path, "one");
      fs.chownSync(path, 65534, 65534);
      fs.chmodSync(path, 0o200);
      const calls = [[isSync ? "appendFileSync" : "appendFile", path, "two"]];
      const { stdout } = spawnSync(process.execPath, [fixture("one-call.ts"), JSON.stringify(calls)], { uid: 65534, gid: 65534, encoding: "utf8" }); // prettier-ignore
      assert.equal(stdout, "fine undefined\n");
      assert.equal(fs.readFileSync(path, "utf8"), "onetwo");
    });
  });
}

describe("appendFile", () => {
  it("loses and tears nothing of 16 processes, by either twin", async () => {
    const path = join(temporaryDirectory(), "all.ndjson");
    const env = compiledOnce([fixture("appending.ts"), "append", join(temporaryDirectory(), "a.ndjson"), "", "2"]);
    const children = Array.from({ length: 16 }, (_, who) =>
      spawn(process.execPath, [fixture("appending.ts"), "append", path, String(who), "40"], { stdio: "inherit", env }),
    );
    const codes = await Promise.all(children.map(async (child) => ((await once(child, "exit")) as [number])[0]));
    assert.deepEqual(codes, Array(16).fill(0));
    const lines = (await readFile(path)) as { who: string; i: number; filler: string }[];
    assert.equal(lines.length, 640);
    const next = new Map<string, number>();
    for (const { who, i, filler } of lines) {
      assert.equal(i, next.get(who) ?? 0, `the lines of ${who} are in order`);
      assert.equal(filler.length, (i * 7) % 200);
      next.set(who, i + 1);
    }
    assert.deepEqual([...next.values()], Array(16).fill(40));
  });

  it("takes back what it has added when its signal comes in the middle", async () => {
    const path = join(temporaryDirectory(), "file");
    fs.writeFileSync(path, "old");
    const reason = new Error("enough");
    await assert.rejects(appendFile(path, "new", { signal: AbortSignal.abort(reason) }), reason);
    const controller = new AbortController();
    const appending = appendFile(path, Buffer.alloc(64 * 1024 * 1024), { signal: controller.signal });
    const watcher = setInterval(() => {
      if (fs.statSync(path).size > 3) controller.abort(reason);
    }, 0);
    await assert.rejects(appending, reason);
    clearInterval(watcher);
    assert.equal(fs.readFileSync(path, "utf8"), "old");
  });
});
