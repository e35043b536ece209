import assert from "node:assert/strict";
import fs from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { createDirectory, createDirectorySync } from "../../../src/file-utils/index.ts";
import { standInFront } from "../../support/file-calls.ts";
import { temporaryDirectory } from "../../support/temporary.ts";
import { asynchronously, exists, makeTree, NOT_WINDOWS } from "../../support/tree.ts";

const code = (expected: string) => ({ name: "SealtraceError", code: expected });
const both: [string, typeof createDirectory][] = [
  ["createDirectory", createDirectory],
  ["createDirectorySync", asynchronously(createDirectorySync)],
];
const modeOf = (path: string): number => fs.statSync(path).mode & 0o7777;

for (const [name, create] of both) {
  describe(name, () => {
    let umask = 0;
    before(() => (umask = process.umask(0o027)));
    after(() => process.umask(umask));

    it(
      "makes a directory for its owner alone, or of the mode that is wanted, whatever the umask",
      { skip: NOT_WINDOWS },
      async () => {
        const directory = temporaryDirectory();
        await create(join(directory, "mine"));
        await create(join(directory, "open"), { mode: 0o777 });
        await create(join(directory, "a/b/c"), { parents: true, mode: 0o2775 });
        assert.deepEqual(["mine", "open", "a", "a/b", "a/b/c"].map((path) => modeOf(join(directory, path))), [0o700, 0o777, 0o2775, 0o2775, 0o2775]); // prettier-ignore
      },
    );

    it("says when something is there, unless parents are wanted too", async () => {
      const directory = makeTree(temporaryDirectory(), { file: "", "sub/x": "" });
      if (NOT_WINDOWS === false) fs.chmodSync(join(directory, "sub"), 0o755);
      await assert.rejects(create(join(directory, "sub")), code("SEALTRACE_FILE_EXISTS"));
      await assert.rejects(create(join(directory, "file")), code("SEALTRACE_FILE_EXISTS"));
      await create(join(directory, "sub"), { parents: true });
      if (NOT_WINDOWS === false) assert.equal(modeOf(join(directory, "sub")), 0o755);
      for (const path of ["file", "file/sub"]) {
        await assert.rejects(
          create(join(directory, path), { parents: true }),
          code("SEALTRACE_DIRECTORY_UNWRITABLE"),
          path,
        );
      }
    });

    it("says when the directory that it should be in is missing", async () => {
      const directory = temporaryDirectory();
      await assert.rejects(create(join(directory, "none/sub")), code("SEALTRACE_FILE_MISSING"));
      assert.equal(exists(join(directory, "none")), false);
    });

    it(
      "makes nothing through a dangling link, and goes through one that leads to a directory",
      { skip: NOT_WINDOWS },
      async () => {
        const directory = makeTree(temporaryDirectory(), {
          dangling: { link: "none" },
          "real/x": "",
          good: { link: "real" },
        });
        await assert.rejects(create(join(directory, "dangling")), code("SEALTRACE_FILE_EXISTS"));
        await assert.rejects(create(join(directory, "dangling/sub"), { parents: true }), { name: "SealtraceError" });
        await create(join(directory, "good/a/b"), { parents: true });
        assert.ok(exists(join(directory, "real/a/b")));
        assert.equal(exists(join(directory, "none")), false);
      },
    );
  });
}

describe("createDirectory", () => {
  it("makes every new name durable, unless told otherwise", { skip: NOT_WINDOWS }, async () => {
    const directory = temporaryDirectory();
    let syncs = 0;
    const end = standInFront(({ name }, goOn) => {
      if (name === "fsync") syncs += 1;
      goOn();
    });
    try {
      await createDirectory(join(directory, "a/b/c"), { parents: true });
      assert.equal(syncs, 3);
      await createDirectory(join(directory, "d"), { durable: false });
      assert.equal(syncs, 3);
    } finally {
      end();
    }
  });

  it("is content with what others make at the same time", async () => {
    const directory = temporaryDirectory();
    await Promise.all([...Array(10).keys()].map(() => createDirectory(join(directory, "a/b/c"), { parents: true, durable: false }))); // prettier-ignore
    assert.ok(exists(join(directory, "a/b/c")));
  });
});
