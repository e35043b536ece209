/** Roots in roots, roots that are closed, and roots whose directory goes elsewhere. */
import assert from "node:assert/strict";
import fs from "node:fs";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { describe, it } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { openRoot, openRootByPaths, openRootSync } from "../../../src/file-utils/index.ts";
import { fails, refused, violations } from "../../support/root-refusals.ts";
import { temporaryDirectory } from "../../support/temporary.ts";
import { LINUX_ONLY, makeTree, NOT_WINDOWS } from "../../support/tree.ts";

const ALL = { allow: ["read", "write", "create", "delete", "list", "execute"] } as const;
const FAST = { durable: false } as const;
const ENGINES = [
  ["descriptors where the system can", openRootSync],
  ["paths", openRootByPaths],
] as const;

for (const [engine, open] of ENGINES) {
  describe(`a root in a root, held by ${engine}`, { skip: NOT_WINDOWS }, () => {
    it("allows no more than the one around it, and has no way out", async (t) => {
      const reported = violations(t);
      const directory = makeTree(temporaryDirectory(), {
        "a/b/f": "f",
        "a/up": { link: "../top" },
        top: "t",
        way: { link: "a/b" },
      });
      const outer = open(directory, { allow: ["read", "list"] });
      const inner = await outer.openRoot("a", ALL);
      assert.equal(inner.path, `${directory}/a`);
      assert.equal(await inner.readFile("b/f"), "f");
      await refused(reported, () => inner.writeFile("b/f", "x"));
      await refused(reported, () => inner.readFile("up"));
      await refused(reported, () => inner.readFile("../top"));
      assert.equal(await outer.readFile("a/up"), "t");
      const least = await (await outer.openRoot("way", { allow: ["read"] })).openRoot(".", ALL).catch(() => undefined);
      assert.equal(least, undefined);
      for (const root of [inner, outer]) root.closeSync();
    });

    it("keeps the globs of the one around it, under every name", async (t) => {
      const reported = violations(t);
      const directory = makeTree(temporaryDirectory(), {
        "a/secret": "s",
        "a/b/secret": "s",
        "a/open": "o",
        l: { link: "a" },
      });
      const outer = open(directory, { ...ALL, exclude: ["a/**/secret"] });
      for (const name of ["a", "l", "a/b/.."]) {
        const inner = outer.openRootSync(name, ALL);
        await refused(reported, () => inner.readFile("secret"), name);
        await refused(reported, () => inner.move("b", "c", FAST), name);
        assert.deepEqual(inner.listSync().map((entry) => entry.name).sort(), ["b", "open"]); // prettier-ignore
        const innermost = inner.openRootSync("b", ALL);
        await refused(reported, () => innermost.readFile("secret"), name);
        innermost.closeSync();
        inner.closeSync();
      }
      outer.closeSync();
    });

    it("is charged to both, also when the outer one is closed", async (t) => {
      const reported = violations(t);
      const directory = makeTree(temporaryDirectory(), { "a/f": "x".repeat(50), g: "x".repeat(30) });
      const outer = open(directory, { ...ALL, maxTotalBytes: 100 });
      const inner = outer.openRootSync("a", { ...ALL, maxTotalBytes: 60 });
      await refused(reported, () => inner.writeFile("new", "x".repeat(11), FAST));
      await outer.writeFile("h", "x".repeat(15), FAST);
      await refused(reported, () => inner.writeFile("new", "x".repeat(6), FAST));
      outer.closeSync();
      await fails("SEALTRACE_USAGE", reported, () => outer.readFile("g"));
      await refused(reported, () => inner.writeFile("new", "x".repeat(6), FAST));
      await inner.writeFile("new", "x".repeat(5), FAST);
      assert.equal((await inner.readFile("f", { format: "text" })).length, 50);
      inner.closeSync();
    });
  });

  describe(`a root that goes elsewhere, held by ${engine}`, { skip: NOT_WINDOWS }, () => {
    it("is not taken for what has its name now", async (t) => {
      const reported = violations(t);
      const base = makeTree(temporaryDirectory(), {
        "root/f": "f",
        "root/d/f": "f",
        "outside/f": "o",
        "outside/d/f": "o",
      });
      const root = open(join(base, "root"), ALL);
      fs.renameSync(join(base, "root"), join(base, "moved"));
      fs.symlinkSync("outside", join(base, "root"));
      for (const path of ["f", "d/f"]) {
        // Held by a descriptor it stays the same directory; by its path it is lost.
        if (open === openRootSync && process.platform === "linux") assert.equal(await root.readFile(path), "f");
        else await refused(reported, () => root.readFile(path), path);
      }
      root.closeSync();
    });

    it("may have any name", async () => {
      const base = makeTree(temporaryDirectory(), { "$&-$$-$`/a/b/f": "f" });
      const root = open(join(base, "$&-$$-$`"), ALL);
      assert.equal(await root.readFile("a/b/f"), "f");
      root.closeSync();
    });
  });
}

