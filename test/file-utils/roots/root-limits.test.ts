/** How much, of what kind, by which names: limits of a root on contents; and roots in roots. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { describe, it } from "node:test";
import { deflateSync, gzipSync } from "node:zlib";
import { mediaTypeOf, openRootSync, type Root, type RootPolicy } from "../../../src/file-utils/index.ts";
import { fails, refused, violations } from "../../support/root-refusals.ts";
import { temporaryDirectory } from "../../support/temporary.ts";
import { makeTree, NOT_WINDOWS, type Tree } from "../../support/tree.ts";

const ALL = { allow: ["read", "write", "create", "delete", "list", "execute"] } as const;
const FAST = { durable: false } as const;

function rootOf(t: { after(action: () => void): void }, tree: Tree, policy: Partial<RootPolicy>): Root {
  const root = openRootSync(makeTree(temporaryDirectory(), tree), { ...ALL, ...policy });
  t.after(() => {
    root.closeSync();
  });
  return root;
}

const text = (bytes: number): string => "x".repeat(bytes);

function bytesIn(directory: string): number {
  const files = fs.readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const counted = files.filter(({ parentPath }) => !parentPath.includes(".sealtrace-locks"));
  return counted.reduce((all, { parentPath, name }) => all + fs.statSync(join(parentPath, name)).size, 0);
}

describe("bytes in all", { skip: NOT_WINDOWS }, () => {
  it("are never more than the policy says, whatever adds them", async (t) => {
    const root = rootOf(t, { old: text(400) }, { maxTotalBytes: 1000 });
    const reported = violations(t);
    await root.writeFile("a", text(300), FAST);
    await root.appendFile("a", text(100), FAST);
    await refused(reported, () => root.writeFile("b", text(300), FAST));
    await refused(reported, () => root.appendFile("a", text(201), FAST));
    await refused(reported, () => root.updateFile("a", (value) => String(value) + text(201), FAST));
    await refused(reported, () => finished(root.createWriteStream("c", FAST).end(text(201))));
    await refused(reported, () => root.copy("a", "d", FAST));
    await refused(reported, () => root.open("e", "w"));
    await root.writeFile("b", text(200), FAST);
    await refused(reported, () => root.appendFile("new", "x", FAST));
    assert.deepEqual(fs.readdirSync(root.path).filter((name) => !name.startsWith(".sealtrace")).sort(), ["a", "b", "old"]); // prettier-ignore
    // What goes away makes room.
    await root.remove("old", FAST);
    await root.writeFile("a", text(800), FAST);
    await root.writeFile("a", text(1), FAST);
    await finished(root.createWriteStream("a", FAST).end(text(800)));
    await refused(reported, () => root.writeFile("new", "x", FAST));
    assert.equal(bytesIn(root.path), 1000);
  });

  it("hold for many who write at the same time", async (t) => {
    const root = rootOf(t, { old: text(100) }, { maxTotalBytes: 1000 });
    const writes = Array.from({ length: 40 }, async (_, i) => {
      const name = `f${i % 25}`;
      if (i % 4 === 0) await root.remove(name, { ...FAST, missingOk: true });
      if (i % 4 === 1) await finished(root.createWriteStream(name, FAST).end(text(90)));
      else await root.writeFile(name, text(90), FAST);
    });
    const results = await Promise.allSettled(writes);
    assert.ok(results.some(({ status }) => status === "rejected"));
    assert.ok(results.some(({ status }) => status === "fulfilled"));
    assert.ok(bytesIn(root.path) <= 1000, String(bytesIn(root.path)));
    // Nothing is kept back for what has failed.
    await root.writeFile("last", text(1000 - bytesIn(root.path)), FAST);
    assert.equal(bytesIn(root.path), 1000);
  });

  it("are counted anew where generations come and go", async (t) => {
    const root = rootOf(t, {}, { maxTotalBytes: 1000 });
    for (let i = 0; i < 20; i += 1) await root.writeFile("f", text(100 + i), { ...FAST, generations: 2 });
    assert.equal(bytesIn(root.path), 119 + 118 + 117);
  });

  it("of one file", async (t) => {
    const root = rootOf(t, { large: text(101), f: text(100) }, { maxFileBytes: 100 });
    const reported = violations(t);
    await refused(reported, () => root.readFile("large"));
    await refused(reported, () => root.open("large"));
    await refused(reported, () => root.createReadStream("large").toArray());
    await refused(reported, () => root.writeFile("new", text(101), FAST));
    await refused(reported, () => root.appendFile("f", "x", FAST));
    await refused(reported, () => root.updateFile("f", () => text(101), FAST));
    await refused(reported, () => finished(root.createWriteStream("new", FAST).end(text(101))));
    assert.equal(await root.readFile("f"), text(100));
    assert.deepEqual(fs.readdirSync(root.path).filter((name) => !name.startsWith(".sealtrace")).sort(), ["f", "large"]); // prettier-ignore
  });
});

/** The smallest PNG there is, made by its specification. */
function png(): Buffer {
  const chunk = (type: string, data: Buffer): Buffer => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    return Buffer.concat([length, Buffer.from(type), data, Buffer.alloc(4)]);
  };
  const header = Buffer.from([0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0]);
  const parts = [chunk("IHDR", header), chunk("IDAT", deflateSync(Buffer.alloc(2))), chunk("IEND", Buffer.alloc(0))];
  return Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), ...parts]);
}

