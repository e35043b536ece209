import assert from "node:assert/strict";
import { once } from "node:events";
import fs from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { describe, it } from "node:test";
import { createReadStream, createWriteStream, writeFileSync } from "../../../src/file-utils/index.ts";
import { standInFront } from "../../support/file-calls.ts";
import { temporaryDirectory } from "../../support/temporary.ts";
import { NOT_WINDOWS } from "../../support/tree.ts";

const LINUX = process.platform !== "linux" && "only Linux shows what is open";
const MIB = 1024 * 1024;

function fileOf(content: string | Uint8Array): string {
  const path = join(temporaryDirectory(), "file");
  fs.writeFileSync(path, content);
  return path;
}

function descriptors(): number {
  return fs.readdirSync("/proc/self/fd").length;
}

describe("createReadStream", () => {
  it("gives the bytes of a file", async () => {
    for (const size of [0, 1, 256 * 1024, 3 * MIB + 7]) {
      const bytes = Buffer.alloc(size, "0123456789");
      const seen: number[] = [];
      const stream = createReadStream(fileOf(bytes), {
        onProgress: ({ bytes: done, total }) => seen.push(done, total),
      });
      assert.ok((await buffer(stream)).equals(bytes));
      assert.deepEqual(seen.slice(-2), size === 0 ? [] : [size, size]);
    }
  });

  it("takes exactly as many bytes as it may", async () => {
    const path = fileOf("12345");
    assert.equal(String(await buffer(createReadStream(path, { maxBytes: 5 }))), "12345");
    await assert.rejects(buffer(createReadStream(path, { maxBytes: 4 })), { code: "SEALTRACE_FILE_TOO_LARGE" });
    await assert.rejects(buffer(createReadStream(path, { maxBytes: NaN })), { code: "SEALTRACE_USAGE" });
  });

  it("says what can't be read", { skip: NOT_WINDOWS }, async () => {
    const path = fileOf("text");
    fs.symlinkSync("file", `${path}-link`);
    assert.equal(String(await buffer(createReadStream(`${path}-link`))), "text");
    const refused = createReadStream(`${path}-link`, { symbolicLinks: "refuse" });
    await assert.rejects(buffer(refused), { code: "SEALTRACE_LINK_REFUSED" });
    await assert.rejects(buffer(createReadStream(`${path}-none`)), { code: "SEALTRACE_FILE_MISSING" });
    await assert.rejects(buffer(createReadStream(join(path, ".."))), { code: "SEALTRACE_DIRECTORY_UNREADABLE" });
    await assert.rejects(buffer(createReadStream("/dev/zero")), { code: "SEALTRACE_USAGE" });
  });

  it("goes on with the old content when the file is replaced, and says nothing", async () => {
    const bytes = Buffer.alloc(3 * MIB, "a");
    const path = fileOf(bytes);
    const pieces: Buffer[] = [];
    for await (const piece of createReadStream(path)) {
      if (pieces.push(piece as Buffer) === 2) writeFileSync(path, "new");
    }
    assert.ok(Buffer.concat(pieces).equals(bytes));
  });

  it("ends with an error when somebody writes in place, also right after somebody else has", async () => {
    for (const change of ["same size", "longer", "shorter"]) {
      const path = fileOf(Buffer.alloc(MIB, "a"));
      const reading = async (): Promise<void> => {
        let isFirst = true;
        for await (const piece of createReadStream(path)) {
          assert.ok((piece as Buffer).length > 0);
          if (isFirst && change === "same size") fs.writeSync(fs.openSync(path, "r+"), "b", MIB - 1);
          if (isFirst && change === "longer") fs.appendFileSync(path, "b");
          if (isFirst && change === "shorter") fs.truncateSync(path, MIB - 1);
          isFirst = false;
        }
      };
      await assert.rejects(reading(), { code: "SEALTRACE_FILE_CHANGED" }, change);
    }
  });

  it("closes the file when it is destroyed, aborted or left", { skip: LINUX }, async () => {
    const path = fileOf(Buffer.alloc(3 * MIB));
    const before = descriptors();
    const unread = createReadStream(path);
    unread.destroy();
    await once(unread, "close");
    for await (const piece of createReadStream(path)) {
      assert.equal((piece as Buffer).length, 256 * 1024);
      break;
    }
    const controller = new AbortController();
    const aborted = createReadStream(path, { signal: controller.signal, onProgress: () => { controller.abort(); } }); // prettier-ignore
    await assert.rejects(buffer(aborted), { name: "AbortError" });
    const failing = createReadStream(path, { onProgress: () => { throw new Error("mine"); } }); // prettier-ignore
    await assert.rejects(buffer(failing));
    assert.equal(descriptors(), before);
  });
});