describe("a root that is closed", { skip: NOT_WINDOWS }, () => {
  it("ends what it has begun in its own directory", async () => {
    const base = makeTree(temporaryDirectory(), { "one/f": "1", "two/f": "2" });
    for (let i = 0; i < 50; i += 1) {
      const one = openRootSync(join(base, "one"), ALL);
      const left = one.createWriteStream("stream", FAST);
      left.end("one");
      await turn();
      const work = [one.writeFile("f", `one ${i}`, FAST), one.readFile("f"), one.createDirectory(`d${i}`, FAST)];
      one.closeSync();
      // Would get the number of the descriptor that the other had.
      const two = openRootSync(join(base, "two"), ALL);
      await Promise.all(work);
      await finished(left);
      two.closeSync();
    }
    assert.deepEqual(fs.readdirSync(join(base, "two")), ["f"]);
    assert.equal(fs.readFileSync(join(base, "two/f"), "utf8"), "2");
    assert.ok(fs.existsSync(join(base, "one/d49")));
  });

  it("leaves no descriptor", { skip: LINUX_ONLY }, async () => {
    const directory = makeTree(temporaryDirectory(), { "a/f": "f" });
    const outer = await openRoot(directory, { ...ALL, maxTotalBytes: 10 });
    const inner = await outer.openRoot("a", ALL);
    await outer.close();
    await outer.close();
    await inner.close();
    const open = fs.readdirSync("/proc/self/fd").flatMap((descriptor) => {
      const path = `/proc/self/fd/${descriptor}`;
      return fs.existsSync(path) ? [fs.readlinkSync(path)] : [];
    });
    assert.deepEqual(
      open.filter((path) => path.startsWith(fs.realpathSync(directory))),
      [],
    );
  });
});

describe("who may only create", { skip: NOT_WINDOWS }, () => {
  it("never overwrites, also when two do it at the same time", async () => {
    const root = openRootSync(temporaryDirectory(), { allow: ["create"] });
    for (let i = 0; i < 20; i += 1) {
      const written = ["one", "two", "three"].map((value) => root.writeFile(`f${i}`, value, FAST).then(() => value));
      const results = await Promise.allSettled(written);
      const first = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
      assert.equal(first.length, 1);
      assert.equal(fs.readFileSync(join(root.path, `f${i}`), "utf8"), first[0]);
    }
    root.closeSync();
  });
});

describe("paths that are longer than the system's", { skip: LINUX_ONLY }, () => {
  it("are gone in steps", async () => {
    const top = temporaryDirectory();
    const root = openRootSync(top, ALL);
    const deep = Array.from({ length: 30 }, (_, i) => String(i).padStart(200, "d")).join("/");
    await root.createDirectory(deep, { ...FAST, parents: true });
    await root.writeFile(`${deep}/f`, "deep", FAST);
    assert.equal(await root.readFile(`${deep}/f`), "deep");
    await root.remove(deep.slice(0, 200), { ...FAST, recursive: true });
    root.closeSync();
  });
});
