import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fs, {
  chmodSync,
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { basename, dirname, join, relative } from "node:path";
import { describe, it, mock } from "node:test";
import { isLocked } from "../../../src/file-utils/essentials/index.ts";
import {
  temporaryDirectory as newTemporaryDirectory,
  temporaryDirectorySync,
  temporaryFile,
  temporaryFileSync,
} from "../../../src/file-utils/index.ts";
import { SealtraceError } from "../../../src/record/index.ts";
import { mountSmallDisk, type SmallDisk } from "../../support/small-disk.ts";
import { ownTemporaryPlace } from "../../support/temporary-programs.ts";
import { temporaryDirectory } from "../../support/temporary.ts";

const WINDOWS = process.platform === "win32";
const MODES = WINDOWS && "modes mean nothing on Windows";
const DESCRIPTORS = process.platform !== "linux" && "only Linux has /proc/self/fd";
const SHARED_MEMORY = !isMemory("/dev/shm") && "there is no directory in memory";

const code = (expected: string, says: RegExp = /./) => {
  return (error: unknown) => error instanceof SealtraceError && error.code === expected && says.test(error.message);
};
const mode = (path: string): number => statSync(path).mode & 0o777;

function isMemory(path: string): boolean {
  return process.platform === "linux" && existsSync(path) && statfsSync(path).type === 0x01021994;
}

/** All that this process makes lies in a place of its own. */
const place = ownTemporaryPlace();

describe("a temporary file", () => {
  it("is new, empty, private, and of a name that can't be foretold", { skip: MODES }, async () => {
    const files = [await temporaryFile({ suffix: ".json" }), temporaryFileSync({ suffix: ".json" })];
    for (const { path, descriptor } of files) {
      assert.match(basename(path), /^[0-9a-f]{32}\.json$/);
      assert.equal(readFileSync(path, "utf8"), "");
      assert.equal(mode(path), 0o600);
      assert.equal(descriptor, undefined);
      for (let directory = dirname(path); directory !== place; directory = dirname(directory)) {
        assert.equal(mode(directory), 0o700, directory);
      }
    }
    assert.notEqual(files[0]?.path, files[1]?.path);
    for (const file of files) file.removeSync();
  });

  it("is gone when it was removed, once, twice, and twice at the same time", async () => {
    const file = await temporaryFile();
    await Promise.all([file.remove(), file.remove()]);
    assert.equal(existsSync(file.path), false);
    // Whatever stands there now is not ours.
    writeFileSync(file.path, "another");
    await file.remove();
    file.removeSync();
    await file[Symbol.asyncDispose]();
    file[Symbol.dispose]();
    assert.equal(readFileSync(file.path, "utf8"), "another");
    rmSync(file.path);
  });

  it("may have been moved or removed by the program", () => {
    const [moved, removed] = [temporaryFileSync(), temporaryFileSync()];
    renameSync(moved.path, join(place, "moved"));
    rmSync(removed.path);
    moved.removeSync();
    removed.removeSync();
    assert.equal(existsSync(join(place, "moved")), true);
  });

  it("that can't be removed says so, and can be tried again", () => {
    const file = temporaryFileSync();
    rmSync(file.path);
    mkdirSync(file.path);
    assert.throws(() => {
      file.removeSync();
    }, SealtraceError);
    rmSync(file.path, { recursive: true });
    writeFileSync(file.path, "");
    file.removeSync();
    assert.equal(existsSync(file.path), false);
  });

  it("is disposed of when its block is left, also by an exception", async () => {
    const symbols = [Symbol.dispose, Symbol.asyncDispose] as const;
    for (const symbol of symbols) {
      const file = temporaryFileSync();
      await assert.rejects(
        async () => {
          try {
            throw new Error("inside");
          } finally {
            await file[symbol]();
          }
        },
        { message: "inside" },
      );
      assert.equal(existsSync(file.path), false);
    }
  });

  it("works with `using` and `await using` where the language has them", async (t) => {
    const program = `
      export async function run({ temporaryFile, temporaryFileSync }, seen) {
        using one = temporaryFileSync();
        await using two = await temporaryFile({ in: "memory" });
        seen.push(one.path, two.path);
        throw new Error("inside");
      }`;
    const loaded: unknown = await import(`data:text/javascript,${encodeURIComponent(program)}`).catch(
      (error: unknown) => error,
    );
    if (loaded instanceof SyntaxError) return t.skip("this Node.js does not know `using`");
    const seen: string[] = [];
    const { run } = loaded as { run: (files: unknown, seen: string[]) => Promise<void> };
    await assert.rejects(run({ temporaryFile, temporaryFileSync }, seen), { message: "inside" });
    assert.deepEqual(
      seen.map((path) => existsSync(path)),
      [false, false],
    );
  });

  it("refuses what can't be asked for", () => {
    for (const suffix of ["/x", "\\x", "/../x", "\0", ".", " ", ":s", "x".repeat(60), 3 as unknown as string]) {
      assert.throws(() => temporaryFileSync({ suffix }), code("SEALTRACE_USAGE"), suffix);
    }
    assert.throws(() => temporaryFileSync({ in: "ram" as "memory" }), code("SEALTRACE_USAGE", /memory/));
  });
});

describe("a temporary directory", () => {
  it(
    "is empty, private, and removed with all that is in it, but not what links in it lead to",
    { skip: MODES },
    async () => {
      const outside = join(temporaryDirectory(), "outside");
      mkdirSync(outside);
      writeFileSync(join(outside, "precious"), "x");
      for (const directory of [
        temporaryDirectorySync({ suffix: ".d" }),
        await newTemporaryDirectory({ suffix: ".d" }),
      ]) {
        assert.match(basename(directory.path), /^[0-9a-f]{32}\.d$/);
        assert.deepEqual([readdirSync(directory.path), mode(directory.path)], [[], 0o700]);
        mkdirSync(join(directory.path, "a", "b"), { recursive: true });
        writeFileSync(join(directory.path, "a", "b", "file"), "x");
        symlinkSync(outside, join(directory.path, "a", "link"));
        chmodSync(join(directory.path, "a"), 0o500);
        await directory.remove();
        assert.equal(existsSync(directory.path), false);
      }
      assert.equal(readFileSync(join(outside, "precious"), "utf8"), "x");
    },
  );
});

describe("an unnamed file", { skip: DESCRIPTORS }, () => {
  it("can be used by its path and its descriptor, and by no name", async () => {
    for (const file of [temporaryFileSync({ unnamed: true }), await temporaryFile({ unnamed: true, in: "memory" })]) {
      const descriptor = file.descriptor as number;
      assert.equal(file.path, `/proc/self/fd/${descriptor}`);
      writeSync(descriptor, "written");
      assert.equal(readFileSync(file.path, "utf8"), "written");
      writeFileSync(file.path, "replaced");
      assert.equal(readFileSync(file.path, "utf8"), "replaced");
      const { nlink, mode: bits } = fstatSync(descriptor);
      assert.deepEqual([nlink, bits & 0o777], [0, 0o600]);
      await Promise.all([file.remove(), file.remove()]);
      assert.throws(() => fstatSync(descriptor), { code: "EBADF" });
      file.removeSync();
    }
  });

  it("closes nothing that is not its own", () => {
    const file = temporaryFileSync({ unnamed: true });
    closeSync(file.descriptor as number);
    const other = openSync(join(place, "other"), "w");
    assert.equal(other, file.descriptor);
    file.removeSync();
    assert.equal(fstatSync(other).isFile(), true);
    closeSync(other);
  });
});

describe("a file in memory", () => {
  it("is there, and says so", { skip: SHARED_MEMORY }, () => {
    for (const unnamed of [false, true]) {
      const file = temporaryFileSync({ in: "memory", unnamed });
      assert.deepEqual([file.in, isMemory(file.path)], ["memory", true]);
      file.removeSync();
    }
  });

  it("is on the disk where there is no such directory, and says so", (t) => {
    const program = `
      import { temporaryFileSync } from ${JSON.stringify(import.meta.resolve("../../../src/file-utils/index.ts"))};
      const { path } = temporaryFileSync({ in: "memory" });
      console.log(JSON.stringify([temporaryFileSync({ in: "memory", unnamed: true }).in, path]));`;
    const node = [process.execPath, "--input-type=module-typescript", "--eval", program];
    // A directory of the disk stands in front of the one in memory.
    const hide = ["unshare", "--mount", "sh", "-c", 'mount --bind "$0" /dev/shm && exec "$@"', temporaryDirectory()];
    const [command = "", ...args] = process.platform === "linux" ? [...hide, ...node] : node;
    if (isMemory(place)) return t.skip("everything is in memory here");
    const { stdout, stderr, error, status } = spawnSync(command, args, { encoding: "utf8" });
    if (status !== 0 && /unshare|mount/.test(stderr || String(error))) return t.skip("nothing can be mounted here");
    const [storage, path] = JSON.parse(stdout) as [string, string];
    assert.deepEqual([storage, relative(place, path).startsWith("..")], ["disk", false], stderr);
  });
});

describe("the place for temporaries", () => {
  it("may be removed under a running program, and changes neither with its directory nor with its environment", async () => {
    const first = temporaryFileSync();
    rmSync(join(place, basename(dirname(dirname(first.path)))), { recursive: true });
    const second = await temporaryFile();
    assert.equal(existsSync(second.path), true);
    assert.notEqual(dirname(first.path), dirname(second.path));
    first.removeSync();
    const elsewhere = temporaryDirectory();
    const before = process.cwd();
    process.env.TMPDIR = "relative";
    process.chdir(elsewhere);
    const third = temporaryFileSync();
    process.chdir(before);
    process.env.TMPDIR = place;
    assert.equal(dirname(third.path), dirname(second.path));
    for (const file of [second, third]) file.removeSync();
  });
});

describe("a home whose lock is taken for a dead one's before it is held", () => {
  // What another program's sweeper does, at the one moment when it can.
  const moments: readonly [when: string, chmod: (path: string, mode: number) => void][] = [
    [
      "while SQLite makes it",
      (path, bits) => {
        rmSync(path);
        chmodSync(path, bits);
      },
    ],
    [
      "before it is locked",
      (path, bits) => {
        chmodSync(path, bits);
        rmSync(path);
      },
    ],
  ];
  for (const [when, meanwhile] of moments) {
    it(`is given up for another: ${when}`, { skip: WINDOWS && "what is open stays" }, () => {
      const old = temporaryFileSync();
      rmSync(dirname(old.path), { recursive: true });
      const locks: string[] = [];
      const mocked = mock.method(fs, "chmodSync", (path: string, bits: number) => {
        if (!path.endsWith(".lock")) return chmodSync(path, bits);
        locks.push(path);
        mocked.mock.restore();
        syncBuiltinESMExports();
        meanwhile(path, bits);
      });
      syncBuiltinESMExports();
      try {
        const file = temporaryFileSync();
        assert.equal(locks.length, 1);
        assert.notEqual(`${dirname(file.path)}.lock`, locks[0]);
        assert.equal(isLocked(`${dirname(file.path)}.lock`), true);
        file.removeSync();
      } finally {
        mocked.mock.restore();
        syncBuiltinESMExports();
        old.removeSync();
      }
    });
  }
});

describe("on a full disk", () => {
  const disk = mountSmallDisk(64 * 1024);
  it(
    "a full disk is no obstacle to a temporary, but to its content",
    { skip: typeof disk === "string" && disk },
    () => {
      const { path: full } = disk as SmallDisk;
      assert.throws(() => {
        writeFileSync(join(full, "filler"), Buffer.alloc(1024 * 1024));
      });
      const program = `
      import { readdirSync, writeFileSync } from "node:fs";
      import { temporaryDirectorySync, temporaryFileSync } from ${JSON.stringify(import.meta.resolve("../../../src/file-utils/index.ts"))};
      temporaryDirectorySync();
      const { path } = temporaryFileSync();
      try { writeFileSync(path, "x".repeat(10_000)); } catch (error) { console.log(error.code); }`;
      const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module-typescript", "--eval", program], {
        encoding: "utf8",
        env: { ...process.env, TMPDIR: full },
      });
      assert.equal(stdout, "ENOSPC\n", stderr);
      const left = readdirSync(full, { recursive: true, encoding: "utf8" }).filter((name) =>
        /[0-9a-f]{32}(?!\.lock)/.test(name),
      );
      assert.deepEqual(left, []);
    },
  );
});
