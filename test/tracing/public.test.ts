/** `sealtrace/tracing` in programs of its own, down to the files. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { temporaryDirectory } from "../support/temporary.ts";

const fixtures = fileURLToPath(new URL("../fixtures/tracing/public/", import.meta.url));

interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  /** Calls that the record of the process's end tells of. */
  readonly calls: unknown;
}

function run(program: string, configuration = "{}"): Outcome {
  const directory = temporaryDirectory();
  const logs = join(directory, "logs");
  writeFileSync(join(directory, "tracing.json"), configuration);
  const env = {
    ...process.env,
    XDG_CONFIG_HOME: directory,
    APPDATA: directory,
    HOME: directory,
    SEALTRACE_TRACING_INCLUDE: JSON.stringify([`${fixtures.replaceAll("\\", "/")}library.mjs`]),
  };
  const { stdout, stderr } = spawnSync(process.execPath, [join(fixtures, program)], {
    cwd: directory,
    env,
    encoding: "utf8",
  });
  const lines = readdirSync(directory).includes("logs")
    ? readdirSync(logs).flatMap((stream) => readFileSync(join(logs, stream, "000000000000.ndjson"), "utf8").split("\n"))
    : [];
  const end = lines.find((line) => line.includes('"process-end"')) ?? "{}";
  return { stdout, stderr, calls: (JSON.parse(end) as Record<string, unknown>)["sealtrace.instrumented.calls"] };
}

test("the first traced call starts the recording", () => {
  assert.deepEqual(run("lazy.ts"), { stdout: "3 span undefined\n", stderr: "", calls: 2 });
});

test("a wrong configuration does not keep a traced function from working, and is told once", () => {
  const { stdout, stderr } = run("lazy.ts", '{"tracing":{"enable":5}}');
  assert.equal(stdout, "3 undefined undefined\n");
  assert.match(stderr, /^sealtrace: calls are not recorded\. .*\n$/);
});

test("switched off, nothing is recorded", () => {
  assert.deepEqual(run("lazy.ts", '{"tracing":{"enable":false},"logging":{"enable":false}}'), {
    stdout: "3 undefined undefined\n",
    stderr: "",
    calls: undefined,
  });
});

test("startTracing traces what is loaded from then on; stopTracing and startTracing pause and go on", () => {
  assert.deepEqual(run("start-and-stop.ts"), { stdout: "3\n", stderr: "", calls: 2 });
});

test("startTracing after the first record is too late, and says so", () => {
  assert.deepEqual(run("too-late.ts"), { stdout: "SEALTRACE_USAGE\n", stderr: "", calls: 1 });
});
