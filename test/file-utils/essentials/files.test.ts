import assert from "node:assert/strict";
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import {
  Appender,
  createFile,
  createPrivateDirectory,
  fileSize,
  linkNewFile,
  listDirectory,
  readFileText,
  readLines,
  readRange,
  replaceFile,
} from "../../../src/file-utils/essentials/index.ts";
import { SealtraceError } from "../../../src/record/index.ts";
import { mountSmallDisk, type SmallDisk } from "../../support/small-disk.ts";
import { temporaryDirectory } from "../../support/temporary.ts";

const throwsCode = (action: () => unknown, code: string): void => {
  assert.throws(action, (error: unknown) => error instanceof SealtraceError && error.code === code);
};

describe("replaceFile", () => {
  it("replaces the content, leaves nothing else behind, and keeps others out", () => {
    const directory = temporaryDirectory();
    const path = join(directory, "file");
    writeFileSync(path, "old", { mode: 0o644 });
    replaceFile(path, "new");
    assert.equal(readFileSync(path, "utf8"), "new");
    assert.deepEqual(readdirSync(directory), ["file"]);
    if (process.platform !== "win32") assert.equal(statSync(path).mode & 0o777, 0o600);
  });

  it(
    "replaces a symbolic link, not what it points to",
    { skip: process.platform === "win32" && "making links needs rights on Windows" },
    () => {
      const directory = temporaryDirectory();
      writeFileSync(join(directory, "victim"), "precious");
      symlinkSync("victim", join(directory, "file"));
      replaceFile(join(directory, "file"), "new");
      assert.equal(readFileSync(join(directory, "victim"), "utf8"), "precious");
    },
  );

  it("says what is wrong when it can't, and leaves nothing behind", () => {
    throwsCode(() => {
      replaceFile(join(temporaryDirectory(), "missing", "file"), "new");
    }, "SEALTRACE_FILE_MISSING");
    const directory = temporaryDirectory();
    mkdirSync(join(directory, "occupied"));
    assert.throws(() => {
      replaceFile(join(directory, "occupied"), "new");
    }, SealtraceError);
    assert.deepEqual(readdirSync(directory), ["occupied"]);
  });

  const disk = mountSmallDisk(256 * 1024);
  it("keeps the old content on a full disk", { skip: typeof disk === "string" && disk }, () => {
    const { path: root } = disk as SmallDisk;
    const path = join(root, "file");
    replaceFile(path, "old");
    throwsCode(() => {
      replaceFile(path, Buffer.alloc(1024 * 1024));
    }, "SEALTRACE_DISK_FULL");
    assert.equal(readFileSync(path, "utf8"), "old");
    assert.deepEqual(readdirSync(root), ["file"]);
  });

  it("an append that does not fit is taken back", { skip: typeof disk === "string" && disk }, () => {
    const { path: root } = disk as SmallDisk;
    const appender = new Appender(join(root, "log"));
    appender.append(Buffer.from("kept\n"));
    throwsCode(() => {
      appender.append(Buffer.alloc(1024 * 1024));
    }, "SEALTRACE_DISK_FULL");
    assert.equal(appender.size, 5);
    appender.close();
    assert.equal(readFileSync(join(root, "log"), "utf8"), "kept\n");
  });
});

describe("files that must be new", () => {
  it("are not taken from somebody else", () => {
    const directory = temporaryDirectory();
    createFile(join(directory, "a"), "mine");
    assert.throws(() => {
      createFile(join(directory, "a"), "yours");
    }, SealtraceError);
    createFile(join(directory, "b"), "second");
    assert.equal(linkNewFile(join(directory, "b"), join(directory, "a")), false);
    assert.deepEqual([readFileSync(join(directory, "a"), "utf8"), readdirSync(directory)], ["mine", ["a"]]);
  });

  it(
    "directories are private, parents included",
    { skip: process.platform === "win32" && "modes mean nothing on Windows" },
    () => {
      const directory = temporaryDirectory();
      createPrivateDirectory(join(directory, "a", "b"));
      for (const path of ["a", "a/b"]) assert.equal(statSync(join(directory, path)).mode & 0o777, 0o700);
    },
  );
});

