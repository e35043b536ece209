import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import {
  temporaryDirectorySync,
  temporaryFileSync,
  type Temporary,
  type TemporaryFileOptions,
} from "../../../src/file-utils/index.ts";
import { SealtraceError } from "../../../src/record/index.ts";
import { ownTemporaryPlace } from "../../support/temporary-programs.ts";
import { temporaryDirectory } from "../../support/temporary.ts";

ownTemporaryPlace();

const WINDOWS = process.platform === "win32";
const MODES = WINDOWS && "modes mean nothing on Windows";

const code = (expected: string, says: RegExp = /./) => {
  return (error: unknown) => error instanceof SealtraceError && error.code === expected && says.test(error.message);
};
const mode = (path: string): number => statSync(path).mode & 0o777;

describe("a temporary that is kept", () => {
  const kinds: readonly [what: string, options: TemporaryFileOptions][] = [
    ["a file", {}],
    ["an unnamed file", { unnamed: true }],
    ["a file in memory", { in: "memory" }],
  ];
  for (const [what, options] of kinds) {
    it(`is in its place, whole, and stays: ${what}`, { skip: MODES }, async () => {
      const target = temporaryDirectory();
      const keepers: ((file: Temporary, path: string) => unknown)[] = [
        (file, path) => file.keep(path),
        (file, path) => {
          file.keepSync(path);
        },
      ];
      for (const [i, keep] of keepers.entries()) {
        const path = join(target, `kept-${i}`);
        const file = temporaryFileSync(options);
        writeFileSync(file.path, "x".repeat(100_000));
        if (options.unnamed !== true) chmodSync(file.path, 0o640);
        await keep(file, path);
        file.removeSync();
        assert.equal(readFileSync(path, "utf8").length, 100_000);
        assert.equal(mode(path), options.unnamed === true ? 0o600 : 0o640);
        if (options.unnamed !== true) assert.equal(existsSync(file.path), false);
        assert.throws(
          () => {
            file.keepSync(join(target, "again"));
          },
          code("SEALTRACE_USAGE", /removed/),
        );
      }
      assert.deepEqual(readdirSync(target).sort(), ["kept-0", "kept-1"]);
    });

    it(`takes nobody's place: ${what}`, async () => {
      const target = temporaryDirectory();
      const path = join(target, "taken");
      writeFileSync(path, "mine");
      const file = temporaryFileSync(options);
      writeFileSync(file.path, "yours");
      await assert.rejects(file.keep(path), code("SEALTRACE_FILE_EXISTS"));
      await assert.rejects(file.keep(join(target, "missing", "file")), code("SEALTRACE_FILE_MISSING"));
      assert.deepEqual([readFileSync(path, "utf8"), readFileSync(file.path, "utf8")], ["mine", "yours"]);
      assert.deepEqual(readdirSync(target), ["taken"]);
      file.removeSync();
    });
  }

  for (const storage of ["disk", "memory"] as const) {
    it(`may be a directory, in ${storage === "disk" ? "the same file system" : "memory"}`, async () => {
      const target = temporaryDirectory();
      const directory = temporaryDirectorySync({ in: storage });
      mkdirSync(join(directory.path, "a"));
      writeFileSync(join(directory.path, "a", "file"), "x", { mode: 0o640 });
      symlinkSync("file", join(directory.path, "a", "link"));
      mkdirSync(join(target, "taken"));
      await assert.rejects(directory.keep(join(target, "taken")), code("SEALTRACE_FILE_EXISTS"));
      await directory.keep(join(target, "kept"));
      assert.equal(readFileSync(join(target, "kept", "a", "link"), "utf8"), "x");
      assert.deepEqual(readdirSync(target).sort(), ["kept", "taken"]);
      assert.equal(existsSync(directory.path), false);
      if (!WINDOWS)
        assert.deepEqual([mode(join(target, "kept")), mode(join(target, "kept", "a", "file"))], [0o700, 0o640]);
    });
  }
});
