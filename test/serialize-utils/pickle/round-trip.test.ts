/** What JavaScript has survives, whatever Python makes of it. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import {
  deserializeFromPickle,
  NdArray,
  PythonFrozenSet,
  PythonGlobal,
  PythonObject,
  PythonTuple,
  serializeToPickle,
  type PickleReadingOptions,
  type PickleWritingOptions,
} from "../../../src/serialize-utils/index.ts";

const PROTOCOLS = [2, 3, 4, 5] as const;

function survive(value: unknown, writing: PickleWritingOptions = {}, reading: PickleReadingOptions = {}): unknown {
  return deserializeFromPickle(serializeToPickle(value, writing), reading);
}

class Money {
  readonly amount: number;
  readonly currency: string;

  constructor(amount: number, currency: string) {
    this.amount = amount;
    this.currency = currency;
  }
}

class Node {
  next: Node | undefined;
}

function own(json: string): unknown {
  return JSON.parse(json);
}

const VALUES: Readonly<Record<string, unknown>> = {
  primitives: [null, true, false, 0, -0, 1.5, NaN, Infinity, -Infinity, 2 ** 53, "x", ""],
  "big integers, also small ones": [0n, 1n, -1n, 255n, -129n, 2n ** 53n, -(2n ** 4000n)],
  undefined: [undefined, { a: undefined }],
  holes: Object.assign(Array<unknown>(5), { 1: "a", 3: undefined }),
  "holes alone": Array<unknown>(3),
  symbols: Symbol.for("sealtrace"),
  strings: ["\ud800", "a\udc00b", "😀", "é".repeat(100), "long".repeat(20_000), "\0\n\\"],
  "keys that are something else elsewhere": own('{"__proto__": {"x": 1}, "constructor": 1, "toString": 2, "sealtrace": "URL", "0": 3}'),
  date: [new Date(0), new Date("2020-02-29T12:34:56.789Z"), new Date(-62135596800000), new Date(8.64e15)],
  map: [new Map(), new Map([["a", 1]]), new Map<unknown, unknown>([[1, 2], ["1", 3], [null, 4]]), new Map([[{}, 1], [[], 2]]), new Map<unknown, number>([[1, 1], [true, 2], [1n, 3]])],
  set: [new Set(), new Set([1, "1"]), new Set([[1], {}]), new Set([true, 1]), new Set([new Date(5), new Date(5)])],
  "regular expression": /a(?<b>c)/giu,
  url: [new URL("https://example.org/?q=1#x"), new URLSearchParams("a=1&b=2&a=3")],
  "typed arrays": [
    Int8Array.of(-1), Uint8Array.of(1), Uint8ClampedArray.of(1), Int16Array.of(-2), Uint16Array.of(2), Int32Array.of(-3), Uint32Array.of(3),
    BigInt64Array.of(-4n), BigUint64Array.of(4n), Float32Array.of(1.5), Float64Array.of(NaN), new Float64Array(),
  ],
  bytes: [Buffer.from("abc"), new Uint8Array(70_000).fill(7), Uint8Array.of(1, 2).buffer, new DataView(Uint8Array.of(1, 2, 3).buffer)],
  errors: Object.assign(new TypeError("no", { cause: new RangeError("why") }), { code: "E" }),
  tuples: [PythonTuple.of(), PythonTuple.of(1), PythonTuple.of<unknown>(1, [2], 3, 4), new PythonFrozenSet([1, PythonTuple.of(2)])],
  names: [new PythonGlobal("builtins", "int"), new PythonGlobal("collections", "OrderedDict")],
  "null prototype": { plain: 1 },
}; // prettier-ignore

describe("pickle", () => {
  for (const [name, value] of Object.entries(VALUES)) {
    it(`keeps ${name}`, () => {
      for (const protocol of PROTOCOLS) assert.deepEqual(survive(value, { protocol }), value, `protocol ${protocol}`);
    });
  }

  it("keeps invalid dates", () => {
    // To Node 22, no two of them are equal.
    for (const protocol of PROTOCOLS) {
      const date = survive(new Date(NaN), { protocol });
      assert.ok(date instanceof Date && Number.isNaN(date.getTime()));
    }
  });

  it("keeps arrays of NumPy", () => {
    for (const array of [
      new NdArray("<f8", [2, 2], Float64Array.of(1, 2, 3, 4)),
      new NdArray("|b1", [1], Uint8Array.of(1)),
      new NdArray("<U2", [2], ["a", "😀"]),
      new NdArray("|O", [1], [{ a: 1 }]),
      new NdArray("|V2", [1], Uint8Array.of(1, 2)),
      new NdArray("<M8[25ms]", [], BigInt64Array.of(1n)),
    ]) {
      assert.deepEqual(survive(array), array);
    }
    assert.throws(() => serializeToPickle(new NdArray("<f8", [3], Float64Array.of(1))), {
      code: "SEALTRACE_VALUE_UNSUPPORTED",
    });
    assert.throws(() => serializeToPickle(new NdArray("<U1", [1], ["ab"])), { code: "SEALTRACE_VALUE_UNSUPPORTED" });
  });

  it("keeps instances of registered classes", () => {
    const classes = { Money };
    assert.deepEqual(survive([new Money(1, "EUR")], { classes }, { classes }), [new Money(1, "EUR")]);
    const written = serializeToPickle(new Money(1, "EUR"), { classes });
    assert.throws(() => deserializeFromPickle(written), { code: "SEALTRACE_TYPE_REFUSED", message: /"Money"/ });
    const form = {
      class: Money,
      write: ({ amount, currency }: Money) => [amount, currency],
      read: (content: unknown) => new Money(...(content as [number, string])),
    };
    assert.deepEqual(
      survive(new Money(2, "CHF"), { classes: { Money: form } }, { classes: { Money: form } }),
      new Money(2, "CHF"),
    );
    const pythonClasses = { "shop:Money": Money };
    assert.deepEqual(survive(new Money(3, "JPY"), { pythonClasses }, { pythonClasses }), new Money(3, "JPY"));
  });

  it("keeps cycles and shared values, also through classes, maps, sets, tuples and errors", () => {
    const value: Record<string, unknown> = {
      list: [],
      map: new Map(),
      others: new Map<unknown, unknown>([[1, 2]]),
      error: new Error("x"),
    };
    const node = new Node();
    node.next = node;
    Object.assign(value, { self: value, node, pair: PythonTuple.of(value.list), objects: new Set([value]) });
    (value.list as unknown[]).push(value.pair, value);
    (value.map as Map<unknown, unknown>).set("up", value);
    (value.others as Map<unknown, unknown>).set(2, value);
    (value.error as Error).cause = value;
    const back = survive(value, { classes: { Node } }, { classes: { Node } }) as typeof value;
    assert.equal(back.self, back);
    assert.equal((back.pair as unknown[])[0], back.list);
    assert.equal((back.list as unknown[])[0], back.pair);
    assert.equal((back.list as unknown[])[1], back);
    assert.equal((back.map as Map<unknown, unknown>).get("up"), back);
    assert.equal((back.others as Map<unknown, unknown>).get(2), back);
    assert.equal((back.error as Error).cause, back);
    assert.ok(back.error instanceof Error);
    assert.ok((back.objects as Set<unknown>).has(back));
    assert.equal((back.node as Node).next, back.node);
    assert.ok(back.node instanceof Node);
  });

  it("writes what a method toJSON gives for classes that aren't registered", () => {
    class Temperature {
      toJSON(): unknown {
        return { celsius: 20 };
      }
    }
    assert.deepEqual(survive([new Temperature()]), [{ celsius: 20 }]);
  });

  it("refuses what it can't hold, and says where it stands", () => {
    for (const [value, message] of [
      [{ user: { tags: [1, () => 1] } }, /function.*user\.tags\[1\]/],
      [{ a: [Symbol("own")] }, /symbol.*a\[0\]/],
      [new Money(1, "EUR"), /instance of Money/],
      [[new WeakMap()], /WeakMap.*\[0\]/],
      [Promise.resolve(1), /Promise/],
      [new PythonGlobal("os", "system"), /os\.system/],
      [new PythonObject(new PythonGlobal("os", "system"), ["id"]), /PythonObject/],
      [new PythonFrozenSet([[1]]), /PythonFrozenSet/],
    ] as const) {
      assert.throws(() => serializeToPickle(value), { code: "SEALTRACE_VALUE_UNSUPPORTED", message });
    }
    const tuple = PythonTuple.of<unknown>(1);
    tuple.push(tuple);
    assert.throws(() => serializeToPickle(tuple), { code: "SEALTRACE_VALUE_UNSUPPORTED", message: /made of itself/ });
    assert.throws(() => serializeToPickle(1, { protocol: 1 as 2 }), { code: "SEALTRACE_USAGE" });
    assert.throws(() => serializeToPickle(1, { bufferCallback: () => undefined }), { code: "SEALTRACE_USAGE" });
  });

  it("takes a million levels", () => {
    const wraps: [levels: number, wrap: (inner: unknown) => unknown][] = [
      [1_000_000, (inner) => [inner]],
      [200_000, (inner) => ({ inner })],
      [200_000, (inner) => PythonTuple.of(inner)],
    ];
    for (const [count, wrap] of wraps) {
      let value: unknown = null;
      for (let i = 0; i < count; i += 1) value = wrap(value);
      const pickle = serializeToPickle(value);
      assert.throws(() => deserializeFromPickle(pickle), { code: "SEALTRACE_LIMIT_EXCEEDED", message: /512 levels/ });
      let back = deserializeFromPickle(pickle, { maxDepth: Infinity });
      let levels = 0;
      for (; back !== null; levels += 1) [back] = Object.values(back as object) as unknown[];
      assert.equal(levels, count);
    }
  });

  it("writes frames of about 64 KiB, and nothing that is large in any", () => {
    const value = [
      Array.from({ length: 50_000 }, (_, i) => `item ${i}`),
      new Uint8Array(200_000),
      Buffer.alloc(100_000),
      [1],
    ];
    for (const protocol of PROTOCOLS) assert.deepEqual(survive(value, { protocol }), value);
  });

  it("keeps any value", () => {
    const number = fc.oneof(fc.integer(), fc.double(), fc.maxSafeInteger());
    const tree = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.oneof(
          number,
          fc.string({ unit: "binary" }),
          fc.bigInt(),
          fc.boolean(),
          fc.constantFrom(null, undefined),
          fc.date(),
          fc.uint8Array(),
          fc.webUrl().map((url) => new URL(url)),
        ),
        fc.array(tie("value"), { maxLength: 5 }),
        fc.sparseArray(number, { maxLength: 6 }),
        fc.dictionary(fc.string(), tie("value"), { maxKeys: 5, noNullPrototype: true }),
        fc
          .array(fc.tuple(fc.oneof(number, fc.string(), fc.boolean(), fc.bigInt()), tie("value")), { maxLength: 4 })
          .map((entries) => new Map(entries)),
        fc.array(fc.oneof(number, fc.string(), fc.boolean()), { maxLength: 4 }).map((items) => new Set(items)),
      ),
    })).value;
    fc.assert(
      fc.property(tree, fc.constantFrom(...PROTOCOLS), (value, protocol) => {
        assert.deepEqual(survive(value, { protocol }), value);
      }),
      { numRuns: 300 },
    );
  });
});
