import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { updateFile, withLock, writeFile } from "../../../src/file-utils/index.ts";
import type { StandardSchema } from "../../../src/serialize-utils/index.ts";
import { standInFront } from "../../support/file-calls.ts";
import { compiledOnce } from "../../support/quick-start.ts";
import { temporaryDirectory } from "../../support/temporary.ts";
import { NOT_WINDOWS } from "../../support/tree.ts";
import { TWINS } from "../../support/twins.ts";

const APPENDING = fileURLToPath(new URL("../../fixtures/file-utils/appending.ts", import.meta.url));

for (const { name, isSync, updateFile: update, readFile: read } of TWINS) {
  describe(`updateFile, ${name}`, () => {
    it("gives what is there, undefined for nothing, and takes undefined for no change", async () => {
      const path = join(temporaryDirectory(), "a.json");
      const given: unknown[] = [];
      const next = (result: unknown) => (value: unknown) => {
        given.push(value);
        return result;
      };
      assert.equal(await update(path, next(undefined)), undefined);
      assert.ok(!fs.existsSync(path));
      assert.deepEqual(await update(path, next({ a: 1 })), { a: 1 });
      assert.deepEqual(await update(path, next(undefined)), { a: 1 });
      assert.equal(await update(path, next(null)), null);
      assert.deepEqual(given, [undefined, undefined, { a: 1 }, { a: 1 }]);
      assert.equal(fs.readFileSync(path, "utf8"), "null\n");
    });

    it("leaves the file as it is when the function throws, or gives what can't be written", async () => {
      const path = join(temporaryDirectory(), "a.json");
      fs.writeFileSync(path, "1");
      const mine = new Error("mine");
      const throwing = update(path, () => {
        throw mine;
      });
      await assert.rejects(throwing, mine);
      await assert.rejects(
        update(path, () => Symbol("mine")),
        { code: "SEALTRACE_VALUE_UNSUPPORTED" },
      );
      assert.equal(fs.readFileSync(path, "utf8"), "1");
      fs.writeFileSync(path, "{torn");
      await assert.rejects(
        update(path, () => 2),
        { code: "SEALTRACE_INVALID_DATA" },
      );
      await assert.rejects(
        update(path, () => 2, { maxBytes: 3 }),
        { code: "SEALTRACE_FILE_TOO_LARGE" },
      );
      assert.equal(fs.readFileSync(path, "utf8"), "{torn");
      await assert.rejects(
        update(join(path, "below"), () => 2),
        { code: "SEALTRACE_DIRECTORY_UNWRITABLE" },
      );
      await assert.rejects(
        update(join(path, "../missing/a"), () => 2),
        { code: "SEALTRACE_FILE_MISSING" },
      );
    });

    it("takes functions that are asynchronous, where it is", async () => {
      const path = join(temporaryDirectory(), "a.json");
      const adding = update(path, (value) => Promise.resolve(Number(value ?? 0) + 1));
      if (isSync) await assert.rejects(adding, { code: "SEALTRACE_USAGE", message: /without Sync/ });
      else assert.equal(await adding, 1);
      assert.equal(fs.existsSync(path), !isSync);
    });

    it("hands out what a schema makes of the file, and writes what it accepts", async () => {
      const path = join(temporaryDirectory(), "a.json");
      const schema: StandardSchema<number> = {
        "~standard": { version: 1, vendor: "test", validate: (value) => typeof value === "number" ? { value } : { issues: [{ message: "is no number" }] } }, // prettier-ignore
      };
      assert.equal(await update(path, () => 1, { schema }), 1);
      await assert.rejects(
        update(path, () => "x", { schema }),
        { code: "SEALTRACE_INVALID_DATA", message: /is no number/ },
      );
      fs.writeFileSync(path, '"x"');
      await assert.rejects(
        update(path, () => 1, { schema }),
        { code: "SEALTRACE_INVALID_DATA" },
      );
    });

    it("keeps history and mode like writeFile", async () => {
      const path = join(temporaryDirectory(), "a.json");
      for (let i = 0; i < 4; i += 1) {
        await update(path, (value) => Number(value ?? 0) + 1, {
          generations: 2,
          checksum: i > 0 || undefined,
          mode: 0o640,
        });
        if (i === 0) await writeFile(path, 1, { checksum: true, generations: 2 });
      }
      assert.deepEqual([await read(path, { checksum: true }), await read(path, { generation: 1, checksum: true }), await read(path, { generation: 2 })], [4, 3, 2]); // prettier-ignore
      if (process.platform !== "win32") assert.equal(fs.statSync(path).mode & 0o777, 0o640);
    });

    it(
      "writes through a symbolic link only when told to, in the format of the link's name",
      { skip: NOT_WINDOWS },
      async () => {
        const directory = temporaryDirectory();
        const link = join(directory, "link.json");
        fs.symlinkSync("target", link);
        await assert.rejects(
          update(link, () => 1),
          { code: "SEALTRACE_LINK_REFUSED" },
        );
        assert.equal((await update(link, (value) => [value ?? 0], { symbolicLinks: "follow" })) === undefined, false);
        assert.deepEqual(await update(link, (value) => [value], { symbolicLinks: "follow" }), [[0]]);
        assert.deepEqual([fs.lstatSync(link).isSymbolicLink(), JSON.parse(fs.readFileSync(join(directory, "target"), "utf8"))], [true, [[0]]]); // prettier-ignore
      },
    );

    it("overwrites no change of somebody who takes no lock, in place or replacing, however quick", async () => {
      const path = join(temporaryDirectory(), "a.json");
      const ways = [
        (text: string): void => {
          fs.writeFileSync(path, text);
        },
        (text: string): void => {
          fs.writeFileSync(`${path}.other`, text);
          fs.renameSync(`${path}.other`, path);
        },
      ];
      for (const foreign of ways) {
        for (let round = 0; round < 10; round += 1) {
          fs.writeFileSync(path, "100");
          let calls = 0;
          const result = await update(
            path,
            (value) => {
              calls += 1;
              // As many bytes as before, in the same tick of the clock.
              if (calls === 1) foreign("200");
              return Number(value) + 1;
            },
            { durable: false },
          );
          assert.deepEqual([result, calls, fs.readFileSync(path, "utf8")], [201, 2, "201\n"]);
        }
      }
      let calls = 0;
      fs.rmSync(path);
      await update(path, (value) => {
        calls += 1;
        if (calls === 1) fs.writeFileSync(path, "7");
        return Number(value ?? 0) + 1;
      });
      assert.equal(fs.readFileSync(path, "utf8"), "8\n");
    });

    it("gives up on somebody who changes the file without end", async () => {
      const path = join(temporaryDirectory(), "a.json");
      let i = 0;
      const updating = update(
        path,
        () => {
          fs.writeFileSync(path, String((i += 1)));
          return -1;
        },
        { durable: false },
      );
      await assert.rejects(updating, { code: "SEALTRACE_FILE_CHANGED", message: /use updateFile or withLock/ });
      assert.equal(fs.readFileSync(path, "utf8"), String(i));
    });
  });
}

