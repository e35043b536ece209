import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { serializeToPickle } from "../../src/serialize-utils/index.ts";
import { CLI, start, type Outcome } from "../support/recording.ts";
import { temporaryDirectory } from "../support/temporary.ts";

const directory = temporaryDirectory();

function file(name: string, content: Uint8Array | string): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

function scan(...args: string[]): Promise<Outcome> {
  return start([CLI, "scan", ...args], { environment: {} });
}

const good = file("good.pkl", serializeToPickle([new Date(0)]));
const evil = file("evil.pkl", "cos\nsystem\n(S'id'\ntR.");

describe("sealtrace scan", () => {
  it("says safe, exit code 0", async () => {
    const { stdout, code } = await scan(good);
    assert.deepEqual([code, stdout], [0, `${good}: safe, 1 pickle, 3 names\n`]);
    assert.match((await scan("--all", good)).stdout, /safe {8}calls datetime\.datetime {2}\(byte \d+\)/);
  });

  it("says what is wrong and where, exit code 1", async () => {
    const { stdout, code } = await scan(good, evil);
    assert.equal(code, 1);
    assert.match(stdout, /good\.pkl: safe/);
    assert.match(stdout, /evil\.pkl: dangerous, 1 pickle, 1 name\n {2}dangerous {3}calls os\.system {2}\(byte 0\)\n/);
    const broken = await scan(file("broken.pkl", "cos\nsystem\n(S'id'\ntR\xff"));
    assert.equal(broken.code, 1);
    assert.match(broken.stdout, /dangerous {3}calls os\.system[^]*suspicious {2}It is no pickle/);
    assert.equal((await scan(file("text.txt", "no pickle"))).code, 1);
  });

  it("prints a line of JSON for each file", async () => {
    const { stdout, code } = await scan("--json", good, evil);
    assert.equal(code, 1);
    const [first, second] = stdout.trimEnd().split("\n").map((line) => JSON.parse(line) as { file: string; verdict: string; names: unknown[] }); // prettier-ignore
    assert.deepEqual([first?.file, first?.verdict, second?.verdict], [good, "safe", "dangerous"]);
    assert.deepEqual(second?.names, [
      { module: "os", name: "system", verdict: "dangerous", isCalled: true, at: 0, where: "" },
    ]);
  });

  it("never lets a name steer the terminal", async () => {
    for (const args of [[], ["--json"]]) {
      const { stdout } = await scan(...args, file("steer.pkl", "c\x1b[2J\nevil\u202e\n."));
      assert.doesNotMatch(stdout, /[\u0000-\u0009\u000b-\u001f\u202e]/);
      assert.match(stdout, /u001b/);
    }
  });

  it("tells wrong use and files that can't be read, exit code 2", async () => {
    for (const [args, message] of [
      [[], /Which file\?/],
      [["--depth", "1", good], /--depth/],
      [["--max-bytes", "x", good], /whole number/],
      [["--max-bytes", "3", good], /larger than 3 bytes/],
      [[join(directory, "missing")], /does not exist/],
    ] as const) {
      const { stderr, stdout, code } = await scan(...args);
      assert.deepEqual([code, stdout], [2, ""]);
      assert.match(stderr, message);
    }
    assert.match((await scan("--help")).stdout, /^Usage: sealtrace scan/);
  });
});
