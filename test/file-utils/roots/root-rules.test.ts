/** Every rule of a root's policy; what each action needs is in `root-policy.test.ts`. */
import assert from "node:assert/strict";
import fs from "node:fs";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { describe, it } from "node:test";
import { openRoot, openRootSync, type Root, type RootPolicy } from "../../../src/file-utils/index.ts";
import { fails, refused, violations } from "../../support/root-refusals.ts";
import { temporaryDirectory } from "../../support/temporary.ts";
import { makeTree, NOT_WINDOWS, type Tree } from "../../support/tree.ts";

const ALL = { allow: ["read", "write", "create", "delete", "list", "execute"] } as const;
const FAST = { durable: false } as const;

/** A root with something in it, closed when the test ends by who is told. */
function rootOf(t: { after(action: () => void): void }, tree: Tree, policy: Partial<RootPolicy>): Root {
  const root = openRootSync(makeTree(temporaryDirectory(), tree), { ...ALL, ...policy });
  t.after(() => {
    root.closeSync();
  });
  return root;
}

describe("a policy", () => {
  for (const [policy, about] of [
    [undefined, "none"],
    [{}, "no actions"],
    [{ allow: "read" }, "a text for actions"],
    [{ allow: ["fly"] }, "an unknown action"],
    [{ ...ALL, exlude: ["secret"] }, "an unknown rule"],
    [{ ...ALL, exclude: "secret" }, "a text for globs"],
    [{ ...ALL, exclude: [""] }, "an empty glob"],
    [{ ...ALL, exclude: ["../secret"] }, "a glob for what is outside"],
    [{ ...ALL, include: ["!secret"] }, "a glob that negates"],
    [{ ...ALL, exclude: ["[z-a]"] }, "a glob that means nothing"],
    [{ ...ALL, symbolicLinks: "Refuse" }, "links that are spelled wrongly"],
    [{ ...ALL, hardLinks: "deny" }, "hard links that are spelled wrongly"],
    [{ ...ALL, maxFileBytes: Number.NaN }, "no number of bytes"],
    [{ ...ALL, maxTotalBytes: -1 }, "a negative number of bytes"],
    [{ ...ALL, maxMode: "600" }, "a text for a mode"],
    [{ ...ALL, mediaTypes: ["png"] }, "half a media type"],
    [{ ...ALL, portableNames: "yes" }, "a text for a yes"],
  ] as const) {
    it(`with ${about} is refused, for it would protect nothing`, async (t) => {
      const reported = violations(t);
      const directory = temporaryDirectory();
      await fails("SEALTRACE_USAGE", reported, () => openRoot(directory, policy as unknown as RootPolicy));
    });
  }

  it("stays as it was given", async (t) => {
    const policy = { allow: ["read" as const], maxFileBytes: 1 };
    const root = openRootSync(makeTree(temporaryDirectory(), { file: "long" }), policy);
    policy.maxFileBytes = 100;
    await refused(violations(t), () => root.readFile("file"));
    root.closeSync();
  });
});

describe("a refusal", () => {
  it("says where, what and why", async (t) => {
    const root = rootOf(t, { secret: "" }, { exclude: ["secret"] });
    const reported = violations(t);
    assert.deepEqual(await refused(reported, () => root.remove("secret")), {
      root: root.path,
      path: "secret",
      action: "delete",
      reason: "the policy excludes it",
    });
    assert.deepEqual(await refused(reported, () => root.writeFile("../x", "")), {
      root: root.path,
      path: "../x",
      action: "write",
      reason: "the path leads out of the root",
    });
    await fails("SEALTRACE_FILE_MISSING", reported, () => root.readFile("missing"));
    await fails("SEALTRACE_FILE_MISSING", reported, () => root.writeFile("missing/file", ""));
    await fails("SEALTRACE_FILE_EXISTS", reported, () => root.createDirectory("secrets").then(() => root.createDirectory("secrets"))); // prettier-ignore
  });
});