function headOf(path: string): Buffer {
  const descriptor = fs.openSync(path, "r");
  const head = Buffer.alloc(4096);
  fs.readSync(descriptor, head);
  fs.closeSync(descriptor);
  return head;
}

describe("media types", { skip: NOT_WINDOWS }, () => {
  it("are told by the bytes of a content", () => {
    const long = "\u00e4".repeat(2000);
    for (const [bytes, type] of [
      [png(), "image/png"],
      [gzipSync("x"), "application/gzip"],
      [Buffer.from("ffd8ffe000104a464946", "hex"), "image/jpeg"],
      [Buffer.from("%PDF-1.7\n"), "application/pdf"],
      [Buffer.from("PK\x03\x04rest"), "application/zip"],
      [Buffer.from("#!/bin/sh\n"), "text/x-shellscript"],
      [Buffer.from("MZ\x90"), "application/x-executable"],
      [Buffer.from("  <!DOCTYPE html><p>"), "text/html"],
      [Buffer.from("\ufeff<script>"), "text/html"],
      [Buffer.from("<!-- no end <script>"), "text/html"],
      [Buffer.from("<?xml version='1.0'?>\n<!-- by hand -->\n<svg xmlns=''>"), "image/svg+xml"],
      [Buffer.from("<svg/onload=run()>"), "image/svg+xml"],
      [Buffer.from("<?xml version='1.0'?><a/>"), "text/xml"],
      [Buffer.from('{"a":1}'), "text/plain"],
      [Buffer.from(""), "text/plain"],
      [Buffer.from(long), "text/plain"],
      [Buffer.from(long).subarray(0, 1445), "text/plain"],
      [Buffer.from("\0\x01\x02"), "application/octet-stream"],
      [Buffer.from([0xff, 0xfe, 0x41, 0]), "application/octet-stream"],
    ] as const) {
      assert.equal(mediaTypeOf(bytes), type, bytes.subarray(0, 40).toString());
    }
    if (process.platform !== "win32") assert.equal(mediaTypeOf(headOf(process.execPath)), "application/x-executable");
  });

  it("hold on the way in and on the way out, whatever the name says", async (t) => {
    const root = rootOf(t, { "fake.png": "#!/bin/sh\n" }, { mediaTypes: ["image/*"] });
    const reported = violations(t);
    fs.writeFileSync(join(root.path, "program.png"), headOf(process.execPath));
    for (const name of ["fake.png", "program.png"]) {
      await refused(reported, () => root.readFile(name, { format: "binary" }));
      await refused(reported, () => root.open(name));
      await refused(reported, () => root.createReadStream(name).toArray());
      await refused(reported, () => root.updateFile(name, () => png(), { ...FAST, format: "binary" }));
    }
    await root.writeFile("real.png", png(), FAST);
    assert.deepEqual(await root.readFile("real.png", { format: "binary" }), png());
    await refused(reported, () => root.writeFile("real.png", "<html>", FAST));
    await refused(reported, () => root.appendFile("text.png", "text", FAST));
    await refused(reported, () => finished(root.createWriteStream("stream.png", FAST).end("text")));
    await refused(reported, () => finished(root.createWriteStream("stream.png", FAST).end()));
    await finished(root.createWriteStream("stream.png", FAST).end(png()));
    assert.deepEqual(fs.readdirSync(root.path).filter((name) => !name.startsWith(".sealtrace")).sort(), ["fake.png", "program.png", "real.png", "stream.png"]); // prettier-ignore
  });

  it("are those of the whole, not of a piece", async (t) => {
    const root = rootOf(t, {}, { mediaTypes: ["text/plain"] });
    await finished(root.createWriteStream("text", FAST).end("\u00e4".repeat(200_000)));
    assert.equal((await root.createReadStream("text").toArray()).join("").length, 200_000);
    await refused(violations(t), () => root.appendFile("text2", "\0", FAST));
    await root.writeFile("short", "a", FAST);
    await refused(violations(t), () => root.appendFile("short", Buffer.from([0]), { ...FAST, format: "binary" }));
  });
});

