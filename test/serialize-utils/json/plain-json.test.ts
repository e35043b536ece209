import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { acceptedBy, deserializeFromJson, serializeToJson } from "../../../src/serialize-utils/index.ts";

const nested = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);
const refused = (action: () => unknown, message: RegExp): void => {
  assert.throws(action, { code: "SEALTRACE_INVALID_DATA", message });
};

describe("JSON", () => {
  it("gives back what was written", () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), fc.constantFrom(0, 2), (value, indent) => {
        assert.deepEqual(deserializeFromJson(serializeToJson(value, { indent })), JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it("keeps keys that mean something to JavaScript as plain keys", () => {
    const value = deserializeFromJson('{"__proto__": {"admin": true}, "constructor": 1}') as Record<string, unknown>;
    assert.deepEqual(Object.keys(value), ["__proto__", "constructor"]);
    assert.equal(Object.getPrototypeOf(value), Object.prototype);
    assert.equal(value.admin, undefined);
    assert.equal(serializeToJson(value), '{"__proto__":{"admin":true},"constructor":1}');
  });

  it("takes exactly as many levels as it may", () => {
    deserializeFromJson(nested(512));
    refused(() => deserializeFromJson(nested(513)), /more than 512 levels deep, at character 512/);
    refused(() => deserializeFromJson("[".repeat(1_000_000)), /512 levels/);
    assert.deepEqual(deserializeFromJson('{"a":[1]}', { maxDepth: 2 }), { a: [1] });
    refused(() => deserializeFromJson('{"a":[1]}', { maxDepth: 1 }), /1 levels/);
    assert.equal(deserializeFromJson("7", { maxDepth: 0 }), 7);
  });

  it("counts no brackets in strings, however they are quoted", () => {
    for (const text of ["[[[[", '"[[[[', "\\", '\\"[', '[\\\\"', "]]]"]) {
      assert.deepEqual(deserializeFromJson(JSON.stringify([text, [text]]), { maxDepth: 2 }), [text, [text]]);
    }
    refused(() => deserializeFromJson('"[[[[', { maxDepth: 1 }), /no JSON/);
  });

  it("says what is no JSON", () => {
    for (const text of [
      "",
      " ",
      "{",
      "[1,]",
      "{'a':1}",
      "NaN",
      "01",
      "undefined",
      '{"a":1} x',
      '"\u0001"',
      "\uFEFF1",
    ]) {
      refused(() => deserializeFromJson(text), /^It is no JSON: /);
    }
  });

  it("reads numbers as JavaScript has them", () => {
    assert.deepEqual(deserializeFromJson("[12345678901234567890, 1e400, 5e-324]"), [
      12345678901234567000,
      Infinity,
      5e-324,
    ]);
  });

  it("loses nothing unsaid", () => {
    const lost: readonly (readonly [unknown, RegExp])[] = [
      [undefined, /no undefined, which the value is/],
      [() => 1, /no function/],
      [Symbol("x"), /no symbol/],
      [NaN, /no NaN/],
      [{ a: [Infinity] }, /no Infinity, which the value under "0"/],
      [{ a: -Infinity }, /no -Infinity, which the value under "a"/],
      [10n, /no bigint/],
      [[undefined], /no undefined, which the value under "0"/],
      [new Array(2), /no undefined/],
      [{ a: { b: () => 1 } }, /under "b"/],
      [new Map([[1, 2]]), /no Map/],
      [{ a: new Set([1]) }, /no Set, which the value under "a"/],
      [new Float64Array(2), /no Float64Array/],
    ];
    for (const [value, message] of lost) refused(() => serializeToJson(value), message);
    const circle: { self?: unknown } = {};
    circle.self = circle;
    refused(() => serializeToJson(circle), /circular/);
  });

  it("leaves out properties that are undefined, whatever their key", () => {
    assert.equal(serializeToJson({ a: undefined, "": undefined, b: null }), '{"b":null}');
  });

  it("writes half a surrogate pair so that it comes back", () => {
    assert.equal(deserializeFromJson(serializeToJson("\uD800")), "\uD800");
  });

  it("says when a value is too deep to write, and does not die of it", () => {
    let value: unknown = 1;
    for (let i = 0; i < 1_000_000; i += 1) value = [value];
    refused(() => serializeToJson(value), /can't be written as JSON/);
  });
});

describe("what a schema says", () => {
  it("comes through: its output, or every issue with its place, the first few in full", () => {
    assert.equal(acceptedBy({ value: 7 }), 7);
    const issue = (message: string, path?: readonly (PropertyKey | { key: PropertyKey })[]) => ({ message, path });
    refused(() => acceptedBy({ issues: [issue("is missing", ["user", { key: 0 }, "name"]), issue("is odd")] }), /schema: user\.0\.name: is missing; is odd\.$/); // prettier-ignore
    refused(() => acceptedBy({ issues: Array.from({ length: 8 }, () => issue("no")) }), /; and 3 more\.$/);
    refused(() => acceptedBy({ issues: [] }), /does not fit/);
  });
});
