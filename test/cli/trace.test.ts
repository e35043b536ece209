import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { listStreams } from "../../src/store/index.ts";
import type { Hotspots } from "../../src/trace-utils/index.ts";
import { CLI, runRecorded, start, type Outcome, type Recording } from "../support/recording.ts";
import { newPlace, writeSampleStream } from "../support/stream.ts";

let story: Recording;

before(async () => {
  story = await runRecorded("story.mjs");
  assert.equal(story.code, 0, story.stderr);
});

function sealtrace(...args: string[]): Promise<Outcome> {
  return start([CLI, ...args], { environment: { SEALTRACE_CONFIG_DIR: story.place.keys } });
}

const lines = (text: string): string[] => text.split("\n").filter((line) => line !== "");

/** A call as `trace tree --json` shows it. */
interface CallShape {
  readonly name: string;
  /** Nanoseconds. */
  readonly duration: number;
  readonly children: readonly CallShape[];
}

const everyCall = (call: CallShape): CallShape[] => [call, ...call.children.flatMap(everyCall)];

/** The calls that took so many nanoseconds, and their callers. */
function longCalls(call: CallShape, shortest: number): CallShape | undefined {
  const children = call.children.map((child) => longCalls(child, shortest)).filter((child) => child !== undefined);
  return call.duration >= shortest || children.length > 0 ? { ...call, children } : undefined;
}

const namesOf = (calls: readonly CallShape[]): unknown[] =>
  calls.map(({ name, children }) => [name, namesOf(children)]);

