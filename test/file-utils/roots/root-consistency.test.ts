/** What stays inside comes out as without a root: the same success or failure, and the same trees. After Go's tests of that name. */
import assert from "node:assert/strict";
import fs from "node:fs";
import { createServer } from "node:net";
import { once } from "node:events";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { openRootByPaths, openRootSync, type Root } from "../../../src/file-utils/index.ts";
import { SealtraceError } from "../../../src/record/index.ts";
import { temporaryDirectory } from "../../support/temporary.ts";
import { makeTree, NOT_WINDOWS, seeTree, type Tree } from "../../support/tree.ts";

const ALL = { allow: ["read", "write", "create", "delete", "list", "execute"] } as const;
const FAST = { durable: false } as const;

const CASES: readonly (readonly [path: string, tree: Tree])[] = [
  ["target", { target: "t" }],
  ["target/.", { "target/file": "f" }],
  ["target/", { "target/file": "f" }],
  ["target/.", { target: "t" }],
  ["target/", { target: "t" }],
  [".", { file: "f" }],
  ["./", { file: "f" }],
  ["file/target", { file: "f" }],
  ["dir/target", {}],
  ["target", {}],
  ["link/", { "target/file": "f", link: { link: "target" } }],
  ["link/.", { "target/file": "f", link: { link: "target" } }],
  ["link", { link: { link: "target" } }],
  ["link", { target: "t", link: { link: "target" } }],
  ["a/../target", { a: { link: "b/c" }, "b/c": null, "b/target": "t" }],
  ["link", { dir: null, link: { link: "dir/" } }],
  ["link", { file: "f", link: { link: "file/" } }],
  ["a".repeat(500), {}],
  ["?", {}],
  ["socket/b", {}],
];

interface Pair {
  readonly rooted: (root: Root, path: string) => unknown;
  readonly plain: (path: string) => unknown;
  /** Paths in which we differ, and why. */
  readonly but?: Readonly<Record<string, string>>;
}

const SLASH = "a slash after a link is an error where the link itself is meant";
const ITSELF = "the root is not removed or moved through itself";

const PAIRS: Readonly<Record<string, Pair>> = {
  read: { rooted: (root, path) => root.readFileSync(path), plain: (path) => fs.readFileSync(path, "utf8") },
  open: {
    rooted: (root, path) => {
      fs.closeSync(root.openSync(path, "w"));
    },
    plain: (path) => {
      fs.closeSync(fs.openSync(path, "w"));
    },
  },
  list: {
    rooted: (root, path) =>
      root
        .listSync(path)
        .map(({ name }) => name)
        .sort(),
    plain: (path) => fs.readdirSync(path).sort(),
  },
  stat: { rooted: (root, path) => root.statSync(path).mode, plain: (path) => fs.statSync(path).mode },
  lstat: {
    rooted: (root, path) => root.lstatSync(path).mode,
    plain: (path) => fs.lstatSync(path).mode,
    but: { "link/": SLASH, "link/.": SLASH },
  },
  readlink: {
    rooted: (root, path) => root.readlinkSync(path),
    plain: (path) => fs.readlinkSync(path),
  },
  chmod: {
    rooted: (root, path) => {
      root.chmodSync(path, 0o711);
    },
    plain: (path) => {
      fs.chmodSync(path, 0o711);
    },
  },
  mkdir: {
    rooted: (root, path) => {
      root.createDirectorySync(path, FAST);
    },
    plain: (path) => {
      fs.mkdirSync(path, 0o700);
    },
  },
  unlink: {
    rooted: (root, path) => {
      root.removeSync(path, FAST);
    },
    plain: (path) => {
      if (fs.lstatSync(path).isDirectory()) fs.rmdirSync(path);
      else fs.unlinkSync(path);
    },
    but: { ".": ITSELF, "./": ITSELF, "link/": SLASH, "link/.": SLASH },
  },
  "move from": {
    rooted: (root, path) => {
      assert.ok(root.moveSync(path, "other", FAST).renamed);
    },
    plain: (path) => {
      fs.renameSync(path, join(path.slice(0, path.indexOf("/root/") + 6), "other"));
    },
    but: { ".": ITSELF, "./": ITSELF, "target/.": "the system has no dot at the end here, and we look where it leads" },
  },
  symlink: {
    rooted: (root, path) => {
      root.symlinkSync("anything", path);
    },
    plain: (path) => {
      fs.symlinkSync("anything", path);
    },
  },
};

for (const [engine, open] of [
  ["descriptors where the system can", openRootSync],
  ["paths", openRootByPaths],
] as const) {
  describe(`a root, held by ${engine}, does as the system does`, { skip: NOT_WINDOWS }, () => {
    for (const [name, { rooted, plain, but = {} }] of Object.entries(PAIRS)) {
      it(name, async (t) => {
        for (const [path, tree] of CASES) {
          if (path in but) continue;
          const [one, two] = [join(temporaryDirectory(), "root"), join(temporaryDirectory(), "root")];
          for (const directory of [one, two]) {
            fs.mkdirSync(directory);
            makeTree(directory, tree);
          }
          if (path.startsWith("socket")) for (const top of [one, two]) await listen(t, join(top, "socket"));
          const root = open(one, ALL);
          const ours = outcome(() => rooted(root, path));
          root.closeSync();
          const theirs = outcome(() => plain(`${two}/${path}`));
          const about = `${name} ${path} of ${JSON.stringify(tree)}`;
          if (ours.error !== undefined) assert.ok(ours.error instanceof SealtraceError, about);
          assert.equal(
            ours.error === undefined,
            theirs.error === undefined,
            `${about}: ${String(ours.error ?? theirs.error)}`,
          );
          assert.deepEqual(ours.value, theirs.value, about);
          assert.deepEqual(withoutTimes(one), withoutTimes(two), about);
        }
      });
    }
  });
}

function outcome(action: () => unknown): { readonly value?: unknown; readonly error?: unknown } {
  try {
    return { value: action() };
  } catch (error) {
    return { error };
  }
}

async function listen(t: TestContext, path: string): Promise<void> {
  const server = createServer().listen(path);
  t.after(() => server.close());
  await once(server, "listening");
}

/** Nor with the modes that files have by default: ours are private. */
function withoutTimes(directory: string): Record<string, string> {
  const seen = Object.entries(seeTree(directory)).map(([path, what]): [string, string] => [
    path,
    what
      .replace(/^(\w+ [0-7]+) [\d.]+/, "$1")
      .replace(/^(link .*) [\d.]+$/, "$1")
      .replace(/^file (?:600|644)/, "file"),
  ]);
  return Object.fromEntries(seen);
}
