import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { create, createFileRegistry, fromBinary, toBinary, toJson, type DescMessage } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema, file_google_protobuf_timestamp } from "@bufbuild/protobuf/wkt";
import fc from "fast-check";
import { SealtraceError } from "../../../src/record/index.ts";
import { deserializeFromProtobuf, serializeToProtobuf, UNKNOWN_FIELDS, type ProtobufReadingOptions, type SchemaOfSource } from "../../../src/serialize-utils/index.ts"; // prettier-ignore
import { compileProto } from "../../../src/serialize-utils/protobuf/proto-source/compile.ts";

const ORDER: SchemaOfSource = {
  message: "shop.v1.Order",
  source: `
    syntax = "proto3";
    package shop.v1;
    import "google/protobuf/timestamp.proto";
    import "google/protobuf/wrappers.proto";
    import "google/protobuf/struct.proto";
    import public "other.proto";
    option java_package = "a" 'b';
    /* An order. */
    message Order { // One line.
      int64 id = 1; string user_name = 2; repeated int32 counts = 3; repeated string tags = 4 [deprecated = true];
      map<string, Item> items = 5; map<int64, string> by_id = 6; map<bool, State> by_flag = 33;
      enum State { option allow_alias = true; STATE_UNSPECIFIED = 0; PAID = 1; SETTLED = 1; NEGATIVE = -1; reserved 5, 7 to max; }
      State state = 7;
      oneof choice { string a = 8; int32 b = 9; Item c = 10; }
      google.protobuf.Timestamp at = 11; google.protobuf.Int64Value wrapped = 12; google.protobuf.Value json = 13;
      google.protobuf.Struct struct = 14; google.protobuf.BytesValue wrapped_bytes = 34;
      optional int32 maybe = 15; bytes raw = 16; Order parent = 17; repeated Order children = 18;
      double d = 19; float f = 20; sint32 s = 21; sint64 s64 = 22; fixed32 f32 = 23; fixed64 f64 = 24;
      sfixed32 sf32 = 25; sfixed64 sf64 = 26; bool ok = 27; uint32 u = 28; uint64 u64 = 29;
      repeated double ds = 30; other.Thing thing = 31; repeated State states = 32 [packed = false]; string renamed = 35 [json_name = "@other"];
      reserved 100 to 200, 300; reserved "foo", 'bar';
      message Item { string name = 1; .shop.v1.Order.State state = 2; }
    }
    service S { rpc X(Order) returns (Order) { option (a.b) = { x: 1 s: "}" }; } }`,
  imports: {
    "other.proto": `package other;
      message Thing {
        required int32 x = 1 [default = 5]; optional group Grp = 2 { optional int32 y = 1; } repeated int32 plain = 3; optional int32 big = 4;
        repeated int32 packed = 5 [packed = true]; extensions 100 to max; extend Thing { optional int32 z = 100; }
      }`,
  },
};

const VALUE = { id: 12345678901234n, userName: "Ä", counts: [1, -2, 3], tags: ["a", "b"], items: { x: { name: "n", state: "PAID" }, y: {} }, byId: new Map([[-1n, "m"], [5n, "five"]]), byFlag: new Map([[false, "PAID"], [true, "NEGATIVE"]]), state: "NEGATIVE", b: 0, at: new Date(1.5e12 + 7), wrapped: 5n, json: { a: [1, null, { b: true }], c: "x" }, struct: { k: "v" }, wrappedBytes: new Uint8Array([7]), maybe: 0, raw: new Uint8Array([1, 2]), parent: { id: 1n, parent: {} }, children: [{ id: 2n }, {}], d: 1.5, f: 0.5, s: -5, s64: -5n, f32: 4_000_000_000, f64: 2n ** 64n - 1n, sf32: -1, sf64: -(2n ** 63n), ok: true, u: 4_294_967_295, u64: 2n ** 64n - 1n, ds: [1.5, -0], thing: { x: 1, grp: { y: 2 }, plain: [1, 2], big: -1, packed: [3, 300] }, states: ["PAID", 7], "@other": "r" }; // prettier-ignore

const descriptor = (schema: SchemaOfSource): DescMessage =>
  createFileRegistry(compileProto(schema.source, schema.imports ?? {})).getMessage(schema.message) as DescMessage;
const small = (fields: string, message = "M"): SchemaOfSource => ({ message, source: `syntax = "proto3"; ${fields}` });
const read = (hex: string, schema: SchemaOfSource, options: ProtobufReadingOptions = {}): unknown =>
  deserializeFromProtobuf(Buffer.from(hex.replaceAll(" ", ""), "hex"), { schema, ...options });

