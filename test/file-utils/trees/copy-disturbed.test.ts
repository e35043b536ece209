import assert from "node:assert/strict";
import fs from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { copy, copySync } from "../../../src/file-utils/index.ts";
import { dyingAt, standInFront } from "../../support/file-calls.ts";
import { mountSmallDisk, type SmallDisk } from "../../support/small-disk.ts";
import { temporaryDirectory } from "../../support/temporary.ts";
import { asynchronously, exists, LINUX_ONLY, makeTree, NOT_WINDOWS, seeTree } from "../../support/tree.ts";

const code = (expected: string) => ({ name: "SealtraceError", code: expected });
const SOME_TREE = { "a/file": "content", "a/b/deep": "x".repeat(300_000), "a/empty": null, "a/link": { link: "file" } };

describe("a copy that is disturbed", () => {
  it("ends when its signal is aborted at any moment, and leaves nothing behind", async () => {
    for (let at = 1; ; at += 1) {
      const directory = makeTree(temporaryDirectory(), SOME_TREE);
      const stop = new AbortController();
      let calls = 0;
      const end = standInFront((_call, goOn) => {
        if ((calls += 1) === at) stop.abort(new Error("enough"));
        goOn();
      });
      const copied = await copy(join(directory, "a"), join(directory, "to"), { signal: stop.signal })
        .then(
          () => true,
          (error: unknown) => (error as Error).message !== "enough" && assert.fail(error as Error),
        ) // prettier-ignore
        .finally(end);
      assert.deepEqual(fs.readdirSync(directory), copied ? ["a", "to"] : ["a"], `aborted at call ${at}`);
      if (calls < at) break;
    }
  });

  it(
    "is led nowhere by a directory that becomes a link, at any moment, in the source or the target",
    { skip: LINUX_ONLY },
    async () => {
      for (const swapped of ["from/sub", "to/sub"]) {
        let at = 1;
        for (; ; at += 1) {
          const directory = makeTree(temporaryDirectory(), {
            "from/sub/file": "harmless",
            "to/sub": null,
            "precious/file": "secret",
          });
          let calls = 0;
          const end = standInFront((_call, goOn) => {
            if ((calls += 1) === at) {
              fs.renameSync(join(directory, swapped), join(directory, "aside"));
              fs.symlinkSync("../precious", join(directory, swapped));
            }
            goOn();
          });
          await copy(join(directory, "from"), join(directory, "to"), { overwrite: true })
            .catch(() => undefined)
            .finally(end);
          const seen = seeTree(directory);
          assert.match(seen["/precious/file"] ?? "", /secret/, `${swapped} at ${at}`);
          assert.equal(Object.values(seen).filter((text) => text.includes("secret")).length, 1, `${swapped} at ${at}`);
          assert.deepEqual(
            Object.keys(seen).filter((path) => path.startsWith("/precious/")),
            ["/precious/file"],
          );
          if (calls < at) break;
        }
        assert.ok(at > 20, `only ${at} moments`);
      }
    },
  );

  it("killed at any moment: the target is whole or not there, the source as it was", async () => {
    const cases = [
      { from: "a/b/deep", overwrite: false, before: {} },
      { from: "a/link", overwrite: false, before: {} },
      { from: "a/b/deep", overwrite: true, before: { to: "old" } },
      { from: "a", overwrite: false, before: {} },
    ];
    for (const { from, overwrite, before } of cases) {
      if (from === "a/link" && NOT_WINDOWS) continue;
      let at = 1;
      for (; ; at += 1) {
        const directory = makeTree(temporaryDirectory(), { ...SOME_TREE, ...before });
        const source = seeTree(join(directory, "a"));
        const lived = await dyingAt(at, () => copy(join(directory, from), join(directory, "to"), { overwrite }));
        assert.deepEqual(seeTree(join(directory, "a")), source);
        if (exists(join(directory, "to"))) {
          const target = seeTree(join(directory, "to"));
          if (!Object.values(target)[0]?.endsWith("old"))
            assert.deepEqual(target, seeTree(join(directory, from)), `${from} at ${at}`);
        } else assert.ok(!lived && !overwrite);
        if (lived) break;
      }
      assert.ok(at > 5, `only ${at} moments`);
    }
  });

  const disk = mountSmallDisk(1024 * 1024);
  it("says when the disk is full, and leaves nothing there", { skip: typeof disk === "string" && disk }, async () => {
    const { path, grow } = disk as SmallDisk;
    const directory = makeTree(temporaryDirectory(), { "from/a": "x".repeat(700_000), "from/b": "x".repeat(700_000) });
    fs.writeFileSync(join(path, "old"), "old");
    for (const copyIt of [copy, asynchronously(copySync)]) {
      await assert.rejects(copyIt(join(directory, "from"), join(path, "to")), code("SEALTRACE_DISK_FULL"));
      assert.deepEqual(fs.readdirSync(path), ["old"]);
    }
    fs.writeFileSync(join(directory, "large"), "x".repeat(1_200_000));
    await assert.rejects(
      copy(join(directory, "large"), join(path, "old"), { overwrite: true }),
      code("SEALTRACE_DISK_FULL"),
    );
    assert.equal(fs.readFileSync(join(path, "old"), "utf8"), "old");
    grow(4 * 1024 * 1024);
    await copy(join(directory, "from"), join(path, "to"));
    assert.deepEqual(seeTree(join(path, "to")), seeTree(join(directory, "from")));
  });
});