describe("updateFile", () => {
  it("sees a foreign change before any of its own calls, up to the last look", async () => {
    let tooLate = Infinity;
    for (let n = 1; n < tooLate; n += 1) {
      const path = join(temporaryDirectory(), "a.json");
      fs.writeFileSync(path, "1000");
      // Then its status tells of every change.
      fs.utimesSync(path, 1e9, 1e9);
      let calls = 0;
      const end = standInFront(({ name, args }, goOn) => {
        if (!String(args[0]).includes(".sealtrace-locks")) calls += 1;
        if (name === "rename") tooLate = Math.min(tooLate, calls);
        else if (calls === n) fs.writeFileSync(path, "2000");
        goOn();
      });
      await updateFile<number>(path, (value) => (value ?? 0) + 1);
      end();
      assert.equal(fs.readFileSync(path, "utf8"), n < tooLate ? "2001\n" : "1001\n", `before call ${n}`);
    }
    assert.ok(tooLate > 12 && tooLate < Infinity, `only ${tooLate} calls`);
  });

  it("loses nothing of many threads and processes", async () => {
    const path = join(temporaryDirectory(), "counter.json");
    const env = compiledOnce([APPENDING, "count", join(temporaryDirectory(), "a.json"), "", "2"]);
    const threads = Array.from({ length: 4 }, () => new Worker(APPENDING, { argv: ["count", path, "", "10"] }));
    const processes = Array.from({ length: 6 }, () => spawn(process.execPath, [APPENDING, "count", path, "", "10"], { stdio: "inherit", env })); // prettier-ignore
    const here = Array.from({ length: 10 }, () =>
      updateFile<number>(path, (value = 0) => value + 1, { durable: false }),
    );
    const ends = [...threads, ...processes].map(async (one) => ((await once(one, "exit")) as [number])[0]);
    assert.deepEqual(await Promise.all(ends), Array(10).fill(0));
    await Promise.all(here);
    assert.equal(fs.readFileSync(path, "utf8"), "110\n");
  });

  it("waits for the lock as long as it may, and ends with the reason of its signal", async () => {
    const path = join(temporaryDirectory(), "a.json");
    const held = Promise.withResolvers<undefined>();
    const release = Promise.withResolvers<undefined>();
    const holding = withLock(path, () => {
      held.resolve(undefined);
      return release.promise;
    });
    await held.promise;
    await assert.rejects(
      updateFile(path, () => 1, { wait: 0 }),
      { code: "SEALTRACE_LOCK_BUSY" },
    );
    const reason = new Error("enough");
    const controller = new AbortController();
    const waiting = updateFile(path, () => 1, { signal: controller.signal });
    controller.abort(reason);
    await assert.rejects(waiting, reason);
    release.resolve(undefined);
    await holding;
    assert.ok(!fs.existsSync(path));
  });
});
