import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import fc from "fast-check";
import { deserializeFromJson, serializeToJson } from "../../../src/serialize-utils/index.ts";
import { SealtraceError } from "../../../src/record/index.ts";
import { threadTime } from "../../support/thread-time.ts";

const refused = (code: string, text: string, message: RegExp, options = {}): void => {
  assert.throws(() => deserializeFromJson(text, options), {
    name: "SealtraceError",
    code: `SEALTRACE_${code}`,
    message,
  });
};
const rich = (type: unknown, fields: object = {}): string => JSON.stringify({ $rich: type, ...fields });
const nested = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);

const suite = JSON.parse(
  readFileSync(new URL("../../../testdata/json/JSONTestSuite.json", import.meta.url), "utf8"),
) as Record<string, string>;

describe("JSONTestSuite", () => {
  it("is accepted and refused as it asks for", () => {
    const texts = Object.entries(suite).map(([name, base64]) => [name, Buffer.from(base64, "base64")] as const);
    assert.equal(texts.length, 316);
    for (const [name, bytes] of texts) {
      let error: unknown;
      try {
        deserializeFromJson(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
      } catch (caught) {
        error = caught;
      }
      if (name.startsWith("y_")) assert.equal(error, undefined, name);
      if (name.startsWith("n_")) assert.notEqual(error, undefined, name);
      assert.ok(error === undefined || error instanceof SealtraceError || error instanceof TypeError, name);
    }
    refused("DATA_TRUNCATED", "[".repeat(100_000), /ends too early/);
    refused("DATA_TRUNCATED", '[{"":'.repeat(50_000), /ends too early/);
  });
});

describe("what a stranger sends as JSON", () => {
  it("is told apart: no JSON, cut off, followed by something, by more JSON", () => {
    for (const text of ["[1,]", "{'a':1}", "NaN", "01", "undefined", '"\u0001"', "\uFEFF1"])
      refused("INVALID_DATA", text, /^It is no JSON: /);
    for (const text of ["", " ", "[", "[1", "[1,", "{", '{"a"', '{"a":', '"abc', '"a\\', "tru", '"\\u12', "-", "1e"]) {
      refused("DATA_TRUNCATED", text, /ends too early/);
    }
    for (const text of ["[1]x", "1 ]", "{} {", "[1]\0"])
      refused("DATA_TRAILING", text, /follows the JSON, at character \d/);
    for (const text of ["1 2", '{"a":1}\n{"a":2}', "[][][]"])
      refused("DATA_CONCATENATED", text, /Another JSON text begins at character \d/);
  });

  it("counts the levels of rich data as they stand in the text", () => {
    class Bare {}
    class Whole {}
    const classes = { Bare, Whole: { class: Whole, write: () => null, read: () => new Whole() } };
    const forms = [
      [1, '{"$rich":"undefined"}'],
      [1, '{"$rich":"Date","value":null}'],
      [2, '{"$rich":"RegExp","value":["a","g"]}'],
      [2, '{"$rich":"Map","value":[1,2]}'],
      [4, '{"$rich":"Map","value":[1,{"$rich":"Set","value":[]}]}'],
      [3, '{"$rich":"Object","id":1,"value":{"self":{"$rich":1}}}'],
      [3, '{"$rich":"SparseArray","length":9,"value":[3,[]]}'],
      [4, '{"$rich":"class","name":"Bare","value":{"a":[{}]}}'],
      [4, '{"$rich":"class","name":"Whole","value":[[[]]]}'],
      [3, '[{},{"a":{"$rich":"Number","value":"NaN"}},[]]'],
    ] as const;
    for (const [levels, text] of forms) {
      for (const [maxDepth, whole] of [
        [levels, text],
        [levels + 2, `[{"a":${text}}]`],
      ] as const) {
        deserializeFromJson(whole, { maxDepth, classes });
        refused("LIMIT_EXCEEDED", whole, new RegExp(`more than ${maxDepth - 1} levels`), {
          maxDepth: maxDepth - 1,
          classes,
        });
      }
    }
  });

  it("holds exactly as many levels, bytes and values as it may", () => {
    deserializeFromJson(nested(512));
    refused("LIMIT_EXCEEDED", nested(513), /more than 512 levels/);
    for (const maxDepth of [0, 1, 2, 15, 16, 17, 32, 33, 100]) {
      deserializeFromJson(maxDepth === 0 ? "7" : nested(maxDepth), { maxDepth });
      refused("LIMIT_EXCEEDED", nested(maxDepth + 1), new RegExp(`more than ${maxDepth} levels`), { maxDepth });
      refused("LIMIT_EXCEEDED", `[1,{"a":${nested(Math.max(maxDepth, 1))}}]`, /levels/, { maxDepth });
    }
    deserializeFromJson('"äöü"', { maxBytes: 8 });
    refused("LIMIT_EXCEEDED", '"äöü"', /larger than 7 bytes/, { maxBytes: 7 });
    for (const [text, values] of [
      ["7", 1],
      ["[]", 1],
      ["[ ]", 1],
      ["[[],{}]", 3],
      ['{"a":1,"b":[2,"[,,"]}', 5],
      ['"a,b\\",[{"', 1],
    ] as const) {
      // prettier-ignore
      deserializeFromJson(text, { maxValues: values });
      if (values > 1) refused("LIMIT_EXCEEDED", text, /values/, { maxValues: values - 1 });
    }
  });

  it("holds its time where rich data is put together", () => {
    const text = `[{"$rich":"BigInt","value":"1"},${"[[1]],".repeat(100_000)}1]`;
    refused("LIMIT_EXCEEDED", text, /longer than 0 ms/, { maxMilliseconds: 0 });
    deserializeFromJson(text);
  });

  it("can't make gigabytes of a few bytes", () => {
    for (const length of [4_294_967_295, 100_000_000, -1, 1.5, "9", 2 ** 32, null]) {
      const text = rich("SparseArray", { length, value: [] });
      assert.throws(() => deserializeFromJson(text), { name: "SealtraceError" });
    }
    refused("INVALID_DATA", rich("SparseArray", { length: 2, value: [5, 1] }), /rising indexes below its length/);
    refused("INVALID_DATA", rich("SparseArray", { length: 5, value: [1, 1, 1, 1] }), /rising/);
    refused("INVALID_DATA", rich("SparseArray", { length: 5, value: ["__proto__", 1] }), /rising/);
    refused("INVALID_DATA", rich("Float64Array", { value: "AQI=" }), /multiple of 8 bytes/);
    refused("INVALID_DATA", rich("BigInt", { value: "9".repeat(1_000_000) }), /digits, in base 16/);
    const start = threadTime();
    assert.equal(typeof deserializeFromJson(rich("BigInt", { value: `0x${"f".repeat(4_000_000)}` })), "bigint");
    assert.ok(threadTime() - start < 2_000);
  });

  it("is held to the forms that are documented", () => {
    const malformed: readonly (readonly [unknown, object?])[] = [
      ["Date", { value: "today" }], ["Date", { value: 5 }], ["Date"], ["Date", { value: "2026-13-01T00:00:00.000Z" }],
      ["RegExp", { value: ["(", ""] }], ["RegExp", { value: ["a", "gg"] }], ["RegExp", { value: ["a".repeat(10_001), ""] }], ["RegExp", { value: ["a", "", -1] }],
      ["URL", { value: "/relative" }], ["URLSearchParams", { value: 1 }], ["Map", { value: [1] }], ["Map", { value: [1, 2, 1, 3] }], ["Map", { value: "ab" }],
      ["Set", { value: [1, 1] }], ["Set", { value: { length: 1 } }], ["Set"], ["BigInt", { value: 1 }], ["BigInt", { value: "0x" }], ["BigInt", { value: "01" }],
      ["BigInt", { value: "-0" }], ["Number", { value: "1" }], ["Number", { value: 1 }], ["Symbol"], ["Symbol", { value: 1 }], ["Uint8Array", { value: "A" }],
      ["Uint8Array", { value: "AQJ=" }], ["Uint8Array", { value: [1] }], ["Uint8Array", { value: "AQ I=" }], ["Object", { value: [] }], ["Object"], ["Array", { value: {} }],
      ["Error", { value: { type: "Error" } }], ["Error", { value: { type: "Function", message: "" } }], ["Error", { value: { type: "Error", message: "", stack: "x" } }],
      ["Error", { value: { type: "Error", message: 5 } }], [1], [-1], [0.5], ["Date", { value: null, more: 1 }], [1, { x: 1 }],
      ["Set", { id: "1", value: [] }], ["Set", { id: 1.5, value: [] }],
    ]; // prettier-ignore
    for (const [type, fields] of malformed) refused("INVALID_DATA", rich(type, fields), /./);
    for (const type of [null, true, {}, [], "Reference", "#1", "Buffer2"])
      refused("TYPE_REFUSED", rich(type), /rich: false/);
    refused(
      "INVALID_DATA",
      `[${rich("Set", { id: 1, value: [] })},${rich("Set", { id: 1, value: [] })}]`,
      /no other has/,
    );
    refused("INVALID_DATA", `[${rich(1)},${rich("Set", { id: 1, value: [] })}]`, /\[0\]: .*refers to 1/);
    refused("INVALID_DATA", `{"a":{"b":[${rich("Date", { value: 1 })}]}}`, /^a\.b\[0\]: /);
  });

  it("has the reserved key, however it is written", () => {
    for (const key of ["$rich", "\\u0024rich", "$\\u0072ich", "\\u0024\\u0072\\u0069\\u0063\\u0068"]) {
      assert.equal(deserializeFromJson(`{"${key}":"BigInt","value":"7"}`), 7n);
    }
    assert.deepEqual(deserializeFromJson('["$rich", "\\\\u0024rich"]'), ["$rich", "\\u0024rich"]);
  });

  it("does not pollute through any form", () => {
    const dirty = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}';
    for (const text of [
      dirty,
      `{"$rich":"Object","value":${dirty}}`,
      `{"$rich":"Map","value":["__proto__",${dirty}]}`,
      `{"$rich":"Error","value":{"type":"Error","message":"","properties":${dirty}}}`,
      `{"$rich":"Error","value":{"type":"Error","message":"","properties":{"__proto__":{"$rich":"Map","value":[]}}}}`,
    ]) {
      const value = deserializeFromJson(text) as object;
      assert.equal(({} as Record<string, unknown>).polluted, undefined);
      assert.equal((value as Record<string, unknown>).polluted, undefined);
      assert.deepEqual(deserializeFromJson(serializeToJson(value)), value);
    }
    const error = deserializeFromJson('{"$rich":"Error","value":{"type":"TypeError","message":"m","properties":{"name":"Mine","message":"other","stack":"s"}}}'); // prettier-ignore
    assert.ok(error instanceof TypeError && error.name === "Mine");
  });

  it("finds keys that are there twice, when it is asked to", () => {
    const strict = { duplicateKeys: "refuse" };
    assert.deepEqual(deserializeFromJson('{"a":1,"a":2}'), { a: 2 });
    for (const text of [
      '{"a":1,"a":2}',
      '[{"x":{"a":1 , "\\u0061" : 2}}]',
      '{"":1,"":2}',
      '{"\\"":1,"\\"":1}',
      '{"__proto__":1,"__proto__":2}',
      '{"$rich":"Date","$rich":"Set","value":[]}',
    ]) {
      // prettier-ignore
      refused("INVALID_DATA", text, /the key ".*" twice, at character \d+/, strict);
    }
    for (const text of [
      '{"a":{"a":1},"b":[{"a":1},{"a":1}]}',
      '["a","a"]',
      '{"a":"a","b":"a"}',
      '{"a\\\\":1,"a":2}',
      '{"a":"\\",\\"a\\":"}',
    ]) {
      assert.deepEqual(deserializeFromJson(text, { duplicateKeys: "refuse" }), JSON.parse(text));
    }
    fc.assert(fc.property(fc.json(), (text) => { deserializeFromJson(text, { duplicateKeys: "refuse" }); })); // prettier-ignore
  });

  it("takes no more than linear time for keys that collide, repeat or are long", () => {
    const time = (count: number): number => {
      const keys = Array.from({ length: count }, (_, i) => `"${i * 4_194_304}":${i}`).join();
      const map = Array.from({ length: count }, (_, i) => `"${i * 4_194_304}",${i}`).join();
      const start = threadTime();
      deserializeFromJson(`[{${keys}},{"$rich":"Map","value":[${map}]}]`, { duplicateKeys: "refuse" });
      return threadTime() - start;
    };
    time(1_000);
    assert.ok(time(40_000) < 3_000);
    const backslashes = JSON.stringify("\\".repeat(1_000_000));
    deserializeFromJson(`{${backslashes}:${backslashes}}`, { duplicateKeys: "refuse" });
  });

  it("gives lone surrogates back as they were", () => {
    assert.equal(serializeToJson({ "\uD800": "\uDFFF" }), '{"\\ud800":"\\udfff"}');
    assert.deepEqual(deserializeFromJson('{"\\ud800":"\\udfff"}'), { "\uD800": "\uDFFF" });
  });

  it("never makes the decoder throw anything but a SealtraceError", () => {
    const field = fc.constantFrom("$rich", "value", "id", "name", "length", "a", "__proto__");
    const type = fc.constantFrom("Date", "Map", "Set", "Error", "RegExp", "BigInt", "Number", "Symbol", "URL", "Uint8Array", "SparseArray", "Object", "Array", "class", 1, 2); // prettier-ignore
    const hostile = fc.letrec((tie) => ({
      value: fc.oneof({ maxDepth: 4 }, type, fc.constantFrom(null, true, "", "1", "AQ==", "type", "message"), fc.integer(), fc.array(tie("value"), { maxLength: 4 }), fc.array(fc.tuple(field, tie("value")), { maxLength: 4 }).map((entries) => Object.fromEntries(entries)), tie("form")), // prettier-ignore
      form: fc.record({ $rich: type, id: fc.constantFrom(1, 2, 3), value: tie("value") }, { requiredKeys: ["$rich"] }),
    })).value;
    fc.assert(
      fc.property(hostile, (value) => {
        let read: unknown;
        try {
          read = deserializeFromJson(JSON.stringify(value), { maxValues: 10_000 });
        } catch (error) {
          assert.ok(error instanceof SealtraceError, String(error));
          return;
        }
        assert.deepEqual(deserializeFromJson(serializeToJson(read)), read);
      }),
      { numRuns: 500 },
    );
  });
});
