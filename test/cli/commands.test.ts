import assert from "node:assert/strict";
import { spawnSync, type SpawnSyncReturns } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { supportsNode, SUPPORTED_NODE } from "../../src/cli/node-version.ts";
import { listStreams } from "../../src/store/index.ts";
import { CLI, runRecorded, start, type Outcome, type Recording } from "../support/recording.ts";
import { newPlace, writeSampleStream } from "../support/stream.ts";
import { temporaryDirectory } from "../support/temporary.ts";

let story: Recording;

before(async () => {
  story = await runRecorded("story.mjs");
  assert.equal(story.code, 0, story.stderr);
});

function sealtrace(...args: string[]): Promise<Outcome> {
  return start([CLI, ...args], { environment: { SEALTRACE_CONFIG_DIR: story.place.keys } });
}

const lines = (text: string): string[] => text.split("\n").filter((line) => line !== "");

describe("sealtrace", () => {
  it("explains itself on one screen", async () => {
    const { stdout, code } = await sealtrace("--help");
    assert.equal(code, 0);
    assert.ok(lines(stdout).length <= 24);
    for (const line of lines(stdout)) assert.ok(line.length <= 80, line);
    for (const command of ["run", "logs", "trace tree", "trace top", "verify", "config"])
      assert.ok(stdout.includes(`  ${command} `), command);
  });

  for (const command of ["run", "logs", "trace", "verify", "config"]) {
    it(`${command} --help explains every option`, async () => {
      const { stdout, code } = await sealtrace(command, "--help");
      assert.equal(code, 0);
      assert.match(stdout, new RegExp(`^Usage: sealtrace ${command}`));
    });
  }

  it("tells its version", async () => {
    const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
      version: string;
    };
    assert.equal((await sealtrace("--version")).stdout, `${version}\n`);
  });

  it("says what is wrong with a command line in one line, exit code 2", async () => {
    for (const [args, message] of [
      [["verfy"], /Did you mean verify\?/],
      [["logs", "--levl", "INFO"], /--levl/],
      [["logs", "--level", "LOUD"], /DEBUG, INFO, WARNING, ERROR, CRITICAL/],
      [["logs", "--since", "yesterday"], /--since takes a time/],
      [["logs", "--last", "-1"], /--last|whole number/],
      [["trace", "forest"], /no command trace forest/],
      [["trace", "top", "--by", "colour"], /self, total/],
      [["verify", "a", "b"], /One directory/],
    ] as const) {
      const { stderr, code, stdout } = await sealtrace(...args);
      assert.deepEqual([code, stdout, lines(stderr).length], [2, "", 1], stderr);
      assert.match(stderr, /^sealtrace: /);
      assert.match(stderr, message);
    }
  });

  it("says so when there is nothing to read", async () => {
    for (const args of [["logs"], ["trace", "tree"], ["trace", "top"], ["verify"]]) {
      const { stderr, code } = await sealtrace(...args, temporaryDirectory());
      assert.equal(code, 2);
      assert.match(stderr, /holds no stream\. Give the logs directory/);
    }
  });

  it("runs on the versions of Node that package.json promises, and tells others what it needs", () => {
    const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
      engines: { node: string };
    };
    const floors = manifest.engines.node.split("||").map((range) => range.replace(/[^\d.]/g, ""));
    for (const floor of floors) {
      const [major, minor, patch] = floor.split(".").map(Number) as [number, number, number];
      assert.equal(supportsNode(floor), true, floor);
      assert.ok(SUPPORTED_NODE.includes(minor === 0 ? String(major) : floor));
      const below =
        patch > 0 ? `${major}.${minor}.${patch - 1}` : minor > 0 ? `${major}.${minor - 1}.99` : `${major - 1}.99.0`;
      assert.equal(supportsNode(below), false, below);
    }
    for (const [version, supported] of [
      ["12.0.0", false],
      ["20.20.2", false],
      ["23.11.0", false],
      ["25.9.0", false],
      ["27.0.0", true],
    ] as const) {
      assert.equal(supportsNode(version), supported, version);
    }
  });
});

