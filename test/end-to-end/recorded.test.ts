/** What is in the record of a program. */
import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { describe, it } from "node:test";
import { zstdDecompressSync } from "node:zlib";
import { isPortablePath } from "../../src/record/index.ts";
import { listStreams, readTraceChunks } from "../../src/store/index.ts";
import { reading, runRecorded, start, CLI, PROGRAMS, type Recording } from "../support/recording.ts";
import { newPlace } from "../support/stream.ts";
import { temporaryDirectory } from "../support/temporary.ts";

/** Waits for something that another process does, but not for ever: the test then says what is missing. */
async function until(isTrue: () => boolean): Promise<void> {
  for (let i = 0; i < 3_000 && !isTrue(); i += 1) await new Promise((resolve) => setTimeout(resolve, 20));
}

const actionOf = (record: Readonly<Record<string, unknown>>): unknown => record["event.action"];

describe("nothing is lost", { concurrency: 2 }, () => {
  for (const end of ["normally", "exit", "throw", "reject"]) {
    it(`when a program that has written 1,000 records ends: ${end}`, async () => {
      const recorded = await runRecorded("many-records.cjs", ["1000", end]);
      const records = recorded.records();
      const messages = records.filter((record) => record["log.logger"] === "console").map((record) => record.message);
      assert.deepEqual(
        messages,
        Array.from({ length: 1000 }, (_, i) => `record ${i}`),
      );
      const [verified] = recorded.verify();
      assert.deepEqual([verified?.problems, verified?.unsealed, verified?.late], [[], 0, []]);
      const started = records.findIndex((record) => actionOf(record) === "process-start");
      const ended = records.findIndex((record) => actionOf(record) === "process-end");
      assert.ok(started >= 0 && ended > started + 1000);
      const code = end === "normally" || end === "exit" ? 0 : 1;
      assert.equal(recorded.code, code);
      const uncaught = records.filter((record) => /uncaught|unhandled/.test(String(actionOf(record))));
      assert.equal(uncaught.length, code);
      if (code === 1) assert.equal(uncaught[0]?.["error.message"], "enough");
    });
  }

  it("of the calls either: each begins and ends", async () => {
    const recorded = await runRecorded("many-records.cjs", ["1000", "exit"]);
    const [stream] = listStreams(recorded.place.logs);
    let [entered, returned] = [0, 0];
    for (const chunk of readTraceChunks((stream as { directory: string }).directory)) {
      assert.ok(!("error" in chunk));
      for (let i = 0; i < chunk.count; i += 1) {
        if (chunk.kinds[i] === 0 || chunk.kinds[i] === 1) entered += 1;
        if (chunk.kinds[i] === 2) returned += 1;
      }
    }
    assert.deepEqual([entered, returned], [1000, 1000]);
  });
});