describe("Protobuf by a schema", () => {
  it("keeps a value of every type", () => {
    const bytes = serializeToProtobuf(VALUE, { schema: ORDER });
    assert.deepStrictEqual(deserializeFromProtobuf(bytes, { schema: ORDER }), VALUE);
  });

  it("writes what the library reads and writes the same", () => {
    const type = descriptor(ORDER);
    const bytes = serializeToProtobuf(VALUE, { schema: ORDER });
    const message = fromBinary(type, bytes);
    const json = toJson(type, message) as Record<string, unknown>;
    assert.equal(json.id, "12345678901234");
    assert.deepEqual(json.items, { x: { name: "n", state: "PAID" }, y: {} });
    assert.deepEqual([json.at, json.json, json["@other"]], ["2017-07-14T02:40:00.007Z", VALUE.json, "r"]);
    assert.deepEqual(Object.keys(json).sort(), Object.keys(VALUE).sort());
    // Maps keep another order there, which is read as well.
    assert.deepStrictEqual(deserializeFromProtobuf(toBinary(type, message), { schema: ORDER }), VALUE);
  });

  it("agrees with the library about any value", () => {
    const type = descriptor(ORDER);
    const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
    const uint64 = fc.bigInt({ min: 1n, max: 2n ** 64n - 1n });
    const int32 = fc.integer();
    const text = fc.string({ unit: "binary", minLength: 1 });
    const value = fc.letrec((tie) => ({
      order: fc.record(
        { id: int64.filter((id) => id !== 0n), userName: text, counts: fc.array(int32, { minLength: 1 }), items: fc.dictionary(text, fc.record({ name: text }), { minKeys: 1, noNullPrototype: true }), byId: fc.array(fc.tuple(int64, text), { minLength: 1 }).map((entries) => new Map(entries)), at: fc.date({ min: new Date("0001-01-01"), max: new Date("9999-12-31"), noInvalidDate: true }), wrapped: int64, json: fc.jsonValue({ maxDepth: 2 }), maybe: int32, raw: fc.uint8Array({ minLength: 1 }), ds: fc.array(fc.double(), { minLength: 1 }), s64: int64.filter((n) => n !== 0n), u64: uint64, parent: fc.option(tie("order"), { nil: undefined, maxDepth: 2 }) }, // prettier-ignore
        { requiredKeys: [] },
      ),
    })).order;
    fc.assert(
      fc.property(value, (order) => {
        const bytes = serializeToProtobuf(order, { schema: ORDER });
        const copy = deserializeFromProtobuf(bytes, { schema: ORDER });
        assert.deepEqual(serializeToProtobuf(copy, { schema: ORDER }), bytes);
        const theirs = toBinary(type, fromBinary(type, bytes));
        assert.deepEqual(deserializeFromProtobuf(theirs, { schema: ORDER }), copy);
      }),
      { numRuns: 100 },
    );
  });

  it("takes a descriptor set", () => {
    const set = create(FileDescriptorSetSchema, { file: compileProto(ORDER.source, ORDER.imports ?? {}).file });
    const schema = { message: "shop.v1.Order", descriptors: toBinary(FileDescriptorSetSchema, set) };
    assert.deepEqual(serializeToProtobuf(VALUE, { schema }), serializeToProtobuf(VALUE, { schema: ORDER }));
    const timestamp = { message: "google.protobuf.Timestamp", descriptors: toBinary(FileDescriptorSetSchema, create(FileDescriptorSetSchema, { file: [file_google_protobuf_timestamp.proto] })) }; // prettier-ignore
    const now = new Date(-1);
    assert.deepEqual(
      deserializeFromProtobuf(serializeToProtobuf(now, { schema: timestamp }), { schema: timestamp }),
      now,
    );
  });

  it("gives defaults where they are asked for", () => {
    const value = deserializeFromProtobuf(new Uint8Array(0), { schema: ORDER, defaults: true }) as Record<
      string,
      unknown
    >;
    assert.deepEqual([value.id, value.userName, value.tags, value.items, value.byId, value.state], [0n, "", [], {}, new Map(), "STATE_UNSPECIFIED"]); // prettier-ignore
    assert.equal("maybe" in value || "a" in value || "at" in value, false);
    assert.deepEqual(deserializeFromProtobuf(new Uint8Array(0), { schema: ORDER }), {});
  });

  it("takes both names of a field, objects as maps, numbers as 64 bits, and null as absence", () => {
    const bytes = serializeToProtobuf({ user_name: "x", id: 5, byId: { 7: "a" }, byFlag: { true: 1 }, maybe: null, state: 1 }, { schema: ORDER }); // prettier-ignore
    assert.deepEqual(deserializeFromProtobuf(bytes, { schema: ORDER }), { id: 5n, userName: "x", byId: new Map([[7n, "a"]]), state: "PAID", byFlag: new Map([[true, "PAID"]]) }); // prettier-ignore
  });

  it("names what the schema has no place for", () => {
    const refused = (value: unknown, message: RegExp): void => {
      assert.throws(() => serializeToProtobuf(value, { schema: ORDER }), {
        code: "SEALTRACE_VALUE_UNSUPPORTED",
        message,
      });
    };
    refused({ nothing: 1 }, /property "nothing".*shop\.v1\.Order has no field/);
    refused({ children: [{}, { id: "5" }] }, /children\[1\]\.id is string .5..*int64/);
    refused({ parent: { s: 2 ** 31 } }, /parent\.s .*sint32/);
    refused({ s: 1.5 }, /s is number 1\.5/);
    refused({ state: "UNKNOWN" }, /state.*enum/);
    refused({ userName: "\uD800" }, /userName.*string/);
    refused({ a: "x", b: 1 }, /more than one of choice/);
    refused({ thing: {} }, /thing lacks x/);
    refused({ at: "2026" }, /at is string.*Timestamp/);
    refused({ tags: "x" }, /array, for tags/);
    refused({ items: 5 }, /Map or an object, for items/);
    refused({ user_name: "x", userName: "y" }, /twice/);
    refused([], /an object, where/);
    refused({ json: () => 1 }, /json/);
    const cyclic: Record<string, unknown> = {};
    cyclic.parent = cyclic;
    refused(cyclic, /leads back to itself/);
    const list: unknown[] = [];
    list.push(list);
    refused({ json: list }, /leads back to itself/);
  });

  it("says what is wrong with a schema, and where", () => {
    const refused = (source: string, message: RegExp, name = "M"): void => {
      assert.throws(() => serializeToProtobuf({}, { schema: { message: name, source } }), { code: "SEALTRACE_USAGE", message }, source); // prettier-ignore
    };
    refused("message M {\n int32 x 1; }", /schema\.proto, line 2: "=" is expected, not "1"/);
    refused("message M {", /line 1/);
    refused('edition = "2023"; message M {}', /editions/);
    refused("message M { Missing x = 1; }", /type Missing of the field x is unknown/);
    refused('import "missing.proto";', /imports "missing\.proto", which is not given/);
    refused("message N {}", /describes no message "M"/);
    refused("message M { \u0001 }", /character/);
    refused("message M {".repeat(100), /32 levels/);
    refused("message M { option x = {", /too early/);
    refused('syntax = "proto9";', /proto2 or proto3/);
    refused("/* open", /character|ends|name/);
    const cycle = { message: "M", source: 'import "a";', imports: { a: 'import "b";', b: 'import "a";' } };
    assert.throws(() => serializeToProtobuf({}, { schema: cycle }), { code: "SEALTRACE_USAGE", message: /imports itself/ }); // prettier-ignore
    assert.throws(() => serializeToProtobuf({}, { schema: { message: "M", descriptors: new Uint8Array([9]) } }), { code: "SEALTRACE_USAGE" }); // prettier-ignore
  });
});