describe("names", () => {
  it("that mean something else on Windows are refused when asked for", async (t) => {
    const root = rootOf(t, {}, { portableNames: true });
    const reported = violations(t);
    for (const name of [
      "NUL",
      "com1",
      "lpt\u00b9.txt",
      "a:b",
      "file.txt:stream",
      "trailing.",
      "space ",
      "a\\b",
      "dir/con/x",
      "x?",
    ]) {
      await refused(reported, () => root.writeFile(name, "", FAST), name);
      await refused(reported, () => root.createDirectory(name, { ...FAST, parents: true }), name);
    }
    await root.writeFile("console.txt", "", FAST);
  });

  it("of locks are nobody's", async (t) => {
    const root = rootOf(t, { "a/b": "" }, {});
    const reported = violations(t);
    await root.appendFile("a/log", "x", FAST);
    for (const name of [".sealtrace-locks", ".Sealtrace-Locks", "\u200b.sealtrace-locks"]) {
      await refused(reported, () => root.list(`a/${name}`), name);
      await refused(reported, () => root.remove(`a/${name}`, { ...FAST, recursive: true }), name);
    }
    assert.deepEqual(root.listSync("a").map(({ name }) => name).sort(), ["b", "log"]); // prettier-ignore
  });
});

describe("pipes", { skip: NOT_WINDOWS }, () => {
  it("never block, and are not taken for files", async (t) => {
    const root = rootOf(t, {}, {});
    execFileSync("mkfifo", [join(root.path, "pipe")]);
    const reported = violations(t);
    for (const action of [
      () => root.readFile("pipe"),
      () => root.writeFile("pipe", "x", FAST),
      () => root.appendFile("pipe", "x", FAST),
      () => root.appendFile("pipe", text(1_000_000), FAST),
      () => root.updateFile("pipe", () => "x", FAST),
      () => root.createReadStream("pipe").toArray(),
      () => finished(root.createWriteStream("pipe", FAST).end("x")),
      () => root.copy("pipe", "copy", FAST),
      () => root.link("pipe", "second"),
    ]) {
      await fails("SEALTRACE_USAGE", reported, action);
    }
    fs.closeSync(root.openSync("pipe"));
    await fails("SEALTRACE_FILE_SYSTEM", reported, () => root.open("pipe", "w"));
    root.chmodSync("pipe", 0o600);
    root.removeSync("pipe", FAST);
  });
});