describe("sealtrace trace", () => {
  it("tree shows calls with arguments, results, exceptions, times, and the records written in them, across await", async () => {
    const { stdout, code } = await sealtrace("trace", "tree", story.place.logs);
    assert.equal(code, 0);
    const shape = lines(stdout).map((line) => line.replace(/ [\d.]+ (?:ns|µs|ms|s)$/, " TIME"));
    assert.deepEqual(shape, [
      "evening() → 2 TIME",
      '├─ Kitchen.cook(dish: "soup", minutes: 20) → {"dish":"soup","hot":true} TIME',
      "│  ├─ INFO cooking soup",
      '│  └─ Kitchen.#serve(dish: "soup") TIME',
      "│     └─ WARNING serving soup",
      '├─ Kitchen.cook(dish: "fish", minutes: 10) threw RangeError: no fish today TIME',
      "│  ├─ INFO cooking fish",
      '│  └─ Kitchen.#serve(dish: "fish") threw RangeError: no fish today TIME',
      "└─ ERROR \\u001b[2Jescape \\u0007 sequences",
    ]);
  });

  it("tree shows what is asked for", async () => {
    const tree = async (...args: string[]): Promise<string[]> =>
      lines((await sealtrace("trace", "tree", story.place.logs, ...args)).stdout);
    assert.equal((await tree("--depth", "1")).length, 1);
    assert.equal((await tree("--errors")).filter((line) => line.includes("soup")).length, 0);
    assert.equal((await tree("--function", "serve")).filter((line) => line.includes("serve(")).length, 2);
    assert.match((await tree("--limit", "2")).at(-1) as string, /7 more lines/);
    const [root] = (await tree("--json")).map(
      (line) => JSON.parse(line) as { name: string; children: { error?: { type: string } }[] },
    );
    assert.deepEqual([root?.name, root?.children[1]?.error?.type], ["evening", "RangeError"]);
  });

  it("tree --min shows the calls that took so long, and their callers", async () => {
    // How long they took depends on the machine: the record says it.
    const shown = async (...args: string[]): Promise<CallShape[]> =>
      lines((await sealtrace("trace", "tree", story.place.logs, "--json", ...args)).stdout).map(
        (line) => JSON.parse(line) as CallShape,
      );
    const all = await shown();
    const durations = all.flatMap(everyCall).map(({ duration }) => duration);
    assert.equal(durations.length, 5);
    for (const duration of [...durations, Math.max(...durations) + 1_000_000]) {
      const min = Math.ceil(duration / 1_000_000);
      const expected = all.map((root) => longCalls(root, min * 1_000_000)).filter((root) => root !== undefined);
      assert.deepEqual(namesOf(await shown("--min", String(min))), namesOf(expected), `--min ${min}`);
      const { stdout } = await sealtrace("trace", "tree", story.place.logs, "--min", String(min));
      if (expected.length === 0) assert.equal(stdout, "No recorded call is like that.\n");
      else assert.equal(stdout.match(/\(.*\) (?:→|threw|\d)/g)?.length, expected.flatMap(everyCall).length);
    }
  });

  it("tree shows calls however deeply they are nested", async () => {
    const deep = await runRecorded("deep.cjs");
    assert.deepEqual([deep.stdout, deep.stderr], ["4000\n", ""]);
    const tree = async (...args: string[]): Promise<string> => {
      const { stdout, stderr, code } = await sealtrace("trace", "tree", deep.place.logs, ...args);
      assert.deepEqual([stderr, code], ["", 0]);
      return stdout;
    };
    assert.equal(lines(await tree()).length, 4001);
    assert.equal((await tree("--json")).match(/"name":"down"/g)?.length, 4001);
    assert.equal(await tree("--errors"), "No recorded call is like that.\n");
  });

  it("shows what it can of records that somebody has tampered with", async () => {
    const place = newPlace();
    const recorded = await runRecorded("story.mjs", [], { place });
    const [stream] = listStreams(place.logs);
    const path = join(String(stream?.directory), "000000000000.ndjson");
    const text = recorded.lines().join("\n");
    const forgeries = [
      ['"message":"cooking soup"', '"message":{"nested":["\\u001b[2J"]}'],
      ['"message":"cooking fish"', '"message":"\u001b[2J'],
      ['"message":"serving soup",', ""],
      ['"log.level":"ERROR"', '"log.level":7,"span.id":{}'],
      ['{"@timestamp":"2', '{"@timestamp":["2"],"x":"2'],
    ] as const;
    writeFileSync(path, `${forgeries.reduce((all, [from, to]) => all.replace(from, to), text)}\n`);
    for (const args of [
      ["trace", "tree"],
      ["trace", "tree", "--json"],
      ["logs", "--pretty"],
    ]) {
      const { stdout, stderr, code } = await sealtrace(...args, place.logs);
      assert.deepEqual([stderr, code], ["", 0], args.join(" "));
      assert.match(stdout, args[0] === "trace" ? /evening/ : /process ended/);
      assert.ok(!stdout.includes("\u001b"));
    }
    assert.equal((await sealtrace("verify", place.logs)).code, 1);
  });

  it("top shows the slowest by self and by total time", async () => {
    const { stdout } = await sealtrace("trace", "top", story.place.logs, "--by", "total");
    const [head, ...rows] = lines(stdout);
    assert.match(head as string, /^ +self +total +calls +average +errors +function +at$/);
    assert.ok(rows.some((row) => / 2 .* 1 +Kitchen\.cook +story\.mjs:5$/.test(row)));
    for (const by of ["self", "total"] as const) {
      const json = JSON.parse(
        (await sealtrace("trace", "top", story.place.logs, "--json", "--by", by)).stdout,
      ) as Hotspots;
      assert.deepEqual([json.calls, json.errors], [5, 2]);
      const times = json.functions.map((hotspot) => hotspot[by]);
      assert.equal(times.length, 3);
      assert.deepEqual(
        times,
        times.toSorted((a, b) => b - a),
      );
      if (by === "self") continue;
      const names = json.functions.map((hotspot) => hotspot.function.name);
      assert.deepEqual(
        rows.map((row) => row.split(/ {2,}/).at(-2)),
        names,
      );
    }
  });

  it("says which chunk is damaged, shows the others, exit code 1", async () => {
    const place = newPlace();
    const stream = writeSampleStream(place);
    const path = join(stream, "trace", readdirSync(join(stream, "trace"))[0] as string);
    const bytes = readFileSync(path);
    bytes.writeUInt8((bytes.at(-1) as number) ^ 1, bytes.length - 1);
    writeFileSync(path, bytes);
    const { stderr, stdout, code } = await sealtrace("trace", "top", place.logs);
    assert.equal(code, 1);
    assert.match(stderr, /^sealtrace: .*strace.*is damaged/);
    assert.match(stdout, /outer/);
  });
});