describe(
  "an output",
  { skip: process.platform === "win32" && "Windows has neither these devices nor these pipes" },
  () => {
    const shell = (command: string): SpawnSyncReturns<string> =>
      spawnSync("sh", ["-c", command], {
        encoding: "utf8",
        env: { ...process.env, NODE: process.execPath, CLI, SEALTRACE_CONFIG_DIR: story.place.keys },
      });

    it(
      "that is full is said in one line, exit code 2",
      { skip: !existsSync("/dev/full") && "there is no /dev/full" },
      () => {
        for (const command of ["logs", "verify", "trace tree", "trace top"]) {
          const { status, stderr } = shell(`"$NODE" "$CLI" ${command} '${story.place.logs}' > /dev/full`);
          assert.equal(status, 2, stderr);
          assert.match(stderr, /^sealtrace: The output could not be written: .*ENOSPC.*\n$/);
        }
      },
    );

    it("whose reader has seen enough is no error, and does not make a failed check pass", () => {
      const place = newPlace();
      const stream = writeSampleStream(place);
      const code = (logs: string): string => shell(`{ "$NODE" "$CLI" verify '${logs}'; echo $? >&2; } | true`).stderr;
      assert.equal(code(story.place.logs), "0\n");
      const path = join(stream, "000000000000.ndjson");
      writeFileSync(path, readFileSync(path, "utf8").replace("message 3", "message X"));
      assert.equal(code(place.logs), "1\n");
    });
  },
);

