import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { plainForm } from "../../../src/serialize-utils/index.ts";
import { SealtraceError } from "../../../src/record/index.ts";

const code = (expected: string) => (error: unknown) => error instanceof SealtraceError && error.code === expected;

describe("the plain form of a value", () => {
  it("is the value itself where that is plain, and nothing is lost", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const parsed = JSON.parse(JSON.stringify(value)) as unknown;
        assert.deepEqual(plainForm(parsed), { value: parsed, losses: [] });
      }),
    );
  });

  it("is what JSON holds, whatever it was made of", () => {
    const options = { withBigInt: true, withDate: true, withMap: true, withSet: true, withTypedArray: true, withSparseArray: true }; // prettier-ignore
    fc.assert(
      fc.property(fc.anything(options), (value) => {
        const { value: plain } = plainForm(value);
        assert.deepEqual(JSON.parse(JSON.stringify(plain)), plain);
      }),
    );
  });

  const url = new URL("https://example.org/a");
  const cases: readonly [what: string, value: unknown, plain: unknown][] = [
    ["undefined is left out", { a: undefined }, {}],
    ["undefined becomes null", undefined, null],
    ["NaN and infinities become null", NaN, null],
    ["-0 becomes 0", -0, 0],
    ["a bigint becomes a number", 5n, 5],
    ["a bigint becomes text", 2n ** 64n, "18446744073709551616"],
    ["a symbol becomes its description", Symbol.for("kind"), "kind"],
    ["a Date becomes what it is made of", new Date(0), "1970-01-01T00:00:00.000Z"],
    ["a URL becomes what it is made of", url, "https://example.org/a"],
    ["a RegExp becomes text", /a+/gi, "/a+/gi"],
    ["a Uint8Array becomes base64", Uint8Array.of(1, 2), "AQI="],
    ["a Set becomes an array", new Set([1, 2]), [1, 2]],
    ["a Map becomes an object", new Map([["__proto__", 1]]), JSON.parse('{"__proto__":1}')],
    ["a Map becomes an array of pairs", new Map([[1, { a: 2 }]]), [[1, { a: 2 }]]],
    ["an Error becomes what it is made of", new TypeError("bad"), { type: "TypeError", message: "bad" }],
  ];
  for (const [what, value, plain] of cases) {
    it(`says that ${what}, and where`, () => {
      assert.deepEqual(plainForm({ list: [0, value] }).losses, [
        { what, count: 1, place: what.includes("left out") ? "list[1].a" : "list[1]" },
      ]);
      assert.deepEqual(plainForm(value).value, plain);
    });
  }

  it("counts what happens often, and names the first place", () => {
    const { losses } = plainForm({ a: [1n, 2n], b: 3n });
    assert.deepEqual(losses, [{ what: "a bigint becomes a number", count: 3, place: "a[0]" }]);
  });

  it("ends where an object holds itself", () => {
    const ring: unknown[] = [1];
    ring.push({ ring });
    assert.deepEqual(plainForm(ring), {
      value: [1, { ring: null }],
      losses: [{ what: "an object that holds itself becomes null within", count: 1, place: "[1].ring" }],
    });
  });

  it("does not multiply shared objects beyond its limit", () => {
    let bomb: unknown[] = ["lol"];
    for (let i = 0; i < 40; i += 1) bomb = [bomb, bomb];
    assert.throws(() => plainForm(bomb, {}, 100_000), code("SEALTRACE_LIMIT_EXCEEDED"));
  });

  it("goes a million levels down", () => {
    let deep: unknown = new Date(0);
    for (let i = 0; i < 1_000_000; i += 1) deep = [deep];
    assert.equal(plainForm(deep).losses.length, 1);
  });

  it("takes a huge hole for what it claims to be", () => {
    const sparse: unknown[] = [];
    sparse.length = 2 ** 32 - 1;
    assert.throws(() => plainForm(sparse), code("SEALTRACE_LIMIT_EXCEEDED"));
  });

  it("refuses functions and instances that nobody registered", () => {
    assert.throws(() => plainForm({ f: () => 1 }), code("SEALTRACE_VALUE_UNSUPPORTED"));
    assert.throws(() => plainForm(new (class Unknown {})()), code("SEALTRACE_VALUE_UNSUPPORTED"));
  });
});
