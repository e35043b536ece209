import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { canonicalJson } from "../../../src/serialize-utils/index.ts";

const vectors = JSON.parse(
  readFileSync(new URL("../../../testdata/json/json-canonicalization.json", import.meta.url), "utf8"),
) as Record<string, { input: string; output: string }>;

/** RFC 8785, appendix B: the bits of a number, and how it is written. */
const NUMBERS: readonly (readonly [string, string])[] = [
  ["0000000000000000", "0"], ["8000000000000000", "0"], ["0000000000000001", "5e-324"], ["8000000000000001", "-5e-324"],
  ["7fefffffffffffff", "1.7976931348623157e+308"], ["ffefffffffffffff", "-1.7976931348623157e+308"], ["4340000000000000", "9007199254740992"],
  ["c340000000000000", "-9007199254740992"], ["4430000000000000", "295147905179352830000"], ["44b52d02c7e14af5", "9.999999999999997e+22"],
  ["44b52d02c7e14af6", "1e+23"], ["44b52d02c7e14af7", "1.0000000000000001e+23"], ["444b1ae4d6e2ef4e", "999999999999999700000"],
  ["444b1ae4d6e2ef4f", "999999999999999900000"], ["444b1ae4d6e2ef50", "1e+21"], ["3eb0c6f7a0b5ed8c", "9.999999999999997e-7"],
  ["3eb0c6f7a0b5ed8d", "0.000001"], ["41b3de4355555553", "333333333.3333332"], ["41b3de4355555554", "333333333.33333325"],
  ["41b3de4355555555", "333333333.3333333"], ["41b3de4355555556", "333333333.3333334"], ["41b3de4355555557", "333333333.33333343"],
  ["becbf647612f3696", "-0.0000033333333333333333"], ["43143ff3c1cb0959", "1424953923781206.2"],
]; // prettier-ignore

const refused = (value: unknown, message: RegExp): void => {
  assert.throws(() => canonicalJson(value), { name: "SealtraceError", code: "SEALTRACE_VALUE_UNSUPPORTED", message });
};

/** The same data, with the keys of each object the other way round. */
function reversed(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(reversed);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, reversed(item)]).reverse()); // prettier-ignore
}

describe("canonical JSON", () => {
  it("is that of the RFC's author", () => {
    assert.equal(Object.keys(vectors).length, 6);
    for (const [name, { input, output }] of Object.entries(vectors)) {
      assert.equal(canonicalJson(JSON.parse(input)), output, name);
    }
  });

  it("writes numbers as the RFC lists them", () => {
    for (const [bits, text] of NUMBERS) assert.equal(canonicalJson(Buffer.from(bits, "hex").readDoubleBE()), text);
  });

  it("is one for equal data, and its own canonical form", () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        const text = canonicalJson(value);
        assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(value)));
        assert.equal(canonicalJson(JSON.parse(text)), text);
        assert.equal(canonicalJson(reversed(value)), text);
      }),
    );
  });

  it("differs for different data", () => {
    const small = fc.jsonValue({ maxDepth: 1 });
    fc.assert(
      fc.property(small, small, (one, other) => {
        const isSame = isDeepStrictEqual(JSON.parse(JSON.stringify(one)), JSON.parse(JSON.stringify(other)));
        assert.equal(canonicalJson(one) === canonicalJson(other), isSame);
      }),
      { numRuns: 1_000 },
    );
  });

  it("refuses what I-JSON refuses, and what is more than plain data", () => {
    for (const value of [Number.NaN, Infinity, undefined, 1n, Symbol.for("x"), () => 1, new Date(0), new Map()]) {
      refused({ a: [value] }, /^Canonical JSON has no form for .*, which stands at a\[0\]/);
    }
    refused("\uD800", /lone surrogates/);
    refused({ "\uDC00": 1 }, /lone surrogates/);
    const circle: unknown[] = [];
    circle.push([circle]);
    refused(circle, /\[0\]\[0\]/);
    const twice = { a: 1 };
    assert.equal(canonicalJson([twice, twice]), '[{"a":1},{"a":1}]');
  });

  it("goes as deep as the data", () => {
    let deep: unknown = 1;
    for (let i = 0; i < 200_000; i += 1) deep = [deep];
    assert.equal(canonicalJson(deep).length, 400_001);
  });
});