describe("reading", () => {
  it("has limits, and refuses what is no UTF-8", () => {
    const path = join(temporaryDirectory(), "file");
    writeFileSync(path, "0123456789");
    assert.equal(readFileText(path, 10), "0123456789");
    throwsCode(() => readFileText(path, 9), "SEALTRACE_FILE_TOO_LARGE");
    assert.equal(readRange(path, 8, 100).toString(), "89");
    writeFileSync(path, Buffer.from([0xff, 0xfe]));
    throwsCode(() => readFileText(path, 10), "SEALTRACE_INVALID_DATA");
    throwsCode(() => readFileText(join(path, "below"), 10), "SEALTRACE_DIRECTORY_UNREADABLE");
    assert.deepEqual(listDirectory(join(temporaryDirectory(), "missing")), []);
    assert.equal(fileSize(temporaryDirectory()), undefined);
  });

  it(
    "says that it may not",
    {
      skip:
        process.getuid?.() === 0
          ? "root may read everything"
          : process.platform === "win32" && "modes mean nothing on Windows",
    },
    () => {
      const path = join(temporaryDirectory(), "file");
      writeFileSync(path, "x");
      chmodSync(path, 0);
      throwsCode(() => readFileText(path, 10), "SEALTRACE_DIRECTORY_UNREADABLE");
    },
  );

  it("gives the lines of a file as splitting it would, whatever their lengths", () => {
    const path = join(temporaryDirectory(), "lines");
    const line = fc.oneof(
      fc.string({ unit: "binary", maxLength: 20 }).map((text) => text.replaceAll("\n", "")),
      fc.integer({ min: 0, max: 300_000 }).map((length) => "x".repeat(length)),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 8 }), fc.boolean(), (lines, terminated) => {
        const content = Buffer.from(lines.map((text) => `${text}\n`).join("") + (terminated ? "" : "torn"));
        writeFileSync(path, content);
        const read = readLines(path, { maxBytes: 1_000 })
          .map(({ bytes, ...rest }) => ({ ...rest, text: bytes.toString("latin1") }))
          .toArray();
        let offset = 0;
        const expected = [
          ...lines.map((text) => [text, true] as const),
          ...(terminated ? [] : [["torn", false] as const]),
        ].map(([text, whole]) => {
          const bytes = Buffer.from(text);
          const item = { text: bytes.toString("latin1", 0, 1_000), offset, length: bytes.length, terminated: whole };
          offset += bytes.length + 1;
          return item;
        });
        assert.ok(isDeepStrictEqual(read, expected), `lines of ${lines.map((text) => text.length).join()} units`);
      }),
      { numRuns: 60 },
    );
  });

  it("reads lines up to an end, and appends nothing to them that a writer adds meanwhile", () => {
    const path = join(temporaryDirectory(), "lines");
    writeFileSync(path, "one\ntwo\nthree\n");
    assert.deepEqual(
      [...readLines(path, { maxBytes: 10, offset: 4, end: 8 })].map((line) => line.bytes.toString()),
      ["two"],
    );
  });
});

describe("Appender", () => {
  it("goes on at the end of what is there, and can take back", () => {
    const path = join(temporaryDirectory(), "log");
    writeFileSync(path, "first\n");
    const appender = new Appender(path);
    assert.equal(appender.size, 6);
    appender.append(Buffer.from("second\n"));
    appender.sync();
    appender.truncate(6);
    appender.append(Buffer.from("third\n"));
    appender.close();
    assert.equal(readFileSync(path, "utf8"), "first\nthird\n");
  });

  it("sees when its file has shrunk under it only as far as the system tells", () => {
    const path = join(temporaryDirectory(), "log");
    const appender = new Appender(path);
    appender.append(Buffer.from("gone\n"));
    truncateSync(path, 0);
    appender.append(Buffer.from("next\n"));
    appender.close();
    assert.equal(readFileSync(path, "utf8"), "next\n");
  });
});
