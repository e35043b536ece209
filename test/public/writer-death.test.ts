/** Writer threads that really die, under programs that use sealtrace. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { EVENT } from "../../src/record/index.ts";
import { listStreams, readTraceChunks } from "../../src/store/index.ts";
import { callTree, openTrace } from "../../src/trace-utils/index.ts";
import { reading, start, type Outcome, type Recording } from "../support/recording.ts";
import { newPlace, type Place } from "../support/stream.ts";
import { temporaryDirectory } from "../support/temporary.ts";

const url = (path: string): string => JSON.stringify(import.meta.resolve(path));
const PRELUDE = `
  import { writers, fate } from ${url("../fixtures/public/mortal-writer.mjs")};
  const { getLogger, setup, traceFunction } = await import(${url("../../src/public/index.ts")});
  const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
`;

interface Report {
  readonly written: number;
  readonly sealed: number;
  readonly dropped: Readonly<Record<string, number>>;
}

async function run(
  code: string,
): Promise<Outcome & Pick<Recording, "place" | "lines" | "records" | "verify"> & { report: Report }> {
  const place = newPlace();
  const directory = temporaryDirectory();
  const program = join(directory, "shop.mjs");
  writeFileSync(program, PRELUDE + code);
  const environment = { SEALTRACE_CONFIG_DIR: place.keys, SEALTRACE_LOGGING_LOGS_DIRNAME: place.logs };
  const outcome = await start([program], { environment, directory });
  assert.equal(outcome.code, 0, outcome.stderr);
  return { ...outcome, ...reading(place), report: JSON.parse(outcome.stdout) as Report };
}

const messages = (records: readonly Readonly<Record<string, unknown>>[], logger: string): unknown[] =>
  records.filter((record) => record["log.logger"] === logger).map((record) => record.message);

/** Sums up a field of all control records of this action. */
function sum(records: readonly Readonly<Record<string, unknown>>[], action: string, field: string): number {
  return records
    .filter((record) => record["event.action"] === action)
    .reduce((total, record) => total + Number(record[field] ?? 0), 0);
}

