import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { format } from "node:util";
import fc from "fast-check";
import { createLogger, LogTarget } from "../../src/log-utils/index.ts";
import {
  current,
  LEVEL_NAMES,
  MAX_CAPTURED_BYTES,
  SealtraceError,
  spanId,
  type Level,
} from "../../src/record/index.ts";
import { createCensor } from "../../src/redaction/index.ts";
import { memoryRecorder } from "../../src/testing/index.ts";

/** A logger and the raw lines that it writes. */
function lineRecorder(level: Level = "DEBUG", thread = 0) {
  const lines: string[] = [];
  const sink = {
    writeLine: (line: string) => lines.push(line),
    writeFunctions: () => undefined,
    writeEvents: () => undefined,
  };
  const target = new LogTarget().connected({ sink, censor: createCensor(), level, service: "shop", pid: 42, thread });
  return { lines, logger: createLogger(target, "orders"), target };
}

describe("a log record", () => {
  it("has the fields of the format, in its order, then the caller's own", () => {
    const { lines, logger } = lineRecorder();
    logger.warning("stock is low", { item: "mug", left: 3 });
    const record = JSON.parse(lines[0] as string) as Record<string, unknown>;
    assert.deepEqual(Object.keys(record), [
      "@timestamp",
      "log.level",
      "message",
      "log.logger",
      "service.name",
      "process.pid",
      "item",
      "left",
    ]);
    assert.match(String(record["@timestamp"]), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.deepEqual(
      [
        record["log.level"],
        record.message,
        record["log.logger"],
        record["service.name"],
        record["process.pid"],
        record.item,
        record.left,
      ],
      ["WARNING", "stock is low", "orders", "shop", 42, "mug", 3],
    );
    assert.ok(Math.abs(Date.parse(String(record["@timestamp"])) - Date.now()) < 5_000);
  });

  it("names its thread outside of the main one", () => {
    const { lines, logger } = lineRecorder("DEBUG", 3);
    logger.info("hello");
    assert.match(lines[0] as string, /"process.thread.id":3/);
  });

  it("is written from its level on: every level against every threshold", () => {
    for (const threshold of LEVEL_NAMES) {
      const recorder = memoryRecorder({ level: threshold });
      const logger = recorder.logger("x");
      logger.debug("m");
      logger.info("m");
      logger.warning("m");
      logger.error("m");
      logger.critical("m");
      const written = recorder.records.map((record) => record["log.level"]);
      assert.deepEqual(written, LEVEL_NAMES.slice(LEVEL_NAMES.indexOf(threshold)));
      for (const level of LEVEL_NAMES) assert.equal(logger.isEnabled(level), written.includes(level));
    }
  });

  it("knows the call that it was written in", () => {
    const { lines, logger } = lineRecorder();
    const root = { id: 7, traceId: "ab".repeat(16), open: true };
    current.call = { id: 9, root, outer: undefined };
    try {
      logger.info("inside");
    } finally {
      current.call = undefined;
    }
    logger.info("outside");
    const [inside, outside] = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    assert.deepEqual([inside?.["trace.id"], inside?.["span.id"]], ["ab".repeat(16), spanId(9)]);
    assert.ok(outside !== undefined && !("trace.id" in outside));
  });

  it("never holds what stands under a secret-looking key, nor card numbers or tokens in texts", () => {
    const { lines, logger } = lineRecorder();
    logger.info("paid with 4242 4242 4242 4242, Authorization: Bearer abcdef123456", {
      password: "hunter2-a",
      user: { apiKey: "hunter2-b", name: "ann", cards: [{ cvv: "hunter2-c" }] },
      note: "token=hunter2-d",
    });
    logger.with({ client_secret: "hunter2-e" }).error({ accessToken: "hunter2-f" }, "bound");
    logger.error(new Error("password=hunter2-g"));
    const all = lines.join();
    assert.doesNotMatch(all, /hunter2|4242|abcdef123456/);
    assert.match(all, /"name":"ann"/);
  });

  it("shows an error with type, message and stack", () => {
    const { lines, logger } = lineRecorder();
    for (const write of [
      () => {
        logger.error("failed", { error: new RangeError("too far") });
      },
      () => {
        logger.error({ err: new RangeError("too far") }, "failed");
      },
      () => {
        logger.error(new RangeError("too far"), "failed");
      },
      () => {
        logger.error("failed", new RangeError("too far"));
      },
    ]) {
      write();
      const record = JSON.parse(lines.pop() as string) as Record<string, string>;
      assert.deepEqual(
        [record.message, record["error.type"], record["error.message"]],
        ["failed", "RangeError", "too far"],
      );
      assert.match(record["error.stack_trace"] as string, /^RangeError: too far\n {4}at /);
    }
  });

  it("keeps the caller's fields from standing for the record's own", () => {
    const { lines, logger } = lineRecorder();
    logger.info("real", {
      message: "forged",
      "log.level": "DEBUG",
      "@timestamp": "1970",
      seal: "0.0.0",
      "span.id": "x",
    });
    const line = lines[0] as string;
    const record = JSON.parse(line) as Record<string, unknown>;
    assert.deepEqual(
      [record.message, record["log.level"], record["fields.message"], record["fields.seal"]],
      ["real", "INFO", "forged", "0.0.0"],
    );
    assert.ok(!("seal" in record) && !("span.id" in record));
  });

  it("fits whatever it is given, stays one line of JSON without duplicate keys, and never throws", () => {
    const { lines, logger } = lineRecorder();
    const anything = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withTypedArray: true,
      withSparseArray: true,
      withObjectString: true,
      withNullPrototype: true,
    });
    const bound = logger.with({ item: 1, deep: { a: 1 } });
    fc.assert(
      fc.property(fc.oneof(anything, fc.string({ maxLength: 200_000, size: "max" })), anything, (first, second) => {
        bound.info(first, second);
        const line = lines.pop() as string;
        assert.ok(Buffer.byteLength(line) <= MAX_CAPTURED_BYTES);
        assert.ok(!line.includes("\n"));
        JSON.parse(line);
        const topLevel = [...line.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]|:/g)].reduce(
          ({ depth, names, last }, [token]) => ({
            depth: depth + (/^[[{]$/.test(token) ? 1 : /^[\]}]$/.test(token) ? -1 : 0),
            names: token === ":" && depth === 1 ? [...names, last] : names,
            last: token,
          }),
          { depth: 0, names: [] as string[], last: "" },
        ).names;
        assert.equal(new Set(topLevel).size, topLevel.length, line);
      }),
      { numRuns: 400 },
    );
  });

  it("says that it was cut", () => {
    const { lines, logger } = lineRecorder();
    logger.info("long", Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`field${i}`, "x".repeat(5_000)])));
    assert.match(lines[0] as string, /"sealtrace.cut":true/);
    assert.match(lines[0] as string, /"message":"long"/);
  });
});