describe("Protobuf from strangers, by a schema", () => {
  const M = small("message M { int32 a = 1; M m = 2; repeated int32 l = 3; map<string, int32> s = 4; string t = 5; oneof o { int32 p = 6; int32 q = 7; } }"); // prettier-ignore

  const refused = (hex: string, code: string, message: RegExp, options: ProtobufReadingOptions = {}): void => {
    assert.throws(() => read(hex, M, options), { code: `SEALTRACE_${code}`, message }, hex);
  };

  it("reads as every reader of Protobuf does: the last counts, messages merge, packed or not", () => {
    assert.deepEqual(read("08 01 08 02", M), { a: 2 });
    assert.deepEqual(read("12 02 08 01 12 02 18 05", M), { m: { a: 1, l: [5] } });
    assert.deepEqual(read("18 01 1a 02 02 03 18 04", M), { l: [1, 2, 3, 4] });
    assert.deepEqual(read("30 01 38 02", M), { q: 2 });
    assert.deepEqual(read("22 00", M), { s: { "": 0 } });
    assert.deepEqual(read("22 04 10 05 0a 00", M), { s: { "": 5 } });
    assert.deepEqual(read("08 ff ff ff ff ff ff ff ff ff 01", M), { a: -1 });
    assert.deepEqual(read("22 0d 0a 09 5f5f70726f746f5f5f 10 01", M), { s: JSON.parse('{"__proto__":1}') as object });
  });

  it("believes no length that isn't there", () => {
    refused("2a ff ff ff ff 0f", "DATA_TRUNCATED", /too early/);
    refused("2a ff ff ff ff ff ff ff ff 7f 00", "DATA_TRUNCATED", /too early/);
    refused("1a 05 01", "DATA_TRUNCATED", /too early/);
    refused("08", "DATA_TRUNCATED", /too early/);
    refused("12 02 08", "DATA_TRUNCATED", /too early/);
    refused("12 01 08 01", "INVALID_DATA", /after the end of its message/);
    refused("1a 01 80 01", "INVALID_DATA", /ends within a number/);
  });

  it("refuses what is no wire format", () => {
    refused("00", "INVALID_DATA", /number that none can have/);
    refused("08 ff ff ff ff ff ff ff ff ff ff 01", "INVALID_DATA", /ten bytes/);
    refused("0c", "INVALID_DATA", /group ends/);
    refused("0e", "INVALID_DATA", /wire type/, { keepUnknown: true });
    refused("2a 01 ff", "INVALID_DATA", /UTF-8/);
    refused("2a 03 eda080", "INVALID_DATA", /UTF-8/);
  });

  it("holds its limits, a million levels and packed bombs among them", () => {
    let deep: Record<string, unknown> = {};
    for (let i = 0; i < 1_000_000; i += 1) deep = { m: deep };
    const bytes = serializeToProtobuf(deep, { schema: M });
    assert.throws(() => deserializeFromProtobuf(bytes, { schema: M }), { code: "SEALTRACE_LIMIT_EXCEEDED", message: /512 levels/ }); // prettier-ignore
    let levels = 0;
    let copy = deserializeFromProtobuf(bytes, { schema: M, maxDepth: 1_000_000 }) as typeof deep;
    for (; copy.m !== undefined; copy = copy.m as typeof deep) levels += 1;
    assert.equal(levels, 1_000_000);
    const packed = `1a 90 4e ${"01".repeat(10_000)}`;
    refused(packed, "LIMIT_EXCEEDED", /9000 values/, { maxValues: 9000 });
    refused("0a 00", "TYPE_REFUSED", /field 1 of M/);
    refused("7b".repeat(1000), "LIMIT_EXCEEDED", /512 levels/, { keepUnknown: true });
    refused("08 01", "LIMIT_EXCEEDED", /1 bytes/, { maxBytes: 1 });
  });

  it("refuses fields that the schema doesn't know, or keeps and writes them", () => {
    refused("78 05", "TYPE_REFUSED", /field 15 of M/);
    const hex = "08017a0201027b08057c7d01020304";
    const value = read(hex, M, { keepUnknown: true }) as Record<string | symbol, unknown>;
    assert.deepEqual(Object.keys(value), ["a"]);
    assert.equal((value[UNKNOWN_FIELDS] as unknown[]).length, 3);
    assert.equal(Buffer.from(serializeToProtobuf(value, { schema: M })).toString("hex"), hex);
    refused("7b 08 05", "DATA_TRUNCATED", /early/, { keepUnknown: true });
    refused("7b 74", "INVALID_DATA", /group/, { keepUnknown: true });
  });

  it("wants what proto2 requires", () => {
    const schema = { message: "R", source: "message R { required int32 x = 1; optional R r = 2; }" };
    assert.throws(() => read("", schema), { code: "SEALTRACE_INVALID_DATA", message: /required field x of a R/ });
    assert.throws(() => read("08 01 12 00", schema), { code: "SEALTRACE_INVALID_DATA", message: /required field x/ });
  });

  it("throws nothing but SealtraceError, and writes what it takes", () => {
    const bytes = serializeToProtobuf(VALUE, { schema: ORDER });
    const options = { schema: ORDER, keepUnknown: true };
    let taken = 0;
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 3 }),
        (changes) => {
          const changed = Uint8Array.from(bytes);
          for (const [at, byte] of changes) changed[at] = byte;
          let value: unknown;
          try {
            value = deserializeFromProtobuf(changed, options);
          } catch (error) {
            if (error instanceof SealtraceError) return;
            throw error;
          }
          const written = serializeToProtobuf(value, { schema: ORDER });
          assert.deepEqual(serializeToProtobuf(deserializeFromProtobuf(written, options), { schema: ORDER }), written);
          taken += 1;
        },
      ),
      { numRuns: 1000 },
    );
    assert.ok(taken > 50);
  });
});
