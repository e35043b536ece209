/** sealtrace as a library: programs that import it, each in a process of its own. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { openTrace, callTree } from "../../src/trace-utils/index.ts";
import { listStreams } from "../../src/store/index.ts";
import { reading, start, type Outcome, type Recording } from "../support/recording.ts";
import { newPlace } from "../support/stream.ts";
import { temporaryDirectory } from "../support/temporary.ts";

const door = (name: string): string => JSON.stringify(import.meta.resolve(`../../src/public/${name}.ts`));
const IMPORTS = `
  import { getLogger, setup, SealtraceError, traceFunction } from ${door("index")};
  import { currentCall, withSpan } from ${door("tracing")};
`;

type Library = Outcome & Pick<Recording, "place" | "lines" | "records" | "verify">;

async function library(code: string, files: Readonly<Record<string, string>> = {}): Promise<Library> {
  const place = newPlace();
  const directory = temporaryDirectory();
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  const program = join(directory, "shop.mjs");
  writeFileSync(program, IMPORTS + code);
  const environment = { SEALTRACE_CONFIG_DIR: place.keys, SEALTRACE_LOGGING_LOGS_DIRNAME: place.logs };
  return { ...(await start([program], { environment, directory })), ...reading(place) };
}

function own(recorded: Library): Readonly<Record<string, unknown>>[] {
  return recorded.records().filter((record) => !["sealtrace", "process"].includes(String(record["log.logger"])));
}

describe("without any set-up code", () => {
  it("loggers and traced functions record", async () => {
    const recorded = await library(`
      const compute = traceFunction((x, y) => x * y);
      console.log(compute(6, 7));
      getLogger("security").warning("Potential security risk detected.");
    `);
    assert.deepEqual([recorded.code, recorded.stdout, recorded.stderr], [0, "42\n", ""]);
    const [record] = own(recorded);
    assert.deepEqual(
      [record?.["log.logger"], record?.["log.level"], record?.message, record?.["service.name"]],
      ["security", "WARNING", "Potential security risk detected.", "shop"],
    );
    const tree = callTree(openTrace(recorded.place.logs));
    assert.deepEqual(
      tree.roots.map((node) => [node.function.name, node.arguments, node.result]),
      [["<anonymous>", '{"x":6,"y":7}', "42"]],
    );
    assert.deepEqual(
      recorded.verify().map((result) => result.problems),
      [[]],
    );
  });

  it("importing alone does nothing", async () => {
    const recorded = await library(`getLogger("never").isEnabled;`);
    assert.deepEqual([recorded.code, recorded.stderr], [0, ""]);
    assert.throws(() => listStreams(recorded.place.logs), { code: "SEALTRACE_NOT_A_STREAM" });
  });

  it("a wrong tracing.json is said at the first record, by its file and key", async () => {
    const recorded = await library(`getLogger("x").info("m");`, {
      "tracing.json": '{ "logging": { "levle": "INFO" } }',
    });
    assert.equal(recorded.code, 1);
    assert.match(recorded.stderr, /SEALTRACE_CONFIG_INVALID/);
    assert.match(recorded.stderr, /tracing\.json.*logging\.levle.*logging\.level/s);
  });

  it("tracing.json decides what is recorded", async () => {
    const recorded = await library(
      `getLogger("x").info("no"); getLogger("x").error("yes"); traceFunction(() => 1)();`,
      {
        "tracing.json": '{ "logging": { "level": "ERROR" }, "tracing": { "enable": false } }',
      },
    );
    assert.deepEqual(
      own(recorded).map((record) => record.message),
      ["yes"],
    );
    assert.equal(recorded.verify()[0]?.trace.chunks, 0);
  });
});

describe("setup", () => {
  it("opens the stream, flush seals, close ends", async () => {
    const recorded = await library(`
      const recorder = await setup({ service: "billing", configuration: { "logging.level": "INFO" } });
      const log = recorder.logger("invoices");
      log.debug("not this");
      log.info("sent", { invoice: 1 });
      const first = await recorder.flush();
      const last = await recorder.close();
      log.info("too late");
      console.log(JSON.stringify({ first, last, directory: recorder.directory }));
    `);
    assert.deepEqual([recorded.code, recorded.stderr], [0, ""]);
    const { first, last, directory } = JSON.parse(recorded.stdout) as Record<
      "first" | "last",
      { written: number; sealed: number; dropped: object }
    > & { directory: string };
    // The start of the process, and what was sent.
    assert.deepEqual([first.written, first.sealed], [2, 2]);
    assert.ok(last.sealed === last.written);
    assert.deepEqual(last.dropped, {});
    assert.equal(directory, listStreams(recorded.place.logs)[0]?.directory);
    assert.deepEqual(
      own(recorded).map((record) => [record.message, record["service.name"]]),
      [["sent", "billing"]],
    );
  });

  it("does not wait for timers that a test has put its own in the place of", async () => {
    const recorded = await library(`
      import { mock } from "node:test";
      const recorder = await setup();
      mock.timers.enable();
      getLogger("x").info("at noon");
      const { written, sealed } = await recorder.flush();
      console.log(written, sealed);
    `);
    // The test reporter of node:test writes after it.
    assert.match(recorded.stdout, /^2 2\n/);
    assert.deepEqual(
      own(recorded).map((record) => record.message),
      ["at noon"],
    );
  });

  it("refuses what it can't do, with a code", async () => {
    const recorded = await library(`
      const codes = [];
      const attempt = (options) => setup(options).catch((error) => codes.push(error instanceof SealtraceError && error.code));
      await attempt({ configuration: { "logging.level": "LOUD" } });
      await attempt({ configuration: { "logging.logs_dirname": ${JSON.stringify(join(fileURLToPath(import.meta.url), "logs"))} } });
      getLogger("x");
      await attempt({ service: "another" });
      console.log(codes.join());
      process.exit(0);
    `);
    assert.equal(recorded.stdout, "SEALTRACE_CONFIG_INVALID,SEALTRACE_WRITER_FAILED,SEALTRACE_USAGE\n");
  });
});

describe("the current call", () => {
  it("is known to the program and to its log records", async () => {
    const recorded = await library(`
      const log = getLogger("x");
      const outer = traceFunction(async function outer() {
        log.info("in outer");
        await null;
        return withSpan("step", () => {
          log.info("in step");
          return currentCall();
        });
      });
      const { name, spanId, traceId } = await outer();
      console.log(name, spanId.length, traceId.length, currentCall());
    `);
    assert.deepEqual([recorded.stdout, recorded.stderr], ["step 16 32 undefined\n", ""]);
    const tree = callTree(openTrace(recorded.place.logs));
    const [inOuter, inStep] = own(recorded);
    assert.equal(tree.calls.get(String(inOuter?.["span.id"]))?.function.name, "outer");
    assert.equal(tree.calls.get(String(inStep?.["span.id"]))?.function.name, "step");
    assert.deepEqual(
      tree.roots.map((node) => node.children.map((child) => child.function.name)),
      [["step"]],
    );
  });
});

describe("worker threads of a program that logs", () => {
  it("write into the stream of their process", async () => {
    const recorded = await library(`
      import { Worker, isMainThread, threadId } from "node:worker_threads";
      const log = getLogger("x");
      if (isMainThread) {
        log.info("main begins");
        const worker = new Worker(new URL(import.meta.url));
        await new Promise((resolve) => worker.on("exit", resolve));
        log.info("main ends");
      } else {
        for (let i = 0; i < 500; i += 1) log.info("in thread " + i);
      }
    `);
    assert.deepEqual([recorded.code, recorded.stderr], [0, ""]);
    const messages = own(recorded).map((record) => String(record.message));
    assert.deepEqual(
      messages.filter((message) => message.startsWith("in thread")),
      Array.from({ length: 500 }, (_, i) => `in thread ${i}`),
    );
    assert.deepEqual(
      messages.filter((message) => message.startsWith("main")),
      ["main begins", "main ends"],
    );
    assert.equal(listStreams(recorded.place.logs).length, 1);
    assert.deepEqual(
      recorded.verify().map((result) => result.problems),
      [[]],
    );
  });
});

describe("sealtrace/testing", () => {
  it("records in memory", async () => {
    const { memoryRecorder } = (await import(
      JSON.parse(door("testing")) as string
    )) as typeof import("../../src/public/testing.ts");
    const recorder = memoryRecorder();
    recorder.logger("x").warning("careful", { password: "hidden" });
    assert.deepEqual([recorder.records[0]?.message, recorder.records[0]?.password], ["careful", "[REDACTED]"]);
  });
});