describe("a record", () => {
  it("of the console has its level, and the call it was written in", async () => {
    const records = (await runRecorded("plain.cjs")).records().filter((record) => record["log.logger"] === "console");
    const error = records.find((record) => record.message === "to standard error: 42");
    assert.equal(error?.["log.level"], "ERROR");
    const inside = (await runRecorded("many-records.cjs", ["1"]))
      .records()
      .find((record) => record.message === "record 0");
    assert.match(String(inside?.["span.id"]), /^[0-9a-f]{16}$/);
    assert.match(String(inside?.["trace.id"]), /^[0-9a-f]{32}$/);
  });

  it("of the start says where the project is, and functions are in files relative to that", async () => {
    const recorded = await runRecorded("story.mjs");
    const start = recorded.records().find((record) => actionOf(record) === "process-start");
    const files = new Set<string>();
    for (const { directory } of listStreams(recorded.place.logs)) {
      for (const chunk of readTraceChunks(directory)) {
        assert.ok(!("error" in chunk));
        for (const { file } of chunk.functions.values()) files.add(file);
      }
    }
    const paths = [...files].map((file) => resolve(String(start?.["sealtrace.root"]), file));
    assert.deepEqual(paths, [join(PROGRAMS, "story.mjs")]);
    assert.deepEqual([...files].map(isPortablePath), [true]);
  });

  it("of a second run continues the same tree", async () => {
    const place = newPlace();
    await runRecorded("plain.cjs", [], { place });
    const first = reading(place).verify();
    await runRecorded("plain.cjs", [], { place });
    const second = reading(place).verify();
    assert.deepEqual([first.length, second.length], [1, 1]);
    assert.ok((second[0]?.records ?? 0) > (first[0]?.records ?? 0));
    assert.deepEqual(second[0]?.problems, []);
  });

  it("of two programs at the same time is in two streams, and both verify", async () => {
    const place = newPlace();
    let second: Promise<Recording> | undefined;
    const first = await runRecorded("many-records.cjs", ["5", "wait"], {
      place,
      whenReady: (child) => {
        second = runRecorded("many-records.cjs", ["7", "wait"], {
          place,
          whenReady: (other) => {
            // A program can be ready before its writer is.
            void until(() => listStreams(place.logs).length === 2).then(() => {
              child.kill("SIGTERM");
              other.kill("SIGTERM");
            });
          },
        });
      },
    });
    assert.deepEqual([first.signal, (await second)?.signal], ["SIGTERM", "SIGTERM"]);
    const results = reading(place).verify();
    assert.deepEqual(
      results.map(({ problems, trust }) => [problems, trust]),
      [
        [[], "pinned"],
        [[], "pinned"],
      ],
    );
    const console = reading(place)
      .records()
      .filter((record) => record["log.logger"] === "console");
    assert.equal(console.length, 5 + 7);
  });

  it("of the start holds the arguments, but no secret among them", async () => {
    const args = ["--password", "s3cr3t-a", "--api-key=s3cr3t-b", "--color", "red"];
    const recorded = await runRecorded("plain.cjs", args);
    assert.match(recorded.stdout, /s3cr3t-a/);
    const started = recorded.records().find((record) => actionOf(record) === "process-start");
    assert.deepEqual((started?.["process.args"] as string[]).slice(2), [
      "--password",
      "[REDACTED]",
      "--api-key=[REDACTED]",
      "--color",
      "red",
    ]);
  });

  it("of a worker thread names the thread", async () => {
    const records = (await runRecorded("threads.mjs")).records();
    const inside = records.find((record) => record.message === "in the thread");
    assert.ok(Number(inside?.["process.thread.id"]) > 0);
  });

  it("and a call never hold a secret", async () => {
    const recorded = await runRecorded("secrets.mjs");
    assert.match(recorded.stdout, /s3cr3t-password/);
    const [stream] = listStreams(recorded.place.logs);
    for (const text of everythingStored((stream as { directory: string }).directory)) {
      assert.doesNotMatch(text, /s3cr3t|4242/);
    }
    assert.match(recorded.lines().join("\n"), /\[REDACTED\]/);
  });
});

/** Every file of a stream as text, compressed parts decompressed. */
function everythingStored(directory: string): string[] {
  return readdirSync(directory).flatMap((name) => {
    const path = join(directory, name);
    if (statSync(path).isDirectory()) return everythingStored(path);
    const bytes = readFileSync(path);
    const texts = [bytes.toString()];
    for (let at = bytes.indexOf("STRC"); at >= 0; at = bytes.indexOf("STRC", at + 4)) {
      const end = at + 16 + bytes.readUInt32LE(at + 8);
      texts.push(zstdDecompressSync(bytes.subarray(at + 16, end)).toString());
    }
    return texts;
  });
}

describe("configuration", () => {
  it("switches off logging, tracing, both", async () => {
    const without = async (...names: string[]): Promise<string> => {
      const environment = Object.fromEntries(names.map((name) => [`SEALTRACE_${name}_ENABLE`, "false"]));
      const recorded = await runRecorded("many-records.cjs", ["5"], { environment });
      const streams = names.length === 2 ? 0 : listStreams(recorded.place.logs).length;
      if (streams === 0) return "nothing";
      const [result] = recorded.verify();
      const logs = recorded.records().filter((record) => record["log.logger"] === "console").length;
      return `${logs} records, ${result?.trace.events} events`;
    };
    assert.equal(await without(), "5 records, 10 events");
    assert.equal(await without("LOGGING"), "0 records, 10 events");
    assert.equal(await without("TRACING"), "5 records, 0 events");
    assert.equal(await without("LOGGING", "TRACING"), "nothing");
  });

  it("chooses the files that are traced", async () => {
    const traced = async (...options: string[]): Promise<number | undefined> => {
      const recorded = await runRecorded("modules.mjs", [], { options });
      return recorded.records().find((record) => actionOf(record) === "process-end")?.[
        "sealtrace.instrumented.files"
      ] as number;
    };
    assert.equal(await traced(), 4);
    assert.equal(await traced("--include", "cycle-*.mjs"), 2);
    assert.equal(await traced("--exclude", "cycle-*.mjs"), 2);
    assert.equal(await traced("--no-tracing"), undefined);
  });
});

