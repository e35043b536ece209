/** What Protobuf's own conformance suite asks about messages, oneofs, maps, unknown fields and well-known types, with its messages. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { deserializeFromProtobuf, serializeToProtobuf, UNKNOWN_FIELDS, type ProtobufReadingOptions, type SchemaOfSource } from "../../../src/serialize-utils/index.ts"; // prettier-ignore
import { double, END_GROUP, field, fixed, FIXED32, FIXED64, float, GROUP, LENGTH, message, PROTO2, PROTO3, tag, varint as v, VARINT } from "./wire.ts"; // prettier-ignore

type Read = Record<string | symbol, unknown>;
const SCHEMAS = [PROTO3, PROTO2];
const KEEP = { keepUnknown: true };
const join = (...parts: Uint8Array[]): Buffer => Buffer.concat(parts);
const int = (number: number, value: bigint | number): Buffer => field(number, VARINT, v(value));

function read(bytes: Uint8Array, schema: SchemaOfSource = PROTO3, options: ProtobufReadingOptions = {}): Read {
  return deserializeFromProtobuf(bytes, { schema, ...options }) as Read;
}

function write(value: unknown, schema: SchemaOfSource = PROTO3): Buffer {
  return Buffer.from(serializeToProtobuf(value, { schema }));
}

function refused(bytes: Uint8Array, code: string, options: ProtobufReadingOptions = {}, schemas = SCHEMAS): void {
  for (const schema of schemas) {
    assert.throws(
      () => read(bytes, schema, options),
      { code: `SEALTRACE_${code}` },
      Buffer.from(bytes).toString("hex"),
    );
  }
}

const small = (source: string): SchemaOfSource => ({ message: "M", source });

describe("Messages of Protobuf", () => {
  it("merge when they come in pieces: fields by the last, lists one after the other, messages in them likewise", () => {
    const first = message(18, int(1, 1234), message(2, int(1, 1), int(2, 2), field(31, LENGTH, v(1), v(2))));
    const second = message(18, int(1, 4321), message(2, int(1, 3), int(3, 4), int(31, 3)));
    const merged = { a: 4321, corecursive: { optionalInt32: 3, optionalInt64: 2n, optionalUint32: 4, repeatedInt32: [1, 2, 3] } }; // prettier-ignore
    for (const schema of SCHEMAS) {
      assert.deepStrictEqual(read(join(first, second), schema), { optionalNestedMessage: merged });
      assert.deepStrictEqual(read(message(27, first, second), schema), {
        recursiveMessage: { optionalNestedMessage: merged },
      });
      assert.deepStrictEqual(read(join(first, message(18)), schema), read(first, schema));
      assert.deepStrictEqual(read(join(message(48, int(1, 1)), message(48, int(1, 2))), schema), { repeatedNestedMessage: [{ a: 1 }, { a: 2 }] }); // prettier-ignore
    }
  });

  it("of proto2 may bring what they require in a later piece", () => {
    const schema = small("message M { optional R r = 1; repeated R l = 2; oneof o { R a = 3; int32 b = 4; } map<int32, R> m = 5; } message R { required int32 x = 1; optional int32 y = 2; }"); // prettier-ignore
    assert.deepStrictEqual(read(join(message(1, int(2, 5)), message(1, int(1, 6))), schema), { r: { x: 6, y: 5 } });
    assert.deepStrictEqual(read(join(message(3), int(4, 1)), schema), { b: 1 });
    assert.deepStrictEqual(read(join(message(5, int(1, 7), message(2)), message(5, int(1, 7), message(2, int(1, 1)))), schema), { m: new Map([[7, { x: 1 }]]) }); // prettier-ignore
    for (const bytes of [message(1, int(2, 5)), join(message(2, int(1, 1)), message(2)), message(3), message(5, int(1, 7), message(2))]) {
      assert.throws(() => read(bytes, schema), { code: "SEALTRACE_INVALID_DATA", message: /required field x of a R/ });
    }
  }); // prettier-ignore

  it("tell presence where the schema does", () => {
    const schema = small('syntax = "proto3"; message M { int32 a = 1; optional int32 b = 2; M m = 3; repeated int32 l = 4; string s = 5; optional bytes y = 6; }'); // prettier-ignore
    assert.deepEqual(write({ a: 0, b: 0, m: {}, l: [], s: "", y: new Uint8Array(0) }, schema), join(int(2, 0), message(3), message(6))); // prettier-ignore
    assert.deepStrictEqual(read(join(int(2, 0), message(3), message(6)), schema), {
      b: 0,
      m: {},
      y: new Uint8Array(0),
    });
    assert.deepStrictEqual(read(Buffer.alloc(0), schema, { defaults: true }), { a: 0, l: [], s: "" });
    assert.deepStrictEqual(read(Buffer.alloc(0), PROTO2, { defaults: true }).defaultInt32, undefined);
    for (const bytes of [int(1, 0), field(11, FIXED32, float(0)), message(14)]) {
      assert.deepEqual([write(read(bytes)).length, write(read(bytes, PROTO2), PROTO2)], [0, bytes]);
    }
    assert.deepEqual(write({ optionalFloat: -0, optionalDouble: -0 }), join(field(11, FIXED32, float(-0)), field(12, FIXED64, double(-0)))); // prettier-ignore
  });
});

describe("Oneofs of Protobuf", () => {
  const members: [string, unknown, Buffer][] = [
    ["oneofUint32", 0, int(111, 0)],
    ["oneofNestedMessage", {}, message(112)],
    ["oneofString", "", message(113)],
    ["oneofBytes", new Uint8Array(0), message(114)],
    ["oneofBool", false, int(115, 0)],
    ["oneofUint64", 0n, int(116, 0)],
    ["oneofFloat", 0, field(117, FIXED32, float(0))],
    ["oneofDouble", 0, field(118, FIXED64, double(0))],
    ["oneofEnum", "FOO", int(119, 0)],
  ];

  it("have the member that came last, also with its default", () => {
    for (const [name, value, bytes] of members) {
      for (const schema of SCHEMAS) {
        assert.deepEqual(write({ [name]: value }, schema), bytes);
        for (const [, , before] of members)
          assert.deepStrictEqual(read(join(before, bytes), schema), { [name]: value });
      }
    }
  });

  it("merge a message that comes twice, unless another was between", () => {
    const [a, b] = [message(112, int(1, 5)), message(112, message(2, int(1, 6)))];
    assert.deepStrictEqual(read(join(a, b)), { oneofNestedMessage: { a: 5, corecursive: { optionalInt32: 6 } } });
    assert.deepStrictEqual(read(join(a, int(111, 1), b)), {
      oneofNestedMessage: { corecursive: { optionalInt32: 6 } },
    });
  });
});

describe("Maps of Protobuf", () => {
  const kinds: [string, number, Buffer, unknown, number][] = [
    ["Int32Int32", 56, v(-1), -1, VARINT],
    ["Int64Int64", 57, v(-1), -1n, VARINT],
    ["Uint32Uint32", 58, v(7), 7, VARINT],
    ["Uint64Uint64", 59, v(7), 7n, VARINT],
    ["Sint32Sint32", 60, v(3), -2, VARINT],
    ["Sint64Sint64", 61, v(3), -2n, VARINT],
    ["Fixed32Fixed32", 62, fixed(1, 4), 1, FIXED32],
    ["Fixed64Fixed64", 63, fixed(1, 8), 1n, FIXED64],
    ["Sfixed32Sfixed32", 64, fixed(-1, 4), -1, FIXED32],
    ["Sfixed64Sfixed64", 65, fixed(-1, 8), -1n, FIXED64],
    ["BoolBool", 68, v(1), true, VARINT],
    ["StringString", 69, v(1), "\0", LENGTH],
  ];
  const zeros: Record<string, unknown> = { number: 0, bigint: 0n, boolean: false, string: "" };
  const map = (key: unknown, value: unknown): unknown => typeof key === "string" ? { [key]: value } : new Map([[key, value]]); // prettier-ignore

  it("take entries with their parts in any order, absent, twice, and the last of a key", () => {
    for (const [type, number, payload, item, wireType] of kinds) {
      const content = wireType === LENGTH ? Buffer.from("\0") : payload;
      const [key, value] = [field(1, wireType, content), field(2, wireType, content)];
      const zero = zeros[typeof item];
      const is = (expected: unknown, ...entries: Buffer[]): void => {
        for (const schema of SCHEMAS) assert.deepStrictEqual(read(join(...entries), schema), { [`map${type}`]: expected }, type);
      }; // prettier-ignore
      is(map(item, item), message(number, key, value));
      is(map(item, item), message(number, value, key));
      is(map(zero, item), message(number, value));
      is(map(item, zero), message(number, key));
      is(map(zero, zero), message(number));
      is(map(item, item), message(number, key, value, key, value));
      is(map(item, zero), message(number, key, value), message(number, key));
      assert.deepEqual(write({ [`map${type}`]: map(item, item) }), message(number, key, value));
      for (let end = 1; end < message(number, key, value).length; end += 1) {
        refused(message(number, key, value).subarray(0, end), "DATA_TRUNCATED");
      }
    }
  });

  it("have messages, enumerations, bytes and floats as values", () => {
    const key = message(1, "k");
    assert.deepStrictEqual(read(message(71, key, message(2, int(1, 1)), message(2, message(2)))), { mapStringNestedMessage: { k: { a: 1, corecursive: {} } } }); // prettier-ignore
    assert.deepStrictEqual(read(join(message(71, key, message(2, int(1, 1))), message(71, key))), { mapStringNestedMessage: { k: {} } }); // prettier-ignore
    assert.deepStrictEqual(read(message(73, key)), { mapStringNestedEnum: { k: "FOO" } });
    assert.deepStrictEqual(read(message(73, key, int(2, -1))), { mapStringNestedEnum: { k: "NEG" } });
    assert.deepStrictEqual(read(message(70, key)), { mapStringBytes: { k: new Uint8Array(0) } });
    assert.deepStrictEqual(read(message(66, int(1, 1), field(2, FIXED32, float(NaN)))), { mapInt32Float: new Map([[1, NaN]]) }); // prettier-ignore
    assert.deepStrictEqual(read(message(67, int(1, 1))), { mapInt32Double: new Map([[1, 0]]) });
    const first = small("enum E { TWO = 2; ZERO = 0; } message M { map<int32, E> m = 1; map<int32, N> n = 2; } message N { repeated int32 l = 1; }"); // prettier-ignore
    assert.deepStrictEqual(read(message(1), first), { m: new Map([[0, "TWO"]]) });
    assert.deepStrictEqual(read(message(2), first, { defaults: true }), { m: new Map(), n: new Map([[0, { l: [] }]]) });
    refused(message(56, message(1, "x")), "TYPE_REFUSED");
    assert.deepStrictEqual(read(message(56, int(3, 1), int(2, 5)), PROTO3, KEEP), { mapInt32Int32: new Map([[0, 5]]) });
  });
});

describe("Tags, groups and unknown fields of Protobuf", () => {
  it("refuses the field number 0 and the wire types 6 and 7, wherever they are", () => {
    for (const wireType of [VARINT, FIXED64, LENGTH, GROUP, END_GROUP, FIXED32, 6, 7]) {
      const bytes = join(tag(0, wireType), Buffer.alloc(10));
      refused(bytes, "INVALID_DATA", KEEP);
      refused(message(18, bytes), "INVALID_DATA", KEEP);
      refused(field(600, GROUP, bytes), "INVALID_DATA", KEEP);
    }
    refused(Buffer.from([0x80, 0x00, 0x00]), "INVALID_DATA", KEEP);
    for (const wireType of [6, 7]) {
      for (const number of [1, 18, 31, 56, 600]) {
        refused(join(tag(number, wireType), Buffer.alloc(10)), "INVALID_DATA", KEEP);
        refused(message(18, message(2, tag(number, wireType), Buffer.alloc(10))), "INVALID_DATA", KEEP);
      }
    }
  });

  it("takes numbers up to 2^29 - 1 and tags that are longer than they need be, but none beyond 32 bits", () => {
    const last = field(2 ** 29 - 1, VARINT, v(1));
    assert.deepEqual(write(read(last, PROTO3, KEEP)), last);
    assert.deepStrictEqual(read(join(v(8, 3), v(5))), { optionalInt32: 5 });
    refused(join(v(2n ** 32n + 8n), v(5)), "INVALID_DATA", KEEP);
  });

  it("refuses groups that end without having begun, otherwise than they began, or not", () => {
    refused(tag(1, END_GROUP), "INVALID_DATA", KEEP);
    refused(message(18, tag(18, END_GROUP)), "INVALID_DATA", KEEP);
    refused(join(tag(600, GROUP), tag(601, END_GROUP)), "INVALID_DATA", KEEP);
    refused(join(tag(600, GROUP), tag(601, GROUP), tag(600, END_GROUP), tag(601, END_GROUP)), "INVALID_DATA", KEEP);
    refused(join(tag(201, GROUP), tag(202, END_GROUP)), "INVALID_DATA", KEEP);
    refused(join(tag(600, GROUP), int(1, 1)), "DATA_TRUNCATED", KEEP);
    refused(join(tag(201, GROUP), int(202, 1)), "DATA_TRUNCATED", {}, [PROTO2]);
    refused(join(message(27, tag(201, GROUP)), int(1, 1)), "INVALID_DATA", {}, [PROTO2]);
  });

  it("reads groups of proto2, alone, in pieces, in a list and in a oneof", () => {
    const group = (number: number, ...content: Buffer[]): Buffer => field(number, GROUP, ...content);
    assert.deepStrictEqual(read(group(201, int(202, 5)), PROTO2), { data: { groupInt32: 5 } });
    assert.deepStrictEqual(read(join(group(201, int(202, 5)), group(201, int(203, 6))), PROTO2), { data: { groupInt32: 5, groupUint32: 6 } }); // prettier-ignore
    const multiWord = join(group(204, int(205, -1)));
    assert.deepEqual(write(read(multiWord, PROTO2), PROTO2), multiWord);
    refused(message(201, int(202, 5)), "TYPE_REFUSED", {}, [PROTO2]);
    refused(group(18, int(1, 5)), "TYPE_REFUSED");
    const own = small("message M { repeated group G = 1 { optional M m = 1; } oneof o { group H = 2 { optional int32 x = 2; } int32 i = 3; } }"); // prettier-ignore
    const bytes = join(group(1), group(1, message(1, group(1), group(2, int(2, 1)))));
    assert.deepStrictEqual(read(bytes, own), { g: [{}, { m: { g: [{}], h: { x: 1 } } }] });
    assert.deepEqual(write(read(bytes, own), own), bytes);
  });

  it("refuses unknown fields, or keeps them as they are where they are: groups and extensions too", () => {
    const fields = [int(600, -1), field(601, FIXED32, fixed(1, 4)), message(602, "x"), field(603, FIXED64, fixed(1, 8)), field(604, GROUP, int(1, 1), field(2, GROUP, message(3, "\0")))]; // prettier-ignore
    const unknown = join(...fields);
    const ends = fields.map((_, i) => join(...fields.slice(0, i)).length);
    refused(unknown, "TYPE_REFUSED");
    for (const schema of SCHEMAS) {
      const bytes = join(int(1, 5), message(18, int(1, 1), unknown), message(48, unknown), message(48), unknown);
      const value = read(bytes, schema, KEEP);
      assert.equal((value[UNKNOWN_FIELDS] as unknown[]).length, 5);
      assert.deepEqual(write(value, schema), bytes);
      for (let end = 1; end < unknown.length; end += 1) {
        const start = unknown.subarray(0, end);
        if (ends.includes(end)) assert.deepEqual(write(read(start, schema, KEEP), schema), start);
        else refused(start, "DATA_TRUNCATED", KEEP, [schema]);
      }
    }
    const extension = join(int(120, 5), field(121, GROUP, int(122, 1)));
    assert.deepEqual(write(read(extension, PROTO2, KEEP), PROTO2), extension);
  });

  it("ends too early in messages: the whole, and a message within", () => {
    const inner = message(2, int(1, 300));
    for (const number of [18, 48, 27, 112]) {
      const bytes = message(number, inner);
      for (let end = 1; end < bytes.length; end += 1) refused(bytes.subarray(0, end), "DATA_TRUNCATED");
      for (let end = 1; end < inner.length; end += 1) {
        const cut = message(number, inner.subarray(0, end));
        refused(cut, "DATA_TRUNCATED", KEEP);
        // With so much after it that every length is there.
        refused(join(cut, int(1, 1), message(14, "x".repeat(300))), "INVALID_DATA", KEEP);
      }
    }
  });
});

describe("Well-known types of Protobuf", () => {
  const both = (bytes: Buffer, value: Read): void => {
    assert.deepStrictEqual(read(bytes), value);
    assert.deepEqual(write(value), bytes);
  };
  const time = (seconds: bigint | number, nanos: number): Buffer => message(302, int(1, seconds), int(2, nanos));

  it("Timestamp is Date, rounded down to milliseconds, in the years 1 to 9999 and before 1970 too", () => {
    both(message(302, int(1, 1), int(2, 5_000_000)), { optionalTimestamp: new Date(1005) });
    assert.deepEqual(read(message(302)), { optionalTimestamp: new Date(0) });
    assert.deepEqual(read(time(-1, 999_999_999)), { optionalTimestamp: new Date(-1) });
    assert.deepEqual(read(time(-62_135_596_800n, 0)), { optionalTimestamp: new Date("0001-01-01") });
    assert.deepEqual(read(time(253_402_300_799n, 999_999_999)), { optionalTimestamp: new Date("9999-12-31T23:59:59.999Z") }); // prettier-ignore
    assert.deepEqual(read(join(message(302, int(1, 5)), message(302, int(2, 7_000_000)))), { optionalTimestamp: new Date(5007) }); // prettier-ignore
    refused(time(2n ** 62n, 0), "INVALID_DATA", {}, [PROTO3]);
  });

  it("Duration, FieldMask, Any and Empty are their fields", () => {
    both(message(301, int(1, -5), int(2, -1)), { optionalDuration: { seconds: -5n, nanos: -1 } });
    both(message(303, message(1, "a.b"), message(1, "c")), { optionalFieldMask: { paths: ["a.b", "c"] } });
    both(message(305, message(1, "t/x"), message(2, Buffer.from([8, 1]))), { optionalAny: { typeUrl: "t/x", value: Uint8Array.of(8, 1) } }); // prettier-ignore
    both(message(308), { optionalEmpty: {} });
  });

  it("wrappers are their value, also of an empty message, and of one in pieces", () => {
    const wrapped: [string, number, Buffer, unknown, unknown][] = [
      ["Bool", 201, int(1, 1), true, false],
      ["Int32", 202, int(1, -1), -1, 0],
      ["Int64", 203, int(1, -1), -1n, 0n],
      ["Uint32", 204, int(1, 5), 5, 0],
      ["Uint64", 205, int(1, 5), 5n, 0n],
      ["Float", 206, field(1, FIXED32, float(0.5)), 0.5, 0],
      ["Double", 207, field(1, FIXED64, double(0.5)), 0.5, 0],
      ["String", 208, message(1, "x"), "x", ""],
      ["Bytes", 209, message(1, "x"), Uint8Array.of(0x78), new Uint8Array(0)],
    ];
    for (const [type, number, bytes, value, zero] of wrapped) {
      both(message(number, bytes), { [`optional${type}Wrapper`]: value });
      both(message(number), { [`optional${type}Wrapper`]: zero });
      both(join(message(number + 10), message(number + 10, bytes)), { [`repeated${type}Wrapper`]: [zero, value] });
      assert.deepStrictEqual(read(join(message(number, bytes), message(number))), {
        [`optional${type}Wrapper`]: value,
      });
    }
  });

  it("Struct, Value and ListValue are JSON, and merge as messages do", () => {
    const text = (value: string): Buffer => message(3, value);
    const entry = (key: string, value: Buffer): Buffer => message(1, message(1, key), message(2, value));
    const number = field(2, FIXED64, double(1.5));
    both(message(304, entry("a", text("x")), entry("b", int(1, 0))), { optionalStruct: { a: "x", b: null } });
    both(message(306, message(6, message(1, number), message(1, int(4, 1)), message(1, message(5)))), { optionalValue: [1.5, true, {}] }); // prettier-ignore
    both(message(306, int(1, 0)), { optionalValue: null });
    both(join(message(317), message(317, message(1, text("")))), { repeatedListValue: [[], [""]] });
    assert.deepStrictEqual(read(message(306)), { optionalValue: null });
    assert.deepStrictEqual(read(message(306, text("x"), number)), { optionalValue: 1.5 });
    assert.deepStrictEqual(read(join(message(304, entry("a", number)), message(304, entry("b", number)))), { optionalStruct: { a: 1.5, b: 1.5 } }); // prettier-ignore
    assert.deepStrictEqual(read(join(message(306, message(5, entry("a", number))), message(306, message(5, entry("b", number))))), { optionalValue: { a: 1.5, b: 1.5 } }); // prettier-ignore
    assert.deepStrictEqual(read(join(message(306, message(6, message(1, number))), message(306, message(6, message(1, text("x")))))), { optionalValue: [1.5, "x"] }); // prettier-ignore
    assert.deepStrictEqual(read(join(message(306, int(1, 0)), message(306, text("x")))), { optionalValue: "x" });
    assert.deepStrictEqual(read(join(message(306, text("x")), message(306))), { optionalValue: "x" });
    assert.deepStrictEqual(read(int(307, 0)), { optionalNullValue: "NULL_VALUE" });
  });
});
