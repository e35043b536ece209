import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { readRange } from "../../../src/file-utils/essentials/index.ts";
import { readFile, readFileSync, writeFileSync, type ReadOptions } from "../../../src/file-utils/index.ts";
import type { SchemaResult, StandardSchema } from "../../../src/serialize-utils/index.ts";
import { temporaryDirectory } from "../../support/temporary.ts";
import { AS_ROOT, NOT_WINDOWS } from "../../support/tree.ts";
import { TWINS } from "../../support/twins.ts";

const LINUX = process.platform !== "linux" && "only Linux has it";

function fileOf(content: string | Uint8Array, name = "file"): string {
  const path = join(temporaryDirectory(), name);
  fs.writeFileSync(path, content);
  return path;
}

/** Strings of at least so many characters. */
function atLeast(length: number, when: "now" | "later"): StandardSchema<string> {
  const validate = (value: unknown): SchemaResult<string> =>
    typeof value === "string" && value.length >= length
      ? { value: value.toUpperCase() }
      : { issues: [{ message: `is shorter than ${length}`, path: ["text"] }] };
  return {
    "~standard": {
      version: 1,
      vendor: "test",
      validate: when === "now" ? validate : (value) => Promise.resolve(validate(value)),
    },
  };
}

for (const { name, isSync, readFile: read, readFileWithVersion } of TWINS) {
  describe(`readFile, ${name}`, () => {
    const contents: readonly (readonly [string, string, ReadOptions, unknown])[] = [
      ["file", "", {}, ""],
      ["file", "\uFEFFtext\r\n", {}, "text\r\n"],
      ["a.json", ' {"a": [1, null]}\n', {}, { a: [1, null] }],
      ["A.JSON", "7", {}, 7],
      ["a.json", "7", { format: "text" }, "7"],
      ["a.txt", "[7]", { format: "json" }, [7]],
      ["a.yaml", "a: [1, ~]\n", {}, { a: [1, null] }],
      ["a.yml", "", {}, null],
      ["a.ndjson", "", {}, []],
      ["a.ndjson", '{"a":1}\r\n[2]\n3', {}, [{ a: 1 }, [2], 3]],
      ["a.jsonl", "\uFEFF1\n", {}, [1]],
      ["json", "{}", {}, "{}"],
      [".json", "{}", {}, {}],
    ];
    for (const [file, content, options, expected] of contents) {
      it(`${file} of ${JSON.stringify(content)} with ${JSON.stringify(options)}`, async () => {
        assert.deepEqual(await read(fileOf(content, file), options), expected);
      });
    }

    it("gives bytes that nobody else has", async () => {
      const path = fileOf(Buffer.of(0, 255, 13, 10));
      const one = (await read(path, { format: "binary" })) as Buffer;
      const other = (await read(path, { format: "binary" })) as Buffer;
      assert.deepEqual(one, Buffer.of(0, 255, 13, 10));
      assert.notEqual(one.buffer, other.buffer);
    });

    const wrong: readonly (readonly [string, string | Uint8Array, RegExp, string?])[] = [
      ["a.json", "", /a\.json: It is no whole JSON/, "SEALTRACE_DATA_TRUNCATED"],
      ["a.json", '{"a":', /a\.json: It is no whole JSON/, "SEALTRACE_DATA_TRUNCATED"],
      ["a.json", "[".repeat(100_000) + "]".repeat(100_000), /more than 512 levels/, "SEALTRACE_LIMIT_EXCEEDED"],
      ["a.ndjson", '{"a":1}\n{"b":', /a\.ndjson: Line 2: It is no whole JSON/, "SEALTRACE_DATA_TRUNCATED"],
      ["a.ndjson", "1\n{\n2\n", /Line 2: It is no whole JSON/, "SEALTRACE_DATA_TRUNCATED"],
      ["a.ndjson", "1\n{]\n2\n", /Line 2: It is no JSON/],
      ["a.yaml", "a: 1\na: 2\n", /line 2, column 1: Map keys must be unique/],
      ["a.txt", Buffer.from("\uFEFFa", "utf16le"), /UTF-16, little-endian.*read it as binary/],
      ["a.json", Buffer.of(0x22, 0xed, 0xa0, 0x80, 0x22), /not UTF-8 text/],
    ];
    for (const [file, content, message, code = "SEALTRACE_INVALID_DATA"] of wrong) {
      it(`says what is wrong with ${file} of ${JSON.stringify(String(content).slice(0, 12))}`, async () => {
        await assert.rejects(read(fileOf(content, file)), { code, message });
      });
    }

    it("takes exactly as many bytes as it may", async () => {
      const path = fileOf("12345");
      assert.equal(await read(path, { maxBytes: 5 }), "12345");
      await assert.rejects(read(path, { maxBytes: 4 }), {
        code: "SEALTRACE_FILE_TOO_LARGE",
        message: /raise maxBytes/,
      });
      assert.equal(await read(fileOf(""), { maxBytes: 0 }), "");
      assert.equal(await read(path, { maxBytes: Infinity }), "12345");
      for (const maxBytes of [-1, NaN]) await assert.rejects(read(path, { maxBytes }), { code: "SEALTRACE_USAGE" });
      await assert.rejects(read(path, { format: "xml" as "text" }), { code: "SEALTRACE_USAGE", message: /ndjson/ });
      await assert.rejects(read(path, { generation: 100 }), { code: "SEALTRACE_USAGE" });
    });

    it("holds to the limit where a file says it has no bytes", { skip: LINUX }, async () => {
      const whole = fs.readFileSync("/proc/self/environ", "utf8");
      assert.equal(await read("/proc/self/environ"), whole);
      assert.equal(await read("/proc/self/environ", { maxBytes: Buffer.byteLength(whole) }), whole);
      const maxBytes = Buffer.byteLength(whole) - 1;
      await assert.rejects(read("/proc/self/environ", { maxBytes }), { code: "SEALTRACE_FILE_TOO_LARGE" });
      assert.match((await read("/proc/uptime")) as string, /^\d+\.\d+ \d+/);
    });

    it("says what is missing or stands in the way", async () => {
      const directory = temporaryDirectory();
      fs.writeFileSync(join(directory, "file"), "");
      await assert.rejects(read(join(directory, "missing")), { code: "SEALTRACE_FILE_MISSING" });
      await assert.rejects(read(directory), { code: "SEALTRACE_DIRECTORY_UNREADABLE" });
      await assert.rejects(read(join(directory, "file", "below")), { code: "SEALTRACE_DIRECTORY_UNREADABLE" });
      for (const path of ["", "a\0b", 7 as unknown as string])
        await assert.rejects(read(path), { code: "SEALTRACE_USAGE" });
    });

    it("never waits for pipes, sockets and devices", { skip: NOT_WINDOWS }, async () => {
      const directory = temporaryDirectory();
      const pipe = join(directory, "pipe");
      assert.equal(spawnSync("mkfifo", [pipe]).status, 0);
      const server = createServer().listen(join(directory, "socket"));
      await once(server, "listening");
      try {
        for (const path of [pipe, join(directory, "socket"), "/dev/zero", "/dev/null"]) {
          await assert.rejects(read(path), { code: "SEALTRACE_USAGE", message: /no regular file/ });
        }
      } finally {
        server.close();
      }
    });

    it("follows symbolic links unless told not to", { skip: NOT_WINDOWS }, async () => {
      const path = fileOf("text");
      const links = temporaryDirectory();
      const [good, dangling, loop] = [join(links, "good"), join(links, "dangling"), join(links, "loop")];
      fs.symlinkSync(path, good);
      fs.symlinkSync("nowhere", dangling);
      fs.symlinkSync("loop", loop);
      assert.equal(await read(good), "text");
      assert.equal(await read(path, { symbolicLinks: "refuse" }), "text");
      await assert.rejects(read(good, { symbolicLinks: "refuse" }), { code: "SEALTRACE_LINK_REFUSED" });
      await assert.rejects(read(dangling), { code: "SEALTRACE_FILE_MISSING" });
      await assert.rejects(read(loop), { code: "SEALTRACE_LINK_REFUSED" });
    });

    it("gives what a schema makes of it", async () => {
      const path = fileOf("text");
      assert.equal(await read(path, { schema: atLeast(4, "now") }), "TEXT");
      const issue = {
        code: "SEALTRACE_INVALID_DATA",
        message: /file: It does not fit its schema: text: is shorter than 5\.$/,
      };
      await assert.rejects(read(path, { schema: atLeast(5, "now") }), issue);
      if (isSync) {
        await assert.rejects(read(path, { schema: atLeast(4, "later") }), {
          code: "SEALTRACE_USAGE",
          message: /without Sync/,
        });
      } else {
        assert.equal(await read(path, { schema: atLeast(4, "later") }), "TEXT");
        await assert.rejects(read(path, { schema: atLeast(5, "later") }), issue);
      }
    });

    it("tells how far it is, and the version of the content", async () => {
      const bytes = Buffer.alloc(9 * 1024 * 1024, "x");
      const path = fileOf(bytes);
      const seen: number[] = [];
      await read(path, { onProgress: ({ bytes: done, total }) => seen.push(done / total) });
      assert.deepEqual(seen, [8 / 9, 1]);
      const { version } = await readFileWithVersion(path);
      const [sum] = fs.existsSync("/usr/bin/sha256sum") ? spawnSync("sha256sum", [path], { encoding: "utf8" }).stdout.split(" ") : [version.slice(7)]; // prettier-ignore
      assert.equal(version, `sha256:${sum}`);
    });

    it("gives the file itself a name of 255 bytes", { skip: NOT_WINDOWS }, async () => {
      assert.equal(await read(fileOf("text", "n".repeat(255))), "text");
      await assert.rejects(read(join(temporaryDirectory(), "n".repeat(256))), { code: "SEALTRACE_FILE_SYSTEM" });
    });
  });
}

