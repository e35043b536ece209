/** What version 1 of our own forms wrote, in every format, is read by every later version. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { decode, PYTHON_CLASSES, PythonDecimal, PythonTuple, stagesOfName } from "../../src/serialize-utils/index.ts";

const DIRECTORY = new URL("../../testdata/rich-1/", import.meta.url);

class Money {
  cents = 1_290n;
  currency = "EUR";
}

const classes = { ...PYTHON_CLASSES, Money };

/** One of everything. What pickle can't key a dict with, and what isn't on every Node, is left out. */
function example(): unknown {
  const shared = { of: "several places" };
  const ring: unknown[] = ["a cycle"];
  ring.push(ring);
  const error = Object.assign(new RangeError("too far", { cause: new TypeError("why") }), { code: "E_FAR" });
  return {
    plain: [null, true, 0, -1, 0.1, 2 ** 53, "text 字😀", { "": [] }],
    numbers: [-0, Number.NaN, Infinity, -Infinity],
    integers: [0n, -1n, 2n ** 64n, -(3n ** 1_000n)],
    nothing: [undefined, { a: undefined }],
    holes: Object.assign(Array<unknown>(4), { 2: "x" }),
    keys: JSON.parse('{"__proto__":{"a":1},"constructor":2,"$rich":"Date","1":3}') as unknown,
    symbol: Symbol.for("app.kind"),
    shared: [shared, shared],
    ring,
    dates: [new Date(0), new Date("2026-01-31T12:00:00.123Z"), new Date(-1), new Date(Number.NaN)],
    pattern: /a+\/"/giu,
    addresses: [new URL("https://example.org/a?b=c#d"), new URLSearchParams("a=1&a=2")],
    map: new Map<unknown, unknown>([["a", 1], [1, "a"], [null, [shared]]]), // prettier-ignore
    textMap: new Map([["a", new Map([["b", 2]])]]),
    set: new Set<unknown>([1, "1", null]),
    errors: [error, new AggregateError([new Error("one")], "several")],
    bytes: [Uint8Array.of(1, 2), Buffer.from("buffer"), Uint8Array.of(3).buffer, new DataView(Uint8Array.of(4).buffer)],
    arrays: [Int8Array.of(-1), Uint8ClampedArray.of(255), Int16Array.of(-2), Uint16Array.of(3), Int32Array.of(-4), Uint32Array.of(5), BigInt64Array.of(-6n), BigUint64Array.of(7n), Float32Array.of(0.5), Float64Array.of(0.1)], // prettier-ignore
    money: new Money(),
    python: [PythonTuple.of<unknown>(1, "a"), new PythonDecimal("1.50")],
  };
}

interface Example {
  readonly shared: readonly unknown[];
  readonly ring: readonly unknown[];
  readonly map: ReadonlyMap<unknown, readonly unknown[]>;
  readonly dates: Date[];
}

describe("rich values as version 1 wrote them", () => {
  for (const name of readdirSync(DIRECTORY)) {
    it(`are read from ${name}`, async () => {
      const { format } = stagesOfName(name);
      const value = await decode(readFileSync(new URL(name, DIRECTORY)), { format, classes });
      const { shared, ring, map, dates } = value as Example;
      const expected = example() as Example;
      // To Node 22, no two invalid dates are equal.
      assert.ok(
        Number.isNaN((dates.pop() as Date).getTime()) && Number.isNaN((expected.dates.pop() as Date).getTime()),
      );
      assert.deepEqual(value, expected);
      assert.equal(shared[0], shared[1]);
      assert.equal(map.get(null)?.[0], shared[0]);
      assert.equal(ring[1], ring);
    });
  }

  it("are there in every format", () => {
    assert.deepEqual(readdirSync(DIRECTORY).sort(), ["rich.cbor", "rich.json", "rich.msgpack", "rich.pbvalue", "rich.pkl", "rich.yaml"]); // prettier-ignore
  });
});
