import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { acceptedBy, jsonSchema, type SchemaResult } from "../../../src/serialize-utils/index.ts";

function outcome(schema: object | boolean, value: unknown): unknown {
  try {
    return acceptedBy(jsonSchema(schema)["~standard"].validate(value) as SchemaResult<unknown>);
  } catch (error) {
    return (error as Error).message;
  }
}

const ORDER = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  type: "object",
  properties: { id: { type: "integer" }, tags: { type: "array", items: { $ref: "#/$defs/tag" } } },
  required: ["id"],
  additionalProperties: false,
  $defs: { tag: { type: "string", minLength: 2 } },
};

describe("jsonSchema", () => {
  it("gives what it accepts", () => {
    const value = { id: 7, tags: ["ab"] };
    assert.equal(outcome(ORDER, value), value);
    assert.equal(outcome(true, 7), 7);
  });

  const wrong: readonly (readonly [object | boolean, unknown, RegExp])[] = [
    [ORDER, {}, /required property "id"/],
    [ORDER, { id: 7, tags: ["ab", "x"] }, /: tags\.1: String is too short/],
    [ORDER, { id: "7" }, /: id: Instance type "string" is invalid. Expected "integer"/],
    [ORDER, JSON.parse('{"id":7,"__proto__":{}}'), /"__proto__"/],
    [{ required: ["toString", "constructor", "__proto__"] }, {}, /toString.*constructor.*__proto__/s],
    [{ properties: { "a/b~c": { const: 1 } } }, { "a/b~c": 2 }, /: a\/b~c: /],
    [{ prefixItems: [{ type: "string" }], items: false }, ["a", 1], /1/],
    [{ type: "string", format: "date-time" }, "2026-13-01T00:00:00Z", /date-time/],
    [false, 1, /false/i],
  ];
  for (const [schema, value, message] of wrong) {
    it(`says what is wrong with ${JSON.stringify(value)}`, () => {
      const said = outcome(schema, value) as string;
      assert.match(said, /^It does not fit its schema: /);
      assert.match(said, message);
    });
  }

  it("describes JSON data, and nothing else", () => {
    const cyclic: Record<string, unknown> = {};
    cyclic.self = cyclic;
    for (const value of [undefined, 1n, NaN, new Map(), new Date(), () => 1, Symbol("s"), new (class A {})()]) {
      assert.match(outcome({}, { at: [value] }) as string, /: at\.0: is no JSON data/);
    }
    assert.match(outcome({ properties: { self: { $ref: "#" } } }, cyclic) as string, /within itself/);
  });

  it("isn't kept busy by data", () => {
    // Each level holds the one below twice.
    let bush: unknown = 0;
    for (let level = 0; level < 40; level += 1) bush = [bush, bush];
    assert.match(
      outcome({ $ref: "#/$defs/a", $defs: { a: { items: { $ref: "#/$defs/a" } } } }, bush) as string,
      /more than can be validated/,
    );
    const many = Array.from({ length: 10_001 }, (_, i) => i);
    assert.match(outcome({ uniqueItems: true }, many) as string, /too many for uniqueItems/);
    assert.equal(outcome({ items: { type: "integer" } }, many), many);
    assert.match(outcome({ uniqueItems: true }, [1, 2, 1]) as string, /uplicate/);
  });

  it("refuses schemas that it can't go by", () => {
    const usage = { code: "SEALTRACE_USAGE" };
    assert.throws(() => jsonSchema({ $schema: "http://json-schema.org/draft-07/schema#" }), usage);
    assert.throws(() => jsonSchema({ items: { $dynamicRef: "#node" } }), { ...usage, message: /take \$ref/ });
    assert.throws(() => jsonSchema({ $ref: "https://example.com/x" })["~standard"].validate(1), {
      ...usage,
      message: /Unresolved \$ref/,
    });
  });
});