describe("sealtrace logs", () => {
  const read = async (...args: string[]): Promise<Record<string, unknown>[]> => {
    const { stdout, stderr, code } = await sealtrace("logs", story.place.logs, ...args);
    assert.deepEqual([stderr, code], ["", 0]);
    return lines(stdout).map((line) => JSON.parse(line) as Record<string, unknown>);
  };

  it("gives the stored lines in a pipe", async () => {
    const { stdout } = await sealtrace("logs", story.place.logs, "--all");
    assert.deepEqual(lines(stdout), story.lines());
  });

  it("filters by level, logger, time, text, call and number", async () => {
    assert.deepEqual(
      (await read("--level", "warning")).map((record) => record.message),
      ["serving soup", "\u001b[2Jescape \u0007 sequences"],
    );
    assert.ok((await read("--logger", "console")).every((record) => record["log.logger"] === "console"));
    assert.equal((await read("--logger", "cons")).length, 0);
    assert.deepEqual(
      (await read("--grep", "COOKING s")).map((record) => record.message),
      ["cooking soup"],
    );
    assert.equal((await read("--since", "1h", "--logger", "console")).length, 5);
    assert.equal((await read("--until", "1h")).length, 0);
    assert.deepEqual(
      (await read("--last", "2")).map((record) => record["event.action"]),
      [undefined, "process-end"],
    );
    const [soup] = await read("--grep", "cooking soup");
    assert.deepEqual(
      (await read("--call", String(soup?.["span.id"]))).map((record) => record.message),
      ["cooking soup"],
    );
  });

  it("merges streams by time", async () => {
    const place = newPlace();
    await Promise.all([runRecorded("story.mjs", [], { place }), runRecorded("modules.mjs", [], { place })]);
    const { stdout } = await sealtrace("logs", place.logs);
    const times = lines(stdout).map((line) => (JSON.parse(line) as Record<string, string>)["@timestamp"] as string);
    assert.deepEqual(times, times.toSorted());
  });

  it("never lets a record steer the terminal", async () => {
    for (const args of [
      ["logs", story.place.logs, "--pretty"],
      ["trace", "tree", story.place.logs],
    ]) {
      const { stdout } = await sealtrace(...args);
      assert.match(stdout, /\\u001b\[2Jescape \\u0007 sequences/);

      assert.doesNotMatch(stdout, /[\u0000-\u0009\u000b-\u001f]/);
    }
  });
});

describe("sealtrace verify", () => {
  it("says what was verified, exit code 0", async () => {
    const { stdout, code } = await sealtrace("verify", story.place.logs);
    assert.equal(code, 0);
    assert.match(stdout, /^story-[0-9a-f]{8}: verified: \d+ records, checkpoint .{12}… over \d+ \(key pinned\)/);
    const [result] = JSON.parse((await sealtrace("verify", story.place.logs, "--json")).stdout) as {
      ok: boolean;
      trust: string;
    }[];
    assert.deepEqual([result?.ok, result?.trust], [true, "pinned"]);
  });

  it("says what is wrong and where, exit code 1", async () => {
    const place = newPlace();
    const stream = writeSampleStream(place);
    const path = join(stream, "000000000000.ndjson");
    writeFileSync(path, readFileSync(path, "utf8").replace("message 3", "message X"));
    const { stdout, code } = await sealtrace("verify", place.logs);
    assert.equal(code, 1);
    assert.match(stdout, /FAILED: 1 problem in 70 records/);
    assert.match(stdout, /record-changed, record 4, 000000000000\.ndjson: record 4 was changed/);
  });

  it("takes a key to trust, and says self-attested without one", async () => {
    const place = newPlace();
    const stream = writeSampleStream(place);
    assert.match((await sealtrace("verify", stream)).stdout, /self-attested: the key lies beside the log/);
    const key = join(temporaryDirectory(), "vkey");
    cpSync(join(stream, "origin.vkey"), key);
    assert.doesNotMatch((await sealtrace("verify", stream, "--key", key)).stdout, /self-attested/);
  });

  it("says that a newer sealtrace wrote it, exit code 2", async () => {
    const place = newPlace();
    writeFileSync(join(writeSampleStream(place), "format"), "sealtrace stream 2\n");
    for (const args of [["verify"], ["logs"], ["trace", "tree"]]) {
      const { stderr, code } = await sealtrace(...args, place.logs);
      assert.equal(code, 2);
      assert.match(stderr, /newer sealtrace .*Update sealtrace/);
    }
  });
});

describe("sealtrace run", () => {
  it("--summary says what was recorded, short, on standard error", async () => {
    const place = newPlace();
    const { stderr, stdout } = await runRecorded("story.mjs", [], { place, options: ["--summary"] });
    assert.equal(stdout, story.stdout);
    const summary = stderr.slice(stderr.indexOf("\nrecorded"));
    assert.ok(lines(summary).length <= 40);
    assert.match(summary, /recorded {2}5 calls of 3 functions, 7 log records, [\d.]+ kB/);
    assert.match(summary, /3 functions in 1 file instrumented/);
    assert.match(summary, /errors +Kitchen\.#serve threw RangeError: no fish today/);
    assert.match(summary, /seal +verified: \d+ records, checkpoint /);
    assert.equal(summary.match(/npx sealtrace /g)?.length, 3);
    assert.equal(listStreams(place.logs).length, 1);
  });

  it("--summary says what could not be traced", async () => {
    const { stderr } = await runRecorded("untraceable.mjs", [], { options: ["--summary"] });
    assert.match(stderr, /3 functions in 1 file instrumented, 1 function and 1 file could not be/);
  });

  it("keeps the signing key out of the logs", async () => {
    const place = newPlace();
    mkdirSync(place.logs);
    const { code, stderr } = await start([CLI, "run", "--logs-dirname", place.logs, "story.mjs"], {
      environment: { SEALTRACE_CONFIG_DIR: join(place.logs, "keys") },
    });
    assert.equal(code, 2);
    assert.match(stderr, /whoever gets the logs would get the key/);
  });

  it("keeps it out when the program itself starts the recording, too", async () => {
    const place = newPlace();
    const register = import.meta.resolve("../../src/public/register.ts");
    const { code, stdout, stderr } = await start(["--import", register, "story.mjs"], {
      environment: {
        SEALTRACE_CONFIG_DIR: join(place.logs, "keys"),
        SEALTRACE_LOGGING_LOGS_DIRNAME: place.logs,
      },
    });
    assert.deepEqual([code, stdout], [1, ""]);
    assert.match(stderr, /whoever gets the logs would get the key/);
    assert.equal(existsSync(place.logs), false);
  });
});
