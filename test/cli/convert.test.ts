/** `sealtrace convert`, as somebody would type it. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { before, describe, it, mock } from "node:test";
import {
  deserializeFromPickle,
  PythonDecimal,
  PythonTuple,
  serializeToPickle,
} from "../../src/serialize-utils/index.ts";
import { convert } from "../../src/cli/convert.ts";
import { SealtraceError } from "../../src/record/index.ts";
import { CLI } from "../support/recording.ts";
import { temporaryDirectory } from "../support/temporary.ts";

const directory = temporaryDirectory();
const path = (name: string): string => join(directory, name);
const read = (name: string): string => readFileSync(path(name), "utf8");

/** Without a process of its own, which takes longer than the work. */
async function run(...args: string[]): Promise<{ status: number; stdout: string; stderr: string }> {
  const written = { stdout: "", stderr: "" };
  // What the test runner reports of itself, also by standard output, is bytes.
  const capture = (name: "stdout" | "stderr") => {
    const write = process[name].write.bind(process[name]);
    return mock.method(process[name], "write", (text: string | Uint8Array) => {
      if (typeof text !== "string") return write(text);
      written[name] += text;
      return true;
    });
  };
  const captures = [capture("stdout"), capture("stderr")];
  const line = args.map((arg) => (/\.(?:json|ndjson|yaml|cbor|msgpack|pbvalue|pkl|txt|gz|br|zst|age)$/.test(arg) ? path(arg) : arg)); // prettier-ignore
  try {
    return { status: await convert(line), ...written };
  } catch (error) {
    if (!(error instanceof SealtraceError)) throw error;
    return { status: 2, ...written, stderr: error.message };
  } finally {
    for (const { mock: captured } of captures) captured.restore();
  }
}

const orders = [
  { id: 1, placed: new Date("2026-01-31T12:00:00.000Z"), items: new Map([["978-0131103627", 2]]) },
  { id: 2, placed: new Date(0), price: new PythonDecimal("12.90"), size: PythonTuple.of(1, 2), big: 2n ** 70n },
];

before(() => {
  writeFileSync(path("orders.pkl"), serializeToPickle(orders));
});