describe("a logger", () => {
  it("takes either order of message and fields, and fills placeholders as util.format does", () => {
    const recorder = memoryRecorder();
    const logger = recorder.logger("x");
    logger.info("plain");
    logger.info({ a: 1 }, "pino's order");
    logger.info("%s is %d years", "Ann", 30);
    logger.info({ a: 1 }, "%s", "both");
    logger.info({ a: 1, msg: "in fields" });
    logger.info(42);
    assert.deepEqual(
      recorder.records.map((record) => record.message),
      ["plain", "pino's order", format("%s is %d years", "Ann", 30), "both", "in fields", "42"],
    );
    assert.equal(recorder.records[3]?.a, 1);
  });

  it("passes its fields on, and the record's own win", () => {
    const recorder = memoryRecorder();
    recorder.logger("x").with({ request: 1, user: "ann" }).child({ user: "bob" }).info("m", { request: 2 });
    const [record] = recorder.records;
    assert.deepEqual([record?.request, record?.user], [2, "bob"]);
  });

  it("stands where pino's stands", () => {
    const recorder = memoryRecorder({ level: "WARNING" });
    const logger = recorder.logger("x");
    logger.trace("no");
    logger.warn("yes");
    logger.fatal("yes");
    logger.silent();
    assert.equal(logger.level, "warn");
    assert.deepEqual(
      recorder.records.map((record) => record["log.level"]),
      ["WARNING", "CRITICAL"],
    );
  });

  it("needs a name of its own, and knows five levels", () => {
    const usage = (error: unknown): boolean => error instanceof SealtraceError && error.code === "SEALTRACE_USAGE";
    const target = new LogTarget();
    assert.throws(() => createLogger(target, ""), usage);
    assert.throws(() => createLogger(target, "sealtrace"), usage);
    assert.throws(
      () =>
        memoryRecorder()
          .logger("x")
          .isEnabled("info" as Level),
      usage,
    );
  });

  it("connects its target with the first record, and not before", () => {
    let connections = 0;
    const target: LogTarget = new LogTarget(() => {
      connections += 1;
      target.connected({
        sink: { writeLine: () => undefined, writeFunctions: () => undefined, writeEvents: () => undefined },
        censor: createCensor(),
        level: "ERROR",
        service: "s",
        pid: 1,
        thread: 0,
      });
    });
    const logger = createLogger(target, "x");
    assert.equal(connections, 0);
    logger.info("below the level");
    logger.error("one");
    assert.equal(connections, 1);
  });

  it("survives fields that fight back", () => {
    const recorder = memoryRecorder();
    const hostile = new Proxy(
      {},
      {
        ownKeys: () => {
          throw new Error("no");
        },
      },
    );
    recorder.logger("x").info("m", hostile);
    recorder.logger("x").info("n", {
      get boom(): never {
        throw new Error("boom");
      },
    });
    assert.deepEqual(
      recorder.records.map((record) => record.message),
      ["m", "n"],
    );
  });
});