describe("a writer thread that dies", () => {
  it("is started again, and its successor knows the functions and the thread that were announced before", async () => {
    const recorded = await run(`
      const recorder = await setup();
      const log = getLogger("shop");
      const compute = traceFunction(function compute(x) { log.info("computing " + x); return x * 2; });
      compute(1);
      await recorder.flush();
      await writers[0].terminate();
      compute(2);
      await recorder.flush();
      await writers[1].terminate();
      compute(3);
      console.log(JSON.stringify(await recorder.close()), writers.length === 3 ? "" : writers.length);
    `);
    assert.equal(recorded.stderr, "");
    const { roots } = callTree(openTrace(recorded.place.logs));
    assert.deepEqual(
      roots.map((node) => [node.function.name, node.arguments, node.result]),
      [1, 2, 3].map((x) => ["compute", `{"x":${x}}`, String(x * 2)]),
    );
    const records = recorded.records();
    const logged = records.filter((record) => record["log.logger"] === "shop");
    assert.deepEqual(
      logged.map((record) => [record.message, record["span.id"]]),
      roots.map((node, i) => [`computing ${i + 1}`, node.id]),
    );
    assert.deepEqual(
      recorded.verify().map(({ problems, unsealed }) => [problems, unsealed]),
      [[[], 0]],
    );
    // All but the record of the stream's start, whichever of the three has written it.
    const { written, sealed, dropped } = recorded.report;
    assert.deepEqual([written, sealed, dropped], [records.length - 1, records.length - 1, {}]);
  });

  it("loses no log record and repeats none, and what call events it takes with it are counted and sealed", async () => {
    const recorded = await run(`
      const recorder = await setup();
      const log = getLogger("shop");
      const sell = traceFunction(function sell(i) { log.info("sold " + i); });
      let going = true;
      const killing = (async () => {
        for (let i = 0; i < 3; i += 1) {
          await pause(20 + Math.random() * 200);
          const writer = writers.at(-1);
          await writer.terminate();
          while (writers.at(-1) === writer) await pause(1);
        }
        going = false;
      })();
      let i = 0;
      while (going) {
        for (let k = 0; k < 50; k += 1) sell(i++);
        await pause(1);
      }
      await killing;
      const report = await recorder.close();
      console.log(JSON.stringify({ ...report, count: i }));
    `);
    const { count, written, sealed, dropped } = recorded.report as Report & { count: number };
    const records = recorded.records();
    assert.deepEqual(
      messages(records, "shop"),
      Array.from({ length: count }, (_, i) => `sold ${i}`),
    );
    assert.deepEqual([written, sealed], [records.length - 1, records.length - 1]);
    const lost = dropped.writer_died ?? 0;
    assert.deepEqual(Object.keys(dropped), lost > 0 ? ["writer_died"] : []);
    assert.equal(sum(records, "records-dropped", "sealtrace.dropped.writer_died"), lost);
    // Events that were stored in the very moment of a death may be counted, too.
    const stored = storedEvents(recorded.place, "sell");
    assert.ok(stored + lost >= count * 2, `${stored} stored and ${lost} lost of ${count * 2}`);
    assert.ok(stored <= count * 2, `${stored} stored of ${count * 2}`);
    assert.match(
      recorded.stderr,
      lost > 0 ? new RegExp(`^sealtrace: .* Not recorded: ${lost} writer_died\\.\n$`) : /^$/,
    );
    for (const { problems, unsealed } of recorded.verify()) assert.deepEqual([problems, unsealed], [[], 0]);
    assert.equal(listStreams(recorded.place.logs).length, 1);
  });

  it("is started again for the other threads of the program, too", async () => {
    const recorded = await run(`
      import { isMainThread, parentPort, Worker } from "node:worker_threads";
      if (isMainThread) {
        const recorder = await setup();
        const thread = new Worker(new URL(import.meta.url));
        const said = () => new Promise((resolve) => thread.once("message", resolve));
        await said();
        await recorder.flush();
        await writers[0].terminate();
        thread.postMessage("go on");
        await new Promise((resolve) => thread.once("exit", resolve));
        console.log(JSON.stringify(await recorder.close()));
      } else {
        const log = getLogger("thread");
        const step = traceFunction(function step(n) { log.info("step " + n); });
        step(1);
        // Until the writer has taken it; a turn of the loop hands it over.
        await pause(300);
        parentPort.once("message", () => step(2));
        parentPort.postMessage("ready");
      }
    `);
    assert.deepEqual(messages(recorded.records(), "thread"), ["step 1", "step 2"]);
    const names = [...callTree(openTrace(recorded.place.logs)).calls.values()].map((node) => node.function.name);
    assert.deepEqual(names, ["step", "step"]);
    assert.deepEqual(recorded.report.dropped, {});
  });

  it("while the program waits for its end: what is left is counted and said", async () => {
    const recorded = await run(`
      await setup();
      const sell = traceFunction(function sell(i) { getLogger("shop").info("sold " + i); });
      process.on("exit", () => {
        writers[0].terminate();
        // Until it is dead: nothing else can tell.
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
        for (let i = 0; i < 100; i += 1) sell(i);
      });
      console.log(JSON.stringify({ written: 0, sealed: 0, dropped: {} }));
    `);
    // A hundred records, two hundred events, and that the process ended.
    assert.match(
      recorded.stderr,
      /^sealtrace: .* The writer did not finish in time\. Not recorded: 301 unfinished\.\n$/,
    );
    assert.deepEqual(messages(recorded.records(), "shop"), []);
  });

  for (const [how, fate] of [
    ["at every start", `fate.started = (writer) => writer.once("online", () => writer.terminate());`],
    [
      "for want of memory",
      `fate.options = { resourceLimits: { maxOldGenerationSizeMb: 3, maxYoungGenerationSizeMb: 1 } };`,
    ],
  ] as const) {
    it(`too often (${how}): the program goes on, and all that is not recorded is counted and said`, async () => {
      const recorded = await run(`
        ${fate}
        const log = getLogger("shop");
        const sell = traceFunction(function sell(i) { log.info("sold " + i); });
        for (let i = 0; i < 100; i += 1) sell(i);
        const failure = await setup().catch((error) => error);
        const dropped = failure.code === "SEALTRACE_WRITER_FAILED" ? failure.message : "no failure";
        for (let i = 0; i < 100; i += 1) sell(i);
        console.log(JSON.stringify({ dropped: { [failure.code]: failure.message } , written: writers.length, sealed: 0 }));
      `);
      assert.match(
        String(recorded.report.dropped.SEALTRACE_WRITER_FAILED),
        /died 4 times in a row and is not started again/,
      );
      assert.equal(recorded.report.written, 4);
      // The process begins and ends; 200 records, 400 events.
      assert.match(
        recorded.stderr,
        /^sealtrace: the record of this program is not complete\. The writer's thread died 4 times .* Not recorded: 602 writer_failed\.\n$/,
      );
    });
  }
});

function storedEvents(place: Place, name: string): number {
  let events = 0;
  for (const { directory } of listStreams(place.logs)) {
    for (const chunk of readTraceChunks(directory)) {
      assert.ok(!("error" in chunk));
      for (const kind of chunk.kinds) if (kind <= EVENT.THROW) events += 1;
      for (const info of chunk.functions.values()) assert.equal(info.name, name);
    }
  }
  return events;
}

it("a program that has nothing more to do does not keep its last records to itself", async () => {
  const place = newPlace();
  const program = join(temporaryDirectory(), "shop.mjs");
  writeFileSync(
    program,
    `import { getLogger, setup, traceFunction } from ${url("../../src/public/index.ts")};
    await setup();
    setTimeout(() => {
      traceFunction(function last() { getLogger("shop").info("the last word"); })();
      process.stderr.write("ready\\n");
    }, 50);
    // Not one event from then on.
    setTimeout(() => undefined, 300_000);`,
  );
  const stored = (): boolean =>
    messages(reading(place).records(), "shop").includes("the last word") && storedEvents(place, "last") === 2;
  let found = false;
  await start([program], {
    environment: { SEALTRACE_CONFIG_DIR: place.keys, SEALTRACE_LOGGING_LOGS_DIRNAME: place.logs },
    whenReady: (child) => {
      void (async () => {
        for (let i = 0; i < 600 && !found; i += 1) {
          await new Promise((resolve) => setTimeout(resolve, 50));
          found = stored();
        }
        child.kill("SIGKILL");
      })();
    },
  });
  assert.ok(found);
});
