/**
 * Programs that fail say the same with and without being traced: byte by byte, on stdout and stderr, with the same exit
 * code.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";

const fixtures = fileURLToPath(new URL("../fixtures/tracing/", import.meta.url));
const directory = `${fixtures}failing`;
/** Not programs, but parts of some. */
const parts = ["package.json", "lib.ts", "syntax-error.mjs"];
/** How the recorder may be preloaded. The main script takes different ways through Node with the two. */
const ways = ["--import", "--require"] as const;
/**
 * Exceptions that Node's own code or the engine throws in traced functions, outside of promises: where V8 saw them
 * thrown is lost when they are thrown on, and Node's line above the message is then the program's line instead of the
 * engine's.
 */
const otherLine = new Set(["engine-json.cjs", "assertion.cjs"]);

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(way: (typeof ways)[number], preload: "passing" | "tracing", program: string): Promise<Outcome> {
  const path = `${fixtures}${preload}.${way === "--import" ? "ts" : "cjs"}`;
  // What bears a source map is shown as what it was made of.
  const flags = program.includes("source-map") ? ["--enable-source-maps"] : [];
  const preloading = [way, way === "--import" ? pathToFileURL(path).href : path];
  const child = spawn(process.execPath, [...flags, ...preloading, program], { cwd: directory });
  const outcome = { code: null as number | null, stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (outcome.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (outcome.stderr += text));
  outcome.code = await new Promise((resolve) => child.on("close", resolve));
  return outcome;
}

const programs = readdirSync(directory).filter((name) => !parts.includes(name));

test("the table of failing programs is not empty", () => {
  assert.ok(programs.length >= 35);
});

for (const program of programs) {
  test(program, async () => {
    // An ES module takes the same way through Node with both.
    for (const way of /\.m[jt]s$/.test(program) ? [ways[0]] : ways) {
      const [plain, traced] = await Promise.all([run(way, "passing", program), run(way, "tracing", program)]);
      if (otherLine.has(program)) {
        assert.notEqual(traced.stderr, plain.stderr, "it is the same now: take it off the list");
        const fromMessage = ({ stderr }: Outcome): string => stderr.slice(stderr.search(/^\w*Error/m));
        assert.deepEqual({ ...traced, stderr: fromMessage(traced) }, { ...plain, stderr: fromMessage(plain) });
        continue;
      }
      assert.deepEqual(traced, plain);
    }
  });
}