describe("exclude and include", { skip: NOT_WINDOWS }, () => {
  it("hide what is excluded from everything", async (t) => {
    const reported = violations(t);
    const directory = { "secret/key": "k", "secret/deep/er": "d", "a/.env": "e", "b/file": "f", l: { link: "secret" }, e: { link: "a/.env" } }; // prettier-ignore
    for (const exclude of [
      ["secret", "**/.env"],
      ["/secret/", "**/.env"],
      ["./secret/**", "a/.env"],
    ]) {
      const root = rootOf(t, directory, { exclude });
      for (const path of ["secret/key", "secret/deep/er", "l/key", "e", "a/../secret/key", "a/.env"]) {
        await refused(reported, () => root.readFile(path));
        await refused(reported, () => root.writeFile(path, "x", FAST));
        await refused(reported, () => root.stat(path));
      }
      await refused(reported, () => root.list("secret"));
      await refused(reported, () => root.list("l"));
      await refused(reported, () => [...root.walkSync("secret")]);
      await refused(reported, () => root.openRoot("secret", ALL));
      await refused(reported, () => root.writeFile("secret/new", "x", FAST));
      await refused(reported, () => root.createDirectory("secret/new", FAST));
      await refused(reported, () => root.link("secret/key", "b/key"));
      await refused(reported, () => root.move("secret", "b/open", FAST));
      await refused(reported, () => root.copy("secret", "b/open", FAST));
      await refused(reported, () => root.copy("a", "b/a", FAST));
      await refused(reported, () => root.move("b", "secret", FAST));
      await refused(reported, () => root.remove("a", { ...FAST, recursive: true }));
      reported.length = 0;
      assert.deepEqual(root.listSync().map(({ name }) => name).sort(), ["a", "b", "e", "l"]); // prettier-ignore
      assert.deepEqual([...root.walkSync()].map(({ path }) => path).sort(), ["a", "b", "b/file", "e", "l"]); // prettier-ignore
      assert.deepEqual(reported, []);
      assert.deepEqual(fs.readdirSync(join(root.path, "b")), ["file"]);
    }
  });

  it("know a name however it is spelled", async (t) => {
    const root = rootOf(t, {}, { exclude: ["r\u00e9sum\u00e9.txt", "stra\u00dfe", "secret"] });
    const reported = violations(t);
    for (const name of [
      "re\u0301sume\u0301.TXT",
      "R\u00c9SUM\u00c9.txt",
      "STRASSE",
      "\uff53ecret",
      "SECRET",
      "\u017fecret",
      "sec\u200cret",
    ]) {
      await refused(reported, () => root.writeFile(name, "", FAST), name);
    }
    await root.writeFile("secrets", "", FAST);
  });

  it("let nothing be seen but what is included, and the way to it", async (t) => {
    const root = rootOf(t, { "docs/a/b.md": "b", "docs/c.txt": "c", "other/d.md": "d" }, { include: ["docs/**/*.md"] });
    const reported = violations(t);
    assert.deepEqual([...root.walkSync()].map(({ path }) => path).sort(), ["docs", "docs/a", "docs/a/b.md"]); // prettier-ignore
    assert.equal(await root.readFile("docs/a/b.md"), "b");
    for (const path of ["docs/c.txt", "other/d.md", "docs", "docs/a"]) await refused(reported, () => root.readFile(path)); // prettier-ignore
    await refused(reported, () => root.list("other"));
    await refused(reported, () => root.move("docs", "elsewhere", FAST));
  });

  it("hold for what reading and writing has beside a file", async (t) => {
    const root = rootOf(t, { f: "f", "f.1": "hidden", "f.sha256": "" }, { exclude: ["f.1", "*.sha256"] });
    const reported = violations(t);
    await refused(reported, () => root.readFile("f", { generation: 1 }));
    await refused(reported, () => root.readFile("f", { checksum: true }));
    await refused(reported, () => root.writeFile("f", "x", { ...FAST, generations: 2 }));
    await refused(reported, () => root.updateFile("f", () => "x", { ...FAST, checksum: true }));
    assert.equal(fs.readFileSync(join(root.path, "f"), "utf8"), "f");
  });
});

