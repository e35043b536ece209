/** Every operation of a root on every kind of path (see `root-cases.ts`), in both forms, with both ways to hold a root. */
import assert from "node:assert/strict";
import fs from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { openRootByPaths, openRootSync } from "../../../src/file-utils/index.ts";
import { onAccessViolation, SealtraceError } from "../../../src/record/index.ts";
import { temporaryDirectory } from "../../support/temporary.ts";
import { makeTree, NOT_WINDOWS, seeTree } from "../../support/tree.ts";
import { ALL, OPERATIONS, type Form, type Operation } from "./root-calls.ts";
import { PATH_CASES, type PathCase } from "./root-cases.ts";

const ENGINES = [
  ["descriptors where the system can", openRootSync],
  ["paths", openRootByPaths],
] as const;
/** The root and what lies beside it. Returns the directory of both. */
function makeWorld({ tree, target }: PathCase, { on }: Operation): string {
  const base = fs.realpathSync(temporaryDirectory());
  const filled = Object.entries(tree).map(([name, what]) => [
    name,
    what !== null && typeof what === "object" ? { link: what.link.replace("BASE", base) } : what,
  ]);
  makeTree(base, { "outside/target": "outside", "outside/found": "outside", "root/source": "source" });
  makeTree(join(base, "root"), Object.fromEntries(filled) as PathCase["tree"]);
  if (target !== undefined && on === "file") makeTree(join(base, "root"), { [target]: "target" });
  if (target !== undefined && on === "directory") makeTree(join(base, "root"), { [`${target}/found`]: "here" });
  return base;
}

/** Without the files of locks, which are there also when nothing came of it. */
function seen(base: string): Record<string, string> {
  const entries = Object.entries(seeTree(base)).filter(([path]) => !path.includes(".sealtrace-locks"));
  // The time of a directory in which a lock's directory was made, or something had its name for a moment.
  return Object.fromEntries(
    entries.map(([path, what]) => [
      path,
      path.startsWith("/root") && what.startsWith("directory") ? "directory" : what,
    ]),
  );
}

type Expected = { readonly code: string } | { readonly at: string };

/** What should come of an operation on a path. */
function expected(
  { path, target, link, leaves, fails }: PathCase,
  { last, onlyLinks, makesParents }: Operation,
): Expected {
  // By POSIX the slash makes that the link is followed; systems differ in it, and here it is an error: who wants the directory can name it.
  if (last !== "followed" && path === "link/") return { code: "any" };
  if (makesParents === true && fails === "SEALTRACE_FILE_MISSING") return { at: path };
  if (link !== undefined && last === "itself") return { at: link };
  if (link !== undefined && last === "in the way") return { code: "any" };
  if (leaves === true) return { code: "SEALTRACE_ACCESS_DENIED" };
  if (fails !== undefined || target === undefined) return { code: fails ?? "any" };
  return onlyLinks === true ? { code: "any" } : { at: target };
}

/** What is open in this process, but for locks, which stay open for a second. Undefined where nobody can tell. */
function openFiles(): string[] | undefined {
  if (process.platform !== "linux") return undefined;
  const open = fs.readdirSync("/proc/self/fd").map((descriptor) => {
    try {
      return fs.readlinkSync(`/proc/self/fd/${descriptor}`);
    } catch {
      return "";
    }
  });
  return open.filter((path) => path !== "" && !path.includes(".sealtrace-locks")).sort();
}

async function tryOut(pathCase: PathCase, operation: Operation, open: typeof openRootSync, form: Form): Promise<void> {
  const base = makeWorld(pathCase, operation);
  const top = join(base, "root");
  const before = seen(base);
  const root = open(top, ALL);
  const violations: unknown[] = [];
  const stop = onAccessViolation((violation) => violations.push(violation));
  let result: unknown;
  let error: unknown;
  try {
    result = await operation.run(root, pathCase.path, form);
  } catch (thrown) {
    error = thrown;
  } finally {
    stop();
    root.closeSync();
  }
  const wanted = expected(pathCase, operation);
  if ("at" in wanted) {
    assert.ifError(error);
    operation.check(join(top, wanted.at), top, result);
    const outside = Object.entries(seen(base)).filter(([path]) => path.startsWith("/outside"));
    for (const [path, what] of outside) assert.equal(what, before[path]);
    assert.equal(violations.length, 0);
  } else {
    assert.ok(error instanceof SealtraceError, `it should have failed, and came to ${JSON.stringify(result)}`);
    if (wanted.code !== "any") assert.equal(error.code, wanted.code);
    assert.deepEqual(seen(base), before);
    assert.equal(violations.length, error.code === "SEALTRACE_ACCESS_DENIED" ? 1 : 0);
  }
}

for (const [engine, open] of ENGINES) {
  describe(`every operation of a root on every kind of path, held by ${engine}`, { skip: NOT_WINDOWS }, () => {
    for (const [name, operation] of Object.entries(OPERATIONS)) {
      it(name, async () => {
        const before = openFiles();
        for (const form of ["", "Sync"] as const) {
          for (const pathCase of PATH_CASES) {
            try {
              await tryOut(pathCase, operation, open, form);
            } catch (cause) {
              throw new Error(`${name}${form} ${JSON.stringify(pathCase.path)}: ${pathCase.title}`, { cause });
            }
          }
        }
        assert.deepEqual(openFiles(), before);
      });
    }
  });
}