describe("sealtrace convert", () => {
  it("goes through every format and loses nothing", async () => {
    const names = ["orders.pkl", "a.json", "b.yaml.gz", "c.cbor", "d.msgpack.zst", "e.pbvalue", "f.json.br", "g.pkl"];
    for (const [i, name] of names.slice(1).entries()) {
      assert.deepEqual(await run(names[i] as string, name), { status: 0, stdout: "", stderr: "" }, name);
    }
    assert.deepEqual(deserializeFromPickle(readFileSync(path("g.pkl"))), orders);
    assert.equal(read("a.json").startsWith('[\n  {\n    "id": 1,\n'), true);
  });

  it("goes through a pipe, by the names of formats", () => {
    const args = [CLI, "convert", "-", "-", "--from", "ndjson", "--to", "yaml"];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8", input: '{"a":1}\n[2]\n' });
    assert.deepEqual([status, stdout, stderr], [0, "- a: 1\n- - 2\n", ""]);
  });

  it("turns an array into lines, and lines into an array", async () => {
    writeFileSync(path("list.json"), '[{"a":1},{"a":2}]');
    assert.equal((await run("list.json", "list.ndjson")).status, 0);
    assert.equal(read("list.ndjson"), '{"a":1}\n{"a":2}\n');
    assert.equal((await run("list.ndjson", "again.json")).status, 0);
    assert.equal(read("again.json"), '[\n  {\n    "a": 1\n  },\n  {\n    "a": 2\n  }\n]\n');
  });

  it("converts values that follow each other one by one", async () => {
    const lines = Array.from({ length: 5_000 }, (_, i) => JSON.stringify({ i, text: "x".repeat(i % 90) }));
    writeFileSync(path("many.ndjson"), `${lines.join("\n")}\n`);
    for (const args of [
      ["many.ndjson", "many.msgpack.zst"],
      ["many.msgpack.zst", "many.cbor"],
      ["many.cbor", "back.ndjson"],
    ]) {
      // prettier-ignore
      assert.deepEqual(await run(...args), { status: 0, stdout: "", stderr: "" });
    }
    assert.equal(read("back.ndjson"), read("many.ndjson"));
  });

  it("keeps what is encrypted encrypted", async () => {
    spawnSync(process.execPath, [CLI, "keys", "new", "--age", "-o", "me.txt"], { cwd: directory });
    assert.deepEqual(await run("orders.pkl", "secret.json.zst.age", "-i", "me.txt"), {
      status: 0,
      stdout: "",
      stderr: "",
    });
    assert.match(read("secret.json.zst.age"), /^age-encryption\.org\/v1\n/);
    assert.deepEqual(await run("secret.json.zst.age", "again.pkl", "-i", "me.txt"), {
      status: 0,
      stdout: "",
      stderr: "",
    });
    assert.deepEqual(deserializeFromPickle(readFileSync(path("again.pkl"))), orders);
    assert.deepEqual((await run("secret.json.zst.age", "x.json")).status, 2);
    assert.deepEqual((await run("orders.pkl", "x.json.age")).status, 2);
  });

  it("with --plain tells all that the target can't hold, and writes nothing", async () => {
    const { status, stdout, stderr } = await run("--plain", "orders.pkl", "plain.json");
    assert.deepEqual([status, stdout], [1, ""]);
    for (const what of ["a Date", "a Map", "a PythonDecimal", "a PythonTuple", "a bigint"]) assert.ok(stderr.includes(`${what} becomes`), what); // prettier-ignore
    assert.match(stderr, /first at \[0\]\.placed/);
    assert.equal(existsSync(path("plain.json")), false);
  });

  it("with --lossy changes it, and tells what was lost", async () => {
    const { status, stderr } = await run("--lossy", "orders.pkl", "lossy.json");
    assert.equal(status, 0);
    assert.match(stderr, /^sealtrace: a Date becomes what it is made of, 2 times, first at \[0\]\.placed$/m);
    assert.deepEqual(JSON.parse(read("lossy.json")), [
      { id: 1, placed: "2026-01-31T12:00:00.000Z", items: { "978-0131103627": 2 } },
      { id: 2, placed: "1970-01-01T00:00:00.000Z", price: "12.90", size: [1, 2], big: String(2n ** 70n) },
    ]);
  });

  it("with --json says so for programs", async () => {
    const { status, stdout } = await run("--json", "--lossy", "orders.pkl", "told.json");
    const { losses, bytes, ...rest } = JSON.parse(stdout) as { losses: { what: string }[]; bytes: number };
    assert.deepEqual([status, rest], [0, { file: path("told.json"), ok: true, from: "pickle", to: "json" }]);
    assert.equal(bytes, readFileSync(path("told.json")).length);
    assert.equal(losses[0]?.what, "a Date becomes what it is made of");
  });

  const wrong: readonly [why: string, args: readonly string[], status: number, says: RegExp][] = [
    ["one name", ["orders.pkl"], 2, /Give IN and OUT/],
    ["a name without a format", ["orders.pkl", "orders"], 2, /--to/],
    ["an unknown format", ["orders.pkl", "x", "--to", "xml"], 2, /--to takes one of/],
    ["a missing file", ["missing.json", "x.yaml"], 2, /missing\.json/],
    ["what is no pickle", ["a.json", "x.yaml", "--from", "pickle"], 1, /pickle/i],
    ["one value where lines are wanted", ["one.json", "x.ndjson"], 2, /array/],
  ];
  for (const [why, args, status, says] of wrong) {
    it(`refuses ${why}, and leaves nothing behind`, async () => {
      writeFileSync(path("one.json"), "{}");
      const before = readdirSync(directory);
      const result = await run(...args);
      assert.deepEqual([result.status, result.stdout], [status, ""]);
      assert.match(result.stderr, says);
      // What was begun is removed right after the error is told; the command ends after both.
      while (!isDeepStrictEqual(readdirSync(directory), before)) await setTimeout(10);
    });
  }

  it("makes nothing of a pickle that would call something", async () => {
    writeFileSync(path("evil.pkl"), Buffer.from("cposix\nsystem\n(S'id'\ntR.", "latin1"));
    const { status, stderr } = await run("evil.pkl", "evil.json");
    assert.equal(status, 1);
    assert.match(stderr, /posix\.system/);
    assert.equal(existsSync(path("evil.json")), false);
  });
});