describe("links", { skip: NOT_WINDOWS }, () => {
  it("are refused when the policy says so", async (t) => {
    const tree = { file: "f", "dir/file": "f", link: { link: "file" }, way: { link: "dir" } };
    const root = rootOf(t, tree, { symbolicLinks: "refuse" });
    const reported = violations(t);
    await refused(reported, () => root.readFile("link"));
    await refused(reported, () => root.readFile("way/file"));
    await refused(reported, () => root.writeFile("link", "x", FAST));
    await refused(reported, () => root.symlink("file", "new"));
    await refused(reported, () => root.createReadStream("link").toArray());
    assert.equal(await root.readlink("link"), "file");
    await root.remove("link", FAST);
    const copied = rootOf(t, { "tree/link": { link: "file" } }, { symbolicLinks: "refuse" });
    await refused(reported, () => copied.copy("tree", "copy", FAST));
    assert.deepEqual(fs.readdirSync(copied.path), ["tree"]);
  });

  it("are not made when they would lead out", async (t) => {
    const root = rootOf(t, { "a/b/file": "" }, {});
    const reported = violations(t);
    for (const target of ["../../x", "../../..", "/etc", "b/../../../x"]) {
      await refused(reported, () => root.symlink(target, "a/link"), target);
    }
    for (const target of ["..", "../x", "b/../file"]) {
      await root.symlink(target, "a/link");
      await root.remove("a/link", FAST);
    }
  });

  it("that are hard may be refused", async (t) => {
    const root = rootOf(t, { file: "f" }, { hardLinks: "refuse" });
    const reported = violations(t);
    await refused(reported, () => root.link("file", "second"));
    fs.linkSync(join(root.path, "file"), join(root.path, "second"));
    for (const action of [
      () => root.readFile("file"),
      () => root.writeFile("second", "x", FAST),
      () => root.appendFile("file", "x", FAST),
      () => root.updateFile("file", () => "x", FAST),
      () => root.createReadStream("file").toArray(),
      () => finished(root.createWriteStream("file", FAST).end("x")),
      () => root.open("file", "r+"),
      () => root.open("file", "w"),
      () => root.chmod("file", 0o600),
      () => root.copy("file", "third", FAST),
    ]) {
      await refused(reported, action);
    }
    assert.equal(fs.readFileSync(join(root.path, "file"), "utf8"), "f");
  });
});

describe("owner and mode", { skip: NOT_WINDOWS }, () => {
  it("of a key that others may touch are refused", async (t) => {
    const root = rootOf(t, { key: "k" }, { maxMode: 0o600 });
    const reported = violations(t);
    for (const mode of [0o666, 0o644, 0o602, 0o4600]) {
      fs.chmodSync(join(root.path, "key"), mode);
      await refused(reported, () => root.readFile("key"));
      await refused(reported, () => root.writeFile("key", "x", FAST));
      await refused(reported, () => root.open("key"));
      await refused(reported, () => root.chmod("key", 0o600));
    }
    fs.chmodSync(join(root.path, "key"), 0o600);
    assert.equal(await root.readFile("key"), "k");
    await refused(reported, () => root.chmod("key", 0o644));
    await refused(reported, () => root.writeFile("new", "x", { ...FAST, mode: 0o644 }));
    const others = rootOf(t, { key: "k" }, { owner: (process.getuid?.() ?? 0) + 1 });
    await refused(reported, () => others.readFile("key"));
    await refused(reported, () => others.utimes("key", 1, 1));
  });

  it("of what is made are private, whatever the umask", (t) => {
    const root = rootOf(t, {}, {});
    const before = process.umask(0);
    t.after(() => process.umask(before));
    root.writeFileSync("written", "");
    root.appendFileSync("appended", "");
    root.createDirectorySync("directory");
    fs.closeSync(root.openSync("opened", "w"));
    const mode = (name: string): number => fs.statSync(join(root.path, name)).mode & 0o777;
    assert.deepEqual(["written", "appended", "directory", "opened"].map(mode), [0o600, 0o600, 0o700, 0o600]);
  });
});
