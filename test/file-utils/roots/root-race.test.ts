/**
 * Two processes swap, move and link directories and files under a root, without rest, while this one works through it. An escape is a byte read that stands
 * only outside, or any change outside. That an operation fails when it loses a race is fine.
 */
import assert from "node:assert/strict";
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import { join, resolve, sep } from "node:path";
import { after, describe, it, type TestContext } from "node:test";
import { finished } from "node:stream/promises";
import { setImmediate as turn } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { openRootByPaths, openRootSync, type Root } from "../../../src/file-utils/index.ts";
import { SealtraceError } from "../../../src/record/index.ts";
import { temporaryDirectory } from "../../support/temporary.ts";
import { LINUX_ONLY, makeTree, NOT_WINDOWS, seeTree } from "../../support/tree.ts";

const ALL = { allow: ["read", "write", "create", "delete", "list", "execute"] } as const;
const SECRET = "only outside";

/** In memory where that is possible: what waits for a disk is seldom in a race. */
function quickDirectory(): string {
  try {
    const directory = fs.mkdtempSync("/dev/shm/sealtrace-test-");
    after(() => {
      fs.rmSync(directory, { recursive: true, force: true });
    });
    return directory;
  } catch {
    return temporaryDirectory();
  }
}

/** A root, and beside it what is to stay as it is. */
function makeWorld(): string {
  return makeTree(quickDirectory(), {
    "outside/file": SECRET,
    "outside/secret-name": SECRET,
    "outside/b/file": SECRET,
    "outside/b/c/file": SECRET,
    "outside/b/c/secret-name": SECRET,
    "outside/b/er/secret-name": SECRET,
    "disguise/holder/held/file": SECRET,
    original: "inside",
    "root/file": "inside",
    "root/a/file": "inside",
    "root/a/b/file": "inside",
    "root/a/b/c/file": "inside",
    "root/disguised": { link: "../disguise/holder" },
    "root/tree/deep/er/file": "inside",
  });
}

async function underAttack(base: string, work: () => Promise<void>): Promise<void> {
  const script = fileURLToPath(new URL("../../fixtures/file-utils/root-attacker.ts", import.meta.url));
  const attackers: ChildProcess[] = ["swap", "shift"].map((part) => fork(script, [base, part], { execArgv: [] }));
  try {
    await Promise.all(attackers.map((attacker) => once(attacker, "message")));
    await work();
  } finally {
    const ends = attackers.map((attacker) => once(attacker, "exit"));
    for (const attacker of attackers) attacker.kill("SIGKILL");
    await Promise.all(ends);
  }
}

const FILES = ["file", "a/file", "a/b/file", "a/b/c/file", "a/../file", "a/b/../../a/b/file", "disguised/held/file"];
const DIRECTORIES = [".", "a", "a/b", "a/b/c", "tree", "tree/deep", "tree/deep/er"];

/** Whatever it makes known of what is outside, as one text. */
type Operation = (root: Root, n: number) => unknown;

const pick = (list: readonly string[], n: number): string => list[n % list.length] as string;
const FAST = { durable: false } as const;

/** The one form or the other of a method, in turn: blocking, or not. */
function twin(n: number): "" | "Sync" {
  return n % 2 === 0 ? "Sync" : "";
}