describe("readRange", () => {
  it("never waits for a pipe", { skip: NOT_WINDOWS }, () => {
    const pipe = join(temporaryDirectory(), "pipe");
    assert.equal(spawnSync("mkfifo", [pipe]).status, 0);
    assert.throws(() => readRange(pipe, 0, 1), { code: "SEALTRACE_FILE_SYSTEM" });
  });
});

describe("readFile", () => {
  it(
    "ends with the reason of its signal, before it begins and in the middle, and leaves nothing open",
    { skip: LINUX },
    async () => {
      const path = fileOf(Buffer.alloc(20 * 1024 * 1024));
      const open = (): number => fs.readdirSync("/proc/self/fd").length;
      const before = open();
      const reason = new Error("enough");
      await assert.rejects(readFile(path, { signal: AbortSignal.abort(reason) }), reason);
      const controller = new AbortController();
      const seen: number[] = [];
      const reading = readFile(path, {
        signal: controller.signal,
        onProgress: ({ bytes }) => {
          seen.push(bytes);
          controller.abort(reason);
        },
      });
      await assert.rejects(reading, reason);
      assert.equal(seen.length, 1);
      assert.equal(open(), before);
    },
  );

  it("is refused where the user may not read", { skip: AS_ROOT }, () => {
    const path = fileOf("secret");
    fs.chmodSync(path, 0o600);
    fs.chmodSync(join(path, ".."), 0o755);
    const program = fileURLToPath(new URL("../../fixtures/file-utils/one-call.ts", import.meta.url));
    const { stdout } = spawnSync(process.execPath, [program, JSON.stringify([["readFileSync", path]])], { uid: 65534, gid: 65534, encoding: "utf8" }); // prettier-ignore
    assert.match(stdout, /^SEALTRACE_DIRECTORY_UNREADABLE .*no permission to read/);
  });

  /** Contents of one letter each and of changing length. */
  const isWhole = (text: string): boolean => /^(.)\1{999,}$/s.test(text.slice(0, 2_000)) && text === (text[0] as string).repeat(text.length) && text.length % 1_000 === 0; // prettier-ignore

  it("never sees half of a file that is replaced, nor none, thousands of times", async () => {
    const path = fileOf("");
    writeFileSync(path, "x".repeat(1_000), { durable: false });
    const worker = new Worker(new URL("../../fixtures/file-utils/rewriting-worker.ts", import.meta.url), { workerData: { path } }); // prettier-ignore
    await once(worker, "message");
    const seen = new Set<number>();
    for (let i = 0; i < 2_000; i += 1) {
      const text = i % 2 === 0 ? readFileSync(path, { format: "text" }) : await readFile(path, { format: "text" });
      assert.ok(isWhole(text), `half a file of ${text.length}`);
      seen.add(text.length);
    }
    await worker.terminate();
    assert.ok(seen.size > 5, `only ${seen.size} contents seen`);
  });

  for (const [what, text] of [
    ["more", "y".repeat(300_000)],
    ["less", "y".repeat(10)],
    ["as much", "y".repeat(1_000)],
  ] as const) {
    it(`reads again when somebody writes ${what} in place meanwhile`, async () => {
      for (const read of [readFile, readFileSync]) {
        const path = fileOf("x".repeat(1_000));
        let pieces = 0;
        const onProgress = (): void => {
          pieces += 1;
          if (pieces === 1) fs.writeFileSync(path, text);
        };
        assert.equal(await read(path, { format: "text", onProgress }), text);
        assert.ok(pieces > 1, "it was read once only");
      }
    });
  }

  it("says so when a writer in place does not end", async () => {
    const path = fileOf("x");
    let pieces = 0;
    const onProgress = (): void => {
      pieces += 1;
      // Shorter each time: what grows would be read on and on.
      fs.writeFileSync(path, "x".repeat(100 - (pieces % 100)));
    };
    await assert.rejects(readFile(path, { onProgress }), { code: "SEALTRACE_FILE_CHANGED", message: /withLock/ });
    assert.throws(() => readFileSync(path, { onProgress }), { code: "SEALTRACE_FILE_CHANGED" });
  });
});