describe("createWriteStream", () => {
  it("shows the old content until it has finished, then the new", { skip: NOT_WINDOWS }, async () => {
    const path = fileOf("old");
    fs.chmodSync(path, 0o640);
    const seen: number[] = [];
    const stream = createWriteStream(path, { onProgress: ({ bytes }) => seen.push(bytes) });
    for (const piece of ["téxt", Buffer.alloc(2 * MIB, "b"), ""]) {
      await new Promise<void>((resolve, reject) => {
        stream.write(piece, (error) => {
          if (error) reject(error);
          else resolve();
        });
      });
      assert.equal(fs.readFileSync(path, "utf8"), "old");
    }
    stream.end("end");
    await once(stream, "finish");
    assert.equal(fs.readFileSync(path, "utf8"), `téxt${"b".repeat(2 * MIB)}end`);
    assert.equal(fs.statSync(path).mode & 0o777, 0o640);
    assert.equal(seen.at(-1), 2 * MIB + 8);
    assert.deepEqual(fs.readdirSync(join(path, "..")), ["file"]);
  });

  it("makes a file, also an empty one, of the mode that it is given", async () => {
    const directory = temporaryDirectory();
    createWriteStream(join(directory, "first")).end();
    const stream = createWriteStream(join(directory, "file"), { mode: 0o644, durable: false });
    await pipeline(Readable.from([]), stream);
    assert.equal(fs.readFileSync(join(directory, "file"), "utf8"), "");
    if (process.platform !== "win32") assert.equal(fs.statSync(join(directory, "file")).mode & 0o777, 0o644);
  });

  it("keeps the order of many pieces that are not waited for", async () => {
    const path = join(temporaryDirectory(), "file");
    const stream = createWriteStream(path, { durable: false });
    for (let i = 0; i < 5_000; i += 1) stream.write(`${i}\n`);
    stream.end();
    await once(stream, "close");
    assert.deepEqual(fs.readFileSync(path, "utf8").split("\n").slice(0, -1), Array.from({ length: 5_000 }, (_, i) => String(i))); // prettier-ignore
  });

  it("says what can't be written, and does with links as it is told", { skip: NOT_WINDOWS }, async () => {
    const path = fileOf("old");
    const link = `${path}-link`;
    fs.symlinkSync("file", link);
    const write = (target: string, options = {}): Promise<void> => pipeline(Readable.from(["new"]), createWriteStream(target, options)); // prettier-ignore
    await assert.rejects(write(link), { code: "SEALTRACE_LINK_REFUSED" });
    await assert.rejects(write(join(path, "below")), { code: "SEALTRACE_DIRECTORY_UNWRITABLE" });
    await assert.rejects(write(join(path, "../no/file")), { code: "SEALTRACE_FILE_MISSING" });
    await assert.rejects(write("/dev/null"), { code: "SEALTRACE_USAGE" });
    await assert.rejects(write(path, { mode: -1 }), { code: "SEALTRACE_USAGE" });
    assert.equal(fs.readFileSync(path, "utf8"), "old");
    await write(link, { symbolicLinks: "follow" });
    assert.deepEqual([fs.readFileSync(path, "utf8"), fs.lstatSync(link).isSymbolicLink()], ["new", true]);
    await write(link, { symbolicLinks: "replace" });
    assert.ok(fs.lstatSync(link).isFile());
    assert.deepEqual(fs.readdirSync(join(path, "..")).sort(), ["file", "file-link"]);
  });

  for (const moment of ["before it is open", "between pieces", "during a write", "while it finishes"]) {
    it(`leaves the old content and nothing else when it is destroyed ${moment}`, { skip: LINUX }, async () => {
      const path = fileOf("old");
      const before = descriptors();
      const mine = new Error("mine");
      const stream = createWriteStream(path);
      stream.on("error", () => {});
      let inFlight = 0;
      const end = standInFront(({ name, args, callback }, goOn) => {
        const isMoment =
          (moment === "during a write" && name === "write") || (moment === "while it finishes" && name === "fsync");
        if (name === "close") assert.equal(inFlight, 0, "a descriptor was closed that is written to");
        if (!isMoment) {
          goOn();
          return;
        }
        inFlight += 1;
        stream.destroy(mine);
        setTimeout(() => {
          inFlight -= 1;
          if (name === "write") callback(null, fs.writeSync(args[0] as number, args[1] as Uint8Array, 0, 3));
          else goOn();
        }, 20);
      });
      if (moment === "before it is open") stream.destroy(mine);
      else if (moment === "between pieces") stream.write("new", () => stream.destroy(mine));
      else stream.end("new");
      await new Promise((resolve) => stream.once("close", resolve));
      end();
      assert.equal(stream.errored, mine);
      assert.equal(fs.readFileSync(path, "utf8"), "old");
      assert.deepEqual(fs.readdirSync(join(path, "..")), ["file"]);
      assert.equal(descriptors(), before);
    });
  }

  it("ends with its signal, in the middle of a pipeline", { skip: LINUX }, async () => {
    const path = fileOf("old");
    const before = descriptors();
    const controller = new AbortController();
    let pieces = 0;
    const endless = Readable.from(
      (function* () {
        for (;;) {
          if ((pieces += 1) === 20) controller.abort();
          yield Buffer.alloc(64 * 1024);
        }
      })(),
    );
    const stream = createWriteStream(path, { signal: controller.signal });
    await assert.rejects(pipeline(endless, stream), { name: "AbortError" });
    if (!stream.closed) await once(stream, "close");
    assert.equal(fs.readFileSync(path, "utf8"), "old");
    assert.deepEqual(fs.readdirSync(join(path, "..")), ["file"]);
    assert.equal(descriptors(), before);
  });
});