const OPERATIONS: Readonly<Record<string, Operation>> = {
  read: (root, n) => root[`readFile${twin(n)}`](pick(FILES, n)),
  write: (root, n): unknown => root[`writeFile${twin(n)}`](pick(FILES, n), "inside", FAST),
  make: (root, n): unknown => root[`writeFile${twin(n)}`](`${pick(DIRECTORIES, n)}/new`, "inside", FAST),
  removeFile: (root, n): unknown => root[`remove${twin(n)}`](`${pick(DIRECTORIES, n)}/new`, FAST),
  open: async (root, n) => {
    const descriptor = await root[`open${twin(n)}`](pick(FILES, n), n % 3 === 0 ? "a+" : "r");
    try {
      return fs.readFileSync(descriptor, "utf8");
    } finally {
      fs.closeSync(descriptor);
    }
  },
  list: async (root, n) => (await root[`list${twin(n)}`](pick(DIRECTORIES, n))).map(({ name }) => name),
  stat: async (root, n) => (await root[`stat${twin(n)}`](pick(FILES, n))).size === SECRET.length && SECRET,
  chmod: (root, n): unknown => root[`chmod${twin(n)}`](pick(FILES, n), n % 3 === 0 ? 0o600 : 0o640),
  utimes: (root, n): unknown => root[`utimes${twin(n)}`](pick(FILES, n), n, n),
  directory: (root, n): unknown => root[`createDirectory${twin(n)}`](`${pick(DIRECTORIES, n)}/directory`, FAST),
  removeDirectory: (root, n): unknown =>
    root[`remove${twin(n)}`](`${pick(DIRECTORIES, n)}/directory`, { ...FAST, recursive: true }),
  move: (root, n) => {
    const [from, to] = [`${pick(DIRECTORIES, n)}/moving`, `${pick(DIRECTORIES, n + 1)}/moved`];
    root.writeFileSync(from, "inside", FAST);
    return root[`move${twin(n)}`](from, to, { ...FAST, overwrite: true });
  },
  link: async (root, n) => {
    const to = `${pick(DIRECTORIES, n + 1)}/hard`;
    await (root[`link${twin(n)}`](pick(FILES, n), to) as unknown);
    root.removeSync(to, FAST);
  },
  symlink: async (root, n) => {
    const path = `${pick(DIRECTORIES, n)}/soft`;
    await (root[`symlink${twin(n)}`]("file", path) as unknown);
    root.removeSync(path, FAST);
  },
  copy: async (root, n) => {
    const to = `${pick(DIRECTORIES, n)}/copied`;
    await root[`copy${twin(n)}`](pick(FILES, n), to, { ...FAST, overwrite: true });
    return root.readFile(to);
  },
  nested: async (root, n) => {
    const inner = await root[`openRoot${twin(n)}`](pick(DIRECTORIES, n), ALL);
    try {
      return await inner.readFile("file");
    } finally {
      inner.closeSync();
    }
  },
  readStream: async (root, n) => (await root.createReadStream(pick(FILES, n)).toArray()).join(""),
  writeStream: async (root, n) => {
    await finished(root.createWriteStream(pick(FILES, n), FAST).end("inside"));
  },
  append: (root, n): unknown => root[`appendFile${twin(n)}`](`${pick(DIRECTORIES, n)}/appended`, ".", FAST),
  update: (root, n): unknown => root[`updateFile${twin(n)}`](`${pick(DIRECTORIES, n)}/updated`, () => "inside", FAST),
};

const TREES: Readonly<Record<string, Operation>> = {
  walk: (root) => [...root.walkSync(".")].map(({ name }) => name),
  walkLater: async (root) => {
    const names: string[] = [];
    for await (const { name } of root.walk("tree", { onUnreadable: () => undefined })) names.push(name);
    return names;
  },
  copyTree: (root, n) => {
    root.copySync(n % 2 === 0 ? "tree" : "a", `copy${n % 3}`, { ...FAST, links: "skip", overwrite: true });
    return readAll(root, `copy${n % 3}`);
  },
  removeCopy: (root, n) => {
    root.removeSync(`copy${n % 3}`, { ...FAST, recursive: true });
  },
  removeTree: (root) => {
    root.removeSync("tree/deep", { ...FAST, recursive: true });
  },
  makeTree: (root) => {
    root.createDirectorySync("tree/deep/er/even/deeper", { ...FAST, parents: true });
    root.writeFileSync("tree/deep/er/even/deeper/file", "inside", FAST);
  },
};

function readAll(root: Root, directory: string): string {
  const files = [...root.walkSync(directory)].filter(({ kind }) => kind === "file");
  return files.map(({ name, path }) => name + String(root.readFileSync(`${directory}/${path}`))).join();
}

/** These wait until nobody has written to a file for a moment, and would have the others wait. */
const PATIENT: ReadonlySet<string> = new Set(["read", "readStream", "copy", "nested", "update"]);

interface Outcome {
  readonly succeeded: Map<string, number>;
  readonly read: string[];
}

async function workFor(
  milliseconds: number,
  root: Root,
  operations: Readonly<Record<string, Operation>>,
): Promise<Outcome> {
  const outcome: Outcome = { succeeded: new Map(), read: [] };
  const until = performance.now() + milliseconds;
  for (let n = 0; performance.now() < until || n < 50; n += 1) {
    // All at once, so that one waits in the middle while another goes on.
    await Promise.all(
      Object.entries(operations).map(async ([name, operation]) => {
        if (PATIENT.has(name) && n % 9 !== 0) return;
        try {
          const seen = JSON.stringify([await operation(root, n)]);
          outcome.succeeded.set(name, (outcome.succeeded.get(name) ?? 0) + 1);
          if (/only outside|secret-name/.test(seen)) outcome.read.push(name);
        } catch (error) {
          if (!(error instanceof SealtraceError)) throw error;
          if (error.message.includes(SECRET)) outcome.read.push(name);
        }
      }),
    );
    await turn();
  }
  return outcome;
}

function told(t: TestContext, { succeeded }: Outcome): void {
  t.diagnostic(`succeeded under attack: ${[...succeeded].map(([name, times]) => `${name} ${times}`).join(", ")}`);
}

const TEN_SECONDS = 10_000;

