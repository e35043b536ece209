import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { readFileWithVersion, writeFile, writeFileSync, type WriteOptions } from "../../../src/file-utils/index.ts";
import { temporaryDirectory } from "../../support/temporary.ts";
import { NOT_WINDOWS } from "../../support/tree.ts";
import { TWINS } from "../../support/twins.ts";

const BOTH: WriteOptions = { generations: 3, checksum: true, durable: false };
const SHA256SUM = spawnSync("sha256sum", ["--version"]).status !== 0 && "there is no command sha256sum here";

function visible(directory: string): string[] {
  return fs
    .readdirSync(directory)
    .filter((name) => name !== ".sealtrace-locks")
    .sort();
}

for (const { name, writeFile: write, readFile: read } of TWINS) {
  describe(`history, ${name}`, () => {
    /** A file that was written so many times: it holds the number of the last. */
    const writtenTimes = async (times: number, options = BOTH): Promise<string> => {
      const path = join(temporaryDirectory(), "a.json");
      for (let i = 1; i <= times; i += 1) await write(path, i, options);
      return path;
    };

    it("keeps as many generations as it is told, the last one first", async () => {
      const path = await writtenTimes(6, { generations: 2, durable: false });
      assert.deepEqual(visible(join(path, "..")), ["a.json", "a.json.1", "a.json.2"]);
      const all = [0, 1, 2].map((generation) => read(path, { generation }));
      assert.deepEqual(await Promise.all(all), [6, 5, 4]);
      await assert.rejects(read(path, { generation: 3 }), { code: "SEALTRACE_FILE_MISSING" });
      await write(path, 7);
      assert.deepEqual(
        [await read(path), await read(path, { generation: 1 })],
        [7, 5],
        "without generations they stay",
      );
      await write(path, 8, { generations: 1 });
      assert.deepEqual([await read(path), await read(path, { generation: 1 }), await read(path, { generation: 2 })], [8, 7, 4]); // prettier-ignore
    });

    it("agrees with sha256sum", { skip: SHA256SUM }, async () => {
      for (const times of [1, 2, 3, 5]) {
        const path = await writtenTimes(times);
        const { status, stdout } = spawnSync("sha256sum", ["--strict", "-c", "a.json.sha256"], { cwd: join(path, ".."), encoding: "utf8" }); // prettier-ignore
        assert.equal(status, 0);
        assert.equal(stdout.trimEnd().split("\n").length, Math.min(times, 4));
        fs.appendFileSync(path, " ");
        assert.equal(spawnSync("sha256sum", ["-c", "a.json.sha256"], { cwd: join(path, "..") }).status, 1);
      }
    });

    it("finds damage when reading, and offers the last good generation", async () => {
      const path = await writtenTimes(4);
      assert.equal(await read(path, { checksum: true }), 4);
      fs.writeFileSync(path, "5\n");
      assert.equal(await read(path), 5, "who does not ask gets what is there");
      await assert.rejects(read(path, { checksum: true }), { code: "SEALTRACE_CORRUPT", message: /a\.json is not what its checksum says.*generation: 1\./ }); // prettier-ignore
      assert.equal(await read(path, { checksum: true, generation: 1 }), 3);
      fs.writeFileSync(`${path}.1`, "");
      await assert.rejects(read(path, { checksum: true }), { code: "SEALTRACE_CORRUPT", message: /generation: 2\./ });
      await assert.rejects(read(path, { checksum: true, generation: 1 }), {
        code: "SEALTRACE_CORRUPT",
        message: /generation: 2\./,
      });
      fs.rmSync(`${path}.1`);
      await assert.rejects(read(path, { checksum: true }), { code: "SEALTRACE_CORRUPT", message: /generation: 2\./ });
      for (const generation of [2, 3]) fs.rmSync(`${path}.${generation}`);
      await assert.rejects(read(path, { checksum: true }), {
        code: "SEALTRACE_CORRUPT",
        message: /restore it from a copy/,
      });
    });

    it("lets no damaged content push out the last good generation", async () => {
      const path = await writtenTimes(2, { ...BOTH, generations: 1 });
      fs.writeFileSync(path, "damaged");
      await write(path, 3, { ...BOTH, generations: 1 });
      assert.deepEqual(
        [await read(path, { checksum: true }), await read(path, { checksum: true, generation: 1 })],
        [3, 1],
      );
    });

    it("says when there is no checksum, or none that can be read", async () => {
      const path = await writtenTimes(1, { durable: false });
      await assert.rejects(read(path, { checksum: true }), {
        code: "SEALTRACE_FILE_MISSING",
        message: /checksum: true/,
      });
      for (const content of ["nonsense\n", `${"a".repeat(64)}  a.js`, `${"a".repeat(63)}  a.json\n`]) {
        fs.writeFileSync(`${path}.sha256`, content);
        const code = content.endsWith("a.js") ? "SEALTRACE_FILE_MISSING" : "SEALTRACE_CORRUPT";
        await assert.rejects(read(path, { checksum: true }), { code });
      }
      await assert.rejects(write(path, 2, BOTH), { code: "SEALTRACE_CORRUPT" });
      assert.equal(await read(path), 1);
      await assert.rejects(read(join(path, "../none"), { checksum: true }), { code: "SEALTRACE_FILE_MISSING" });
    });

    it("checks what stands in the list of the command", { skip: SHA256SUM }, async () => {
      const path = await writtenTimes(1, { durable: false });
      const { stdout } = spawnSync("sha256sum", ["-b", "a.json"], { cwd: join(path, "..") });
      fs.writeFileSync(`${path}.sha256`, stdout);
      assert.equal(await read(path, { checksum: true }), 1);
    });

    it("refuses names that the list has no plain form for", { skip: NOT_WINDOWS }, async () => {
      const directory = temporaryDirectory();
      for (const file of ["a\nb", "a\\b", "a\rb"]) {
        await assert.rejects(write(join(directory, file), "text", { checksum: true }), { code: "SEALTRACE_USAGE" });
        await write(join(directory, file), "text", { generations: 1 });
        await write(join(directory, file), "more", { generations: 1 });
        assert.equal(await read(join(directory, file), { generation: 1 }), "text");
      }
      for (const file of [" a", "*a", "a b ", "é"]) {
        await write(join(directory, file), "text", { checksum: true });
        assert.equal(await read(join(directory, file), { checksum: true }), "text");
      }
    });

    it("keeps and finds the history of what a symbolic link leads to", { skip: NOT_WINDOWS }, async () => {
      const path = await writtenTimes(2);
      const link = join(temporaryDirectory(), "link.json");
      fs.symlinkSync(path, link);
      await write(link, 3, { ...BOTH, symbolicLinks: "follow" });
      assert.deepEqual([await read(link, { checksum: true }), await read(link, { checksum: true, generation: 1 }), await read(path, { generation: 2 })], [3, 2, 1]); // prettier-ignore
      fs.writeFileSync(path, "damaged");
      await assert.rejects(read(link, { checksum: true }), { code: "SEALTRACE_CORRUPT" });
      assert.deepEqual(fs.readdirSync(join(link, "..")), ["link.json"]);
    });

    it("keeps nothing of what is a symbolic link, and replaces it", { skip: NOT_WINDOWS }, async () => {
      const directory = temporaryDirectory();
      fs.writeFileSync(join(directory, "victim"), "precious");
      fs.symlinkSync("victim", join(directory, "a.json"));
      await write(join(directory, "a.json"), 1, { ...BOTH, symbolicLinks: "replace" });
      assert.deepEqual(visible(directory), ["a.json", "a.json.sha256", "victim"]);
      assert.equal(fs.readFileSync(join(directory, "victim"), "utf8"), "precious");
    });

    it("compares, swaps and keeps at once", async () => {
      const path = await writtenTimes(2);
      const { version } = await readFileWithVersion(path, { checksum: true });
      await write(path, 3, { ...BOTH, ifVersion: version });
      await assert.rejects(write(path, 4, { ...BOTH, ifVersion: version }), { code: "SEALTRACE_FILE_CHANGED" });
      const history = [0, 1, 2].map((generation) => read(path, { generation, checksum: true }));
      assert.deepEqual(await Promise.all(history), [3, 2, 1]);
      assert.equal(fs.readFileSync(`${path}.sha256`, "utf8").split("\n").length, 4);
    });
  });
}

describe("history", () => {
  it("matches for who reads while many write", async () => {
    const path = join(temporaryDirectory(), "a.json");
    await writeFile(path, 0, BOTH);
    const writing = new AbortController();
    let seen = 0;
    const reading = (async () => {
      const [{ readFile }] = TWINS as [(typeof TWINS)[0]];
      while (!writing.signal.aborted) {
        assert.equal(typeof (await readFile(path, { checksum: true })), "number");
        seen += 1;
      }
    })();
    await Promise.all(Array.from({ length: 40 }, (_, i) => writeFile(path, i, BOTH)));
    writing.abort();
    await reading;
    assert.ok(seen > 0);
    writeFileSync(path, "last", BOTH);
    assert.equal(fs.readFileSync(`${path}.sha256`, "utf8").split("\n").length, 5);
  });
});
