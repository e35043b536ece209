import assert from "node:assert/strict";
import { test } from "node:test";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { createCensor } from "../../../src/redaction/index.ts";
import { DEFAULT_LIMITS, formatError, formatValue } from "../../../src/serialize-utils/essentials/index.ts";

const censor = createCensor();
const show = (value: unknown): unknown => JSON.parse(formatValue(value, censor));

test("plain data is shown as the JSON that it is", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 3 }), (value) => {
      const text = formatValue(
        value,
        { isSecretKey: () => false, censorText: (t) => t },
        { depth: 99, items: 9e9, string: 9e9, total: 9e9 },
      );
      // JSON itself can't say -0.
      assert.deepEqual(JSON.parse(text), value);
    }),
  );
});

test("anything at all becomes one line of valid JSON, within bounds", () => {
  fc.assert(
    fc.property(
      fc.anything({
        withBigInt: true,
        withBoxedValues: true,
        withDate: true,
        withMap: true,
        withSet: true,
        withNullPrototype: true,
        withObjectString: true,
        withSparseArray: true,
        withTypedArray: true,
      }),
      (value) => {
        const text = formatValue(value, censor);
        JSON.parse(text);
        assert.ok(!text.includes("\n"));
        assert.ok(text.length < DEFAULT_LIMITS.total * 4, String(text.length));
      },
    ),
  );
});

test("values that JSON can't say are named", () => {
  assert.equal(show(undefined), "[undefined]");
  assert.equal(show(NaN), "[NaN]");
  assert.equal(show(12345678901234567890n), "12345678901234567890");
  assert.equal(show(Symbol("s")), "[Symbol(s)]");
  assert.equal(
    show(function named() {}),
    "[Function: named]",
  );
  assert.deepEqual(show([1, , 3]), [1, "[empty]", 3]);
  assert.deepEqual(show(new Map([["a", 1]])), { "[Map]": [["a", 1]] });
  assert.deepEqual(show(new Set([1, 2])), { "[Set]": [1, 2] });
  assert.equal(show(new Date(0)), "1970-01-01T00:00:00.000Z");
  assert.equal(show(new Date(NaN)), "[Invalid Date]");
  assert.equal(show(Buffer.from("secret")), "[Buffer 6 bytes]");
  assert.equal(show(Promise.resolve()), "[Promise]");
  assert.deepEqual(show(runInNewContext("({a:[1]})")), { a: [1] });
  class Order {
    id = 7;
  }
  assert.deepEqual(show(new Order()), { "[class]": "Order", id: 7 });
});

test("the program's code is never run", () => {
  const ran: string[] = [];
  const hostile = {
    get getter(): number {
      ran.push("getter");
      return 1;
    },
    toJSON: () => ran.push("toJSON"),
    toString: () => ran.push("toString"),
    [Symbol.toPrimitive]: () => ran.push("toPrimitive"),
    [Symbol.for("nodejs.util.inspect.custom")]: () => ran.push("inspect"),
    proxy: new Proxy({}, { ownKeys: () => (ran.push("ownKeys"), []), get: () => ran.push("get") }),
    list: Object.defineProperty([1, 2], 0, { get: () => ran.push("element") }),
    map: Object.assign(new Map([[1, 2]]), { entries: () => ran.push("entries") }),
    error: Object.defineProperty(new Error("e"), "message", { get: () => ran.push("message") }),
    instance: new (class {
      static get name(): string {
        ran.push("name");
        return "x";
      }
    })(),
  };
  formatValue(hostile, censor);
  formatError(hostile.error, censor);
  assert.deepEqual(ran, []);
});

test("cycles, depth, width and length are bounded, and what is left out is counted", () => {
  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;
  assert.deepEqual(show(cycle), { self: "[Circular]" });
  let deep: unknown = "bottom";
  for (let i = 0; i < 1_000_000; i += 1) deep = [deep];
  assert.match(formatValue(deep, censor), /Array\(1\)/);
  assert.match(formatValue(new Array(1e6).fill(1), censor), /\[\d+ more\]/);
  assert.match(formatValue("x".repeat(1e6), censor), /\[998976 more\]/);
  const wide = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`key${i}`, { value: "x".repeat(500) }]));
  assert.ok(formatValue([wide, wide, wide], censor).length < DEFAULT_LIMITS.total * 2);
});

test("secrets are replaced at any depth, and where a text is cut", () => {
  const text = formatValue(
    {
      a: [{ b: { password: "hunter2", headers: new Map([["authorization", "hunter2"]]) } }],
      json: '{"password":"hunter2"}',
    },
    censor,
  );
  assert.ok(!text.includes("hunter2"), text);
  const straddling = `${"x".repeat(DEFAULT_LIMITS.string - 8)} 4111111111111111 and more`.padEnd(3000, "y");
  assert.ok(!formatValue(straddling, censor).includes("411111"));
  assert.ok(!formatValue({ card: 4111111111111111 }, censor).includes("4111111111111111"));
});

test("whatever is thrown has a type and a message", () => {
  assert.deepEqual(JSON.parse(formatError("oops", censor)), { type: "string", message: "oops" });
  assert.deepEqual(JSON.parse(formatError(null, censor)), { type: "null", message: null });
  const { type, message, stack } = JSON.parse(formatError(new RangeError("far"), censor)) as Record<string, string>;
  assert.equal(type, "RangeError");
  assert.equal(message, "far");
  assert.match(stack as string, /^RangeError: far\n {4}at /);
});