describe("a root under attack", { skip: LINUX_ONLY }, () => {
  it("lets nothing escape in ten seconds", async (t) => {
    const base = makeWorld();
    const before = seeTree(join(base, "outside"));
    const root = openRootSync(join(base, "root"), ALL);
    await underAttack(base, async () => {
      const outcome = await workFor(TEN_SECONDS, root, OPERATIONS);
      told(t, outcome);
      assert.deepEqual(outcome.read, []);
      for (const name of ["read", "write", "make", "removeFile"]) assert.ok(outcome.succeeded.get(name), name);
    });
    root.closeSync();
    assert.deepEqual(seeTree(join(base, "outside")), before);
  });

  it("walks, copies and removes trees inside only", async (t) => {
    const base = makeWorld();
    const before = seeTree(join(base, "outside"));
    const root = openRootSync(join(base, "root"), ALL);
    await underAttack(base, async () => {
      const outcome = await workFor(3_000, root, TREES);
      told(t, outcome);
      assert.deepEqual(outcome.read, []);
      assert.ok(outcome.succeeded.get("walk"));
    });
    root.closeSync();
    assert.deepEqual(seeTree(join(base, "outside")), before);
  });
});

/** What most programs do: resolve the path, see that it begins with the root's and leads there without links, then use it. */
function naivePath(root: string, path: string): string {
  const full = resolve(root, path);
  if (!full.startsWith(root + sep)) throw new Error("outside");
  if (!fs.realpathSync(full).startsWith(root + sep)) throw new Error("outside");
  if (!fs.lstatSync(full).isFile()) throw new Error("no file");
  return full;
}

/** What many others do: go by the text of the path alone. */
function lexicalPath(root: string, path: string): string {
  const full = resolve(root, path);
  if (!full.startsWith(root + sep)) throw new Error("outside");
  return full;
}

/** Mostly the file that is swapped most often. */
function naivePick(n: number): string {
  return n % 4 === 0 ? pick(FILES, n / 4) : "file";
}

/** How often a look before the use was in vain, in reading and in writing. */
async function naiveEscapes(
  base: string,
  check: (root: string, path: string) => string,
  enough: number,
  atLeast: number,
): Promise<{ read: number; written: number }> {
  const escapes = { read: 0, written: 0 };
  const root = join(base, "root");
  const targets = [join(base, "outside/file"), join(base, "outside/b/file"), join(base, "outside/b/c/file")];
  const [least, most] = [performance.now() + atLeast, performance.now() + 60_000];
  for (
    let n = 0;
    performance.now() < least || (performance.now() < most && escapes.read + escapes.written < enough);
    n += 1
  ) {
    try {
      if (fs.readFileSync(check(root, naivePick(n)), "utf8") === SECRET) escapes.read += 1;
    } catch {
      // Lost the race.
    }
    try {
      fs.writeFileSync(check(root, naivePick(n)), "inside");
    } catch {
      // Lost the race.
    }
    for (const target of targets) {
      if (fs.readFileSync(target, "utf8") === SECRET) continue;
      escapes.written += 1;
      fs.writeFileSync(target, SECRET);
    }
    if (n % 100 === 0) await turn();
  }
  return escapes;
}

describe("the same attack, without a root", { skip: NOT_WINDOWS }, () => {
  it("leads a program that looks before it uses a path outside", async (t) => {
    const base = fs.realpathSync(makeWorld());
    await underAttack(base, async () => {
      const { read, written } = await naiveEscapes(base, naivePath, 1, 2_000);
      t.diagnostic(`escapes in two seconds of looking first: ${read} read, ${written} written`);
      assert.ok(read + written > 0);
    });
  });

  it("leads one that goes by the text of the path outside, thousands of times", async (t) => {
    const base = fs.realpathSync(makeWorld());
    await underAttack(base, async () => {
      const { read, written } = await naiveEscapes(base, lexicalPath, 2_000, 1_000);
      t.diagnostic(`escapes by the text of the path: ${read} read, ${written} written`);
      assert.ok(read + written >= 2_000);
    });
  });

  it("is told of where directories can't be held: there a root has a race, too", async (t) => {
    const base = makeWorld();
    const root = openRootByPaths(join(base, "root"), ALL);
    const { append, update, ...operations } = OPERATIONS;
    assert.ok(append && update);
    await underAttack(base, async () => {
      const outcome = await workFor(1_000, root, operations);
      t.diagnostic(`escapes by paths in a second: ${outcome.read.length} of ${sum(outcome)} operations`);
      assert.ok(outcome.succeeded.get("read"));
    });
    root.closeSync();
  });
});

function sum({ succeeded }: Outcome): number {
  return [...succeeded.values()].reduce((all, times) => all + times, 0);
}