describe("the project whose files are traced", () => {
  const write = (directory: string, files: Readonly<Record<string, string>>): void => {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(directory, name)), { recursive: true });
      writeFileSync(join(directory, name), text);
    }
  };
  const files = {
    "package.json": '{ "type": "commonjs" }',
    "bin/main.js": 'require("../lib/own.js").own(); require("theirs").theirs();',
    "lib/own.js": "exports.own = function own() {};",
    "node_modules/theirs/index.js": "exports.theirs = function theirs() {};",
  };
  const tracedFunctions = (recorded: Recording): unknown =>
    recorded.records().find((record) => actionOf(record) === "process-end")?.["sealtrace.instrumented.functions"];

  it("is that of the program, wherever it is started from", async () => {
    const directory = temporaryDirectory();
    write(directory, files);
    assert.equal(tracedFunctions(await runRecorded(join(directory, "bin", "main.js"))), 1);
  });

  it("is that of the nearest tracing.json, which may include dependencies", async () => {
    const directory = temporaryDirectory();
    write(directory, { ...files, "tracing.json": '{ "tracing": { "exclude": [] } }' });
    const recorded = await runRecorded(join("bin", "main.js"), [], { directory });
    assert.equal(tracedFunctions(recorded), 2);
  });
});

describe("without sealtrace run", () => {
  it("--import sealtrace/register records the same", async () => {
    const place = newPlace();
    const register = import.meta.resolve("../../src/public/register.ts");
    const environment = { SEALTRACE_CONFIG_DIR: place.keys, SEALTRACE_LOGGING_LOGS_DIRNAME: place.logs };
    const { code } = await start(["--import", register, "many-records.cjs", "100"], { environment });
    assert.equal(code, 0);
    assert.equal(
      reading(place)
        .records()
        .filter((record) => record["log.logger"] === "console").length,
      100,
    );
    assert.deepEqual(
      reading(place)
        .verify()
        .map((result) => result.problems),
      [[]],
    );
  });

  it("works where no worker may be started", async () => {
    const place = newPlace();
    const register = import.meta.resolve("../../src/public/register.ts");
    const environment = {
      SEALTRACE_CONFIG_DIR: place.keys,
      SEALTRACE_LOGGING_LOGS_DIRNAME: place.logs,
      NODE_NO_WARNINGS: "1",
    };
    const permissions = ["--permission", "--allow-fs-read=*", "--allow-fs-write=*"];
    const { code, stderr } = await start([...permissions, "--import", register, "many-records.cjs", "100"], {
      environment,
    });
    assert.deepEqual([code, stderr], [0, ""]);
    assert.equal(
      reading(place)
        .records()
        .filter((record) => record["log.logger"] === "console").length,
      100,
    );
    assert.deepEqual(
      reading(place)
        .verify()
        .map((result) => result.problems),
      [[]],
    );
  });
});

describe("what can't be recorded", () => {
  it("a program that is missing: said in one line, exit code 2", async () => {
    const { code, stderr, stdout } = await runRecorded("no-such-program.js");
    assert.deepEqual([code, stdout], [2, ""]);
    assert.match(stderr, /^sealtrace: There is no program .*no-such-program\.js.*\n$/);
  });

  it("a directory without a program: said in one line, exit code 2", async () => {
    const directory = temporaryDirectory();
    const { code, stderr, stdout } = await runRecorded(directory);
    assert.deepEqual([code, stdout], [2, ""]);
    assert.equal(
      stderr,
      `sealtrace: ${directory} is a directory without a program to start in it. Give the program's file.\n`,
    );
  });

  it("a directory with one is started as Node starts it", async () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, "package.json"), '{ "main": "begin.js" }');
    writeFileSync(join(directory, "begin.js"), 'console.log("begun");');
    const recorded = await runRecorded(directory);
    assert.deepEqual([recorded.stdout, recorded.stderr, recorded.code], ["begun\n", "", 0]);
    assert.ok(recorded.records().some((record) => record.message === "begun"));
  });

  it("a logs directory that can't be one: said before the program starts, exit code 2", async () => {
    const place = newPlace();
    const { code, stderr, stdout } = await start([CLI, "run", "--logs-dirname", join(CLI, "logs"), "plain.cjs"], {
      environment: { SEALTRACE_CONFIG_DIR: place.keys },
    });
    assert.deepEqual([code, stdout], [2, ""]);
    assert.match(stderr, /^sealtrace: .*logs could not be written.*\n$/);
  });
});
