import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, beforeEach, test } from "node:test";
import { initialFile, KEYS } from "../../src/config/index.ts";

const base = realpathSync(mkdtempSync(join(tmpdir(), "sealtrace-config-command-")));
after(() => {
  rmSync(base, { recursive: true, force: true });
});

let directory: string;
let file: string;
let counter = 0;
beforeEach(() => {
  directory = join(base, String((counter += 1)));
  file = join(directory, "tracing.json");
  mkdirSync(directory);
});

/** As the command line does: prints an error, ends with 2. */
const PROGRAM = `
  const { config } = await import(${JSON.stringify(new URL("../../src/cli/config.ts", import.meta.url).href)});
  const fail = (error) => { console.error(error.code + ": " + error.message); return 2; };
  process.exitCode = await config(process.argv.slice(1)).catch(fail);
`;

function run(
  args: readonly string[],
  environment: Record<string, string> = {},
): { code: number | null; out: string; err: string } {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith("SEALTRACE_"));
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--no-warnings", "--input-type=module", "-e", PROGRAM, "--", ...args],
    {
      cwd: directory,
      env: { ...Object.fromEntries(own), ...environment },
      encoding: "utf8",
    },
  );
  return { code: status, out: stdout, err: stderr };
}

test("init writes every default once and never overwrites", () => {
  assert.deepEqual(run(["init"]), { code: 0, out: `Wrote ${file}\n`, err: "" });
  assert.equal(readFileSync(file, "utf8"), initialFile("./node_modules/sealtrace/schemas/tracing.schema.json"));
  assert.deepEqual(run(["check"]), { code: 0, out: `${file} is right.\n`, err: "" });
  writeFileSync(file, "mine");
  const again = run(["init"]);
  assert.equal(again.code, 2);
  assert.match(again.err, /^SEALTRACE_USAGE: .*exists already/);
  assert.equal(readFileSync(file, "utf8"), "mine");
});

test("init --json names the file, and the schema of an installation further up is found", () => {
  const schemas = join(directory, "node_modules", "sealtrace", "schemas");
  mkdirSync(schemas, { recursive: true });
  writeFileSync(join(schemas, "tracing.schema.json"), "{}");
  directory = join(directory, "packages", "app");
  mkdirSync(directory, { recursive: true });
  const { code, out } = run(["init", "--json"]);
  assert.equal(code, 0);
  const made = (JSON.parse(out) as { file: string }).file;
  assert.equal(made, join(directory, "tracing.json"));
  const { $schema } = JSON.parse(readFileSync(made, "utf8")) as { $schema: string };
  assert.equal($schema, "../../node_modules/sealtrace/schemas/tracing.schema.json");
  assert.ok(existsSync(join(directory, $schema)));
});

test("check says in one line what is wrong, in the file that is given or in what holds here", () => {
  assert.match(run(["check"]).out, /^There is no tracing\.json in .*: the defaults hold\.\n$/);
  assert.deepEqual(JSON.parse(run(["check", "--json"]).out), { file: null, valid: true });
  writeFileSync(join(directory, "other.json"), '{"logging":{"levle":1}}');
  const { code, out, err } = run(["check", "other.json"]);
  assert.equal(code, 2);
  assert.equal(out, "");
  const path = join(directory, "other.json");
  assert.equal(
    err,
    `SEALTRACE_CONFIG_INVALID: ${path}: unknown key logging.levle (line 1, column 13). Did you mean logging.level?\n`,
  );
  assert.equal(run(["check", "missing.json"]).code, 2);
  assert.equal(run(["check"], { SEALTRACE_LOGGING_LEVEL: "loud" }).code, 2);
});

test("show lists every key, its value and where it comes from, aligned and without what steers a terminal", () => {
  writeFileSync(file, '{"logging":{"logs_dirname":"a\u009b\\u001b[31m"}}');
  const { code, out } = run(["show"], { SEALTRACE_LOGGING_LEVEL: "info" });
  assert.equal(code, 0);
  assert.equal(
    out,
    [
      `file  ${file}`,
      `logs  ${join(directory, "a\\u009b\\u001b[31m")}`,
      "",
      "logging.enable         true                    default",
      `logging.logs_dirname   "a\\u009b\\u001b[31m"     ${file}:1:28`,
      'logging.level          "INFO"                  SEALTRACE_LOGGING_LEVEL',
      "tracing.enable         true                    default",
      "tracing.events.call    true                    default",
      "tracing.events.return  true                    default",
      'tracing.include        ["**"]                  default',
      'tracing.exclude        ["**/node_modules/**"]  default',
      "",
    ].join("\n"),
  );
});

test("show --json has the same, for programs", () => {
  writeFileSync(file, '{"logging":{"level":"ERROR"}}');
  const shown = JSON.parse(run(["show", "--json"]).out) as { keys: Record<string, unknown> };
  assert.deepEqual(
    Object.keys(shown.keys),
    KEYS.map((key) => key.name),
  );
  assert.deepEqual(shown.keys["logging.level"], { value: "ERROR", source: "file", where: `${file}:1:21` });
  const { keys, ...rest } = shown;
  assert.deepEqual(rest, { file, root: directory, logs_directory: join(directory, "logs") });
  assert.deepEqual(keys["tracing.include"], { value: ["**"], source: "default" });
});

test("wrong use ends with 2 and says where the help is; help ends with 0", () => {
  for (const args of [["set"], ["constructor"], ["--wrong"], ["show", "x"], ["init", "x"], ["check", "a", "b"]]) {
    const { code, err } = run(args);
    assert.equal(code, 2, args.join(" "));
    assert.match(err, /^SEALTRACE_USAGE: .* See: sealtrace config --help\n$/);
  }
  const help = run(["--help"]);
  assert.equal(help.code, 0);
  assert.match(help.out, /^Usage: sealtrace config/);
  const nothing = run([]);
  assert.equal(nothing.code, 2);
  assert.equal(nothing.err, help.out);
});
