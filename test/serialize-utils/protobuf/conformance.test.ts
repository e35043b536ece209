/** What Protobuf's own conformance suite asks of readers and writers of the binary format, with its messages. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { deserializeFromProtobuf, serializeToProtobuf, UNKNOWN_FIELDS, type ProtobufReadingOptions, type SchemaOfSource } from "../../../src/serialize-utils/index.ts"; // prettier-ignore
import { double, field, fixed, FIXED32, FIXED64, float, GROUP, LENGTH, message, PROTO2, PROTO3, publishedSchema, tag, varint, VARINT } from "./wire.ts"; // prettier-ignore

type Read = Record<string | symbol, unknown>;
const SCHEMAS = [PROTO3, PROTO2];
const bytesOf = (...hex: number[]): Uint8Array => Uint8Array.from(hex);

function read(bytes: Uint8Array, schema: SchemaOfSource = PROTO3, options: ProtobufReadingOptions = {}): Read {
  return deserializeFromProtobuf(bytes, { schema, ...options }) as Read;
}

function write(value: unknown, schema: SchemaOfSource = PROTO3): Uint8Array {
  return serializeToProtobuf(value, { schema });
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

const MAX64 = 2n ** 63n - 1n;
const MIN64 = -(2n ** 63n);
const FULL64 = 2n ** 64n - 1n;
const MAX32 = 2 ** 31 - 1;
const MIN32 = -(2 ** 31);
const FULL32 = 2 ** 32 - 1;
const v = varint;

/** Payloads and what they mean. Those after `null` are no writer's, but must be read. */
type Payloads = readonly (readonly [Buffer, unknown] | null)[];
interface ScalarCase {
  readonly type: string;
  /** Of optional_, repeated_, packed_ and unpacked_ with the type's name after it. */
  readonly fields: readonly [number, number, number, number];
  readonly wireType: number;
  readonly payloads: Payloads;
}

const INT32: Payloads = [
  [v(0), 0], [v(1), 1], [v(MAX32), MAX32], [v(-1), -1], [v(MIN32), MIN32],
  null, [v(0, 3), 0], [v(7, 9), 7], [v(FULL32), -1], [v(2 ** 31), MIN32], [v(2n ** 40n + 5n), 5], [v(MAX64), -1], [v(MIN64), 0],
]; // prettier-ignore

const SCALARS: readonly ScalarCase[] = [
  { type: "Int32", fields: [1, 31, 75, 89], wireType: VARINT, payloads: INT32 },
  { type: "Int64", fields: [2, 32, 76, 90], wireType: VARINT, payloads: [[v(0), 0n], [v(MAX64), MAX64], [v(MIN64), MIN64], [v(-1), -1n], [v(2n ** 32n), 2n ** 32n], null, [v(1, 9), 1n], [v(300, 5), 300n]] }, // prettier-ignore
  { type: "Uint32", fields: [3, 33, 77, 91], wireType: VARINT, payloads: [[v(0), 0], [v(FULL32), FULL32], null, [v(5, 9), 5], [v(2n ** 33n - 1n), FULL32], [v(2n ** 32n), 0], [v(-1), FULL32]] }, // prettier-ignore
  { type: "Uint64", fields: [4, 34, 78, 92], wireType: VARINT, payloads: [[v(0), 0n], [v(FULL64), FULL64], [v(2n ** 63n), 2n ** 63n], null, [v(128, 8), 128n]] }, // prettier-ignore
  { type: "Sint32", fields: [5, 35, 79, 93], wireType: VARINT, payloads: [[v(0), 0], [v(1), -1], [v(2), 1], [v(FULL32), MIN32], [v(FULL32 - 1), MAX32], null, [v(3, 9), -2], [v(2n ** 32n + 2n), 1], [v(FULL64), MIN32]] }, // prettier-ignore
  { type: "Sint64", fields: [6, 36, 80, 94], wireType: VARINT, payloads: [[v(0), 0n], [v(1), -1n], [v(FULL64), MIN64], [v(FULL64 - 1n), MAX64], null, [v(3, 9), -2n]] }, // prettier-ignore
  { type: "Fixed32", fields: [7, 37, 81, 95], wireType: FIXED32, payloads: [[fixed(0, 4), 0], [fixed(FULL32, 4), FULL32], [fixed(0x01020304, 4), 0x01020304]] }, // prettier-ignore
  { type: "Fixed64", fields: [8, 38, 82, 96], wireType: FIXED64, payloads: [[fixed(0, 8), 0n], [fixed(FULL64, 8), FULL64]] }, // prettier-ignore
  { type: "Sfixed32", fields: [9, 39, 83, 97], wireType: FIXED32, payloads: [[fixed(0, 4), 0], [fixed(MAX32, 4), MAX32], [fixed(MIN32, 4), MIN32]] }, // prettier-ignore
  { type: "Sfixed64", fields: [10, 40, 84, 98], wireType: FIXED64, payloads: [[fixed(0, 8), 0n], [fixed(MAX64, 8), MAX64], [fixed(MIN64, 8), MIN64]] }, // prettier-ignore
  { type: "Float", fields: [11, 41, 85, 99], wireType: FIXED32, payloads: [[float(0), 0], [float(-0), -0], [float(0.1), Math.fround(0.1)], [float(1.401298464324817e-45), 1.401298464324817e-45], [float(3.4028234663852886e38), 3.4028234663852886e38], [float(Infinity), Infinity], [float(-Infinity), -Infinity], [float(NaN), NaN], null, [fixed(0xffffffff, 4), NaN], [fixed(0x7f800001, 4), NaN]] }, // prettier-ignore
  { type: "Double", fields: [12, 42, 86, 100], wireType: FIXED64, payloads: [[double(0), 0], [double(-0), -0], [double(0.1), 0.1], [double(5e-324), 5e-324], [double(Number.MAX_VALUE), Number.MAX_VALUE], [double(Infinity), Infinity], [double(-Infinity), -Infinity], [double(NaN), NaN], null, [fixed(FULL64, 8), NaN]] }, // prettier-ignore
  { type: "Bool", fields: [13, 43, 87, 101], wireType: VARINT, payloads: [[v(0), false], [v(1), true], null, [v(0, 9), false], [v(1, 9), true], [v(12345678), true], [v(2n ** 32n), true], [v(2n ** 63n), true], [v(-1), true]] }, // prettier-ignore
  { type: "NestedEnum", fields: [21, 51, 88, 102], wireType: VARINT, payloads: [[v(0), "FOO"], [v(2), "BAZ"], [v(-1), "NEG"], null, [v(1, 9), "BAR"], [v(2n ** 32n + 1n), "BAR"], [v(FULL32), "NEG"]] }, // prettier-ignore
];

describe("Protobuf's schemas", () => {
  it("are read: proto2 and proto3 with what they import, as protoc names their fields", () => {
    const names = ["fieldname1", "fieldName2", "FieldName3", "fieldName4", "field0name5", "field0Name6", "fieldName7", "FieldName8", "fieldName9", "FieldName10", "FIELDNAME11", "FIELDName12", "FieldName13", "FieldName14", "fieldName15", "fieldName16", "fieldName17", "FieldName18"]; // prettier-ignore
    const bytes = Buffer.concat(names.map((_, i) => field(401 + i, VARINT, v(i + 1))));
    const value = Object.fromEntries(names.map((name, i) => [name, i + 1]));
    for (const schema of SCHEMAS) {
      assert.deepStrictEqual(read(bytes, schema), value);
      assert.deepEqual(Buffer.from(write(value, schema)), bytes);
    }
  });

  it("give a message of every field, which is written as its own writers wrote it", () => {
    const path = "objectivec/Tests/";
    const imports = [`${path}unittest_import.proto`, `${path}unittest_import_public.proto`];
    const schema = publishedSchema(`${path}unittest.proto`, "objc.protobuf.tests.TestAllTypes", imports);
    const golden = readFileSync(new URL(`../../../testdata/protobuf/${path}golden_message`, import.meta.url));
    const value = read(golden, schema);
    assert.deepStrictEqual(
      [value.optionalInt32, value.optionalSint64, value.optionalFloat, value.optionalBytes, value.optionalGroup],
      [101, 106n, 111, bytesOf(1, 0, 2, 3, 0, 5), undefined],
    );
    assert.deepStrictEqual([value.optionalgroup, value.repeatedString], [{ a: 117 }, ["215", "315"]]);
    assert.equal(value[UNKNOWN_FIELDS], undefined);
    assert.deepEqual(Buffer.from(write(value, schema)), golden);
  });
});

describe("Scalars of Protobuf", () => {
  for (const { type, fields, wireType, payloads } of SCALARS) {
    const [single, repeated, packed, unpacked] = fields;
    const all = payloads.filter((payload) => payload !== null);
    const written = payloads.slice(0, payloads.includes(null) ? payloads.indexOf(null) : undefined) as typeof all;
    const values = all.map(([, value]) => value);
    const contents = all.map(([payload]) => payload);

    it(`${type}: every form of every value, the last of several, in a list packed or not`, () => {
      for (const schema of SCHEMAS) {
        for (const [payload, value] of all) {
          assert.deepStrictEqual(read(field(single, wireType, payload), schema), { [`optional${type}`]: value });
        }
        const several = Buffer.concat(contents.map((payload) => field(single, wireType, payload)));
        assert.deepStrictEqual(read(several, schema), { [`optional${type}`]: values.at(-1) });
        for (const [prefix, number] of [
          ["repeated", repeated],
          ["packed", packed],
          ["unpacked", unpacked],
        ] as const) {
          const apart = Buffer.concat(contents.map((payload) => field(number, wireType, payload)));
          const together = field(number, LENGTH, ...contents);
          const name = `${prefix}${type}`;
          assert.deepStrictEqual(read(apart, schema), { [name]: values });
          assert.deepStrictEqual(read(together, schema), { [name]: values });
          assert.deepStrictEqual(read(Buffer.concat([apart, together]), schema), { [name]: [...values, ...values] });
          assert.deepStrictEqual(read(field(number, LENGTH), schema), {});
        }
      }
    });

    it(`${type}: is written in its shortest form, packed where the schema says so`, () => {
      const list = written.map(([, value]) => value);
      const apart = (number: number): Buffer =>
        Buffer.concat(written.map(([payload]) => field(number, wireType, payload)));
      const together = (number: number): Buffer => field(number, LENGTH, ...written.map(([payload]) => payload));
      for (const schema of SCHEMAS) {
        for (const [payload, value] of written) {
          const isDefault = schema === PROTO3 && value === written[0]?.[1] && !Object.is(value, -0);
          const expected = isDefault ? Buffer.alloc(0) : field(single, wireType, payload);
          assert.deepEqual(Buffer.from(write({ [`optional${type}`]: value }, schema)), expected, String(value));
        }
        assert.deepEqual(Buffer.from(write({ [`packed${type}`]: list }, schema)), together(packed));
        assert.deepEqual(Buffer.from(write({ [`unpacked${type}`]: list }, schema)), apart(unpacked));
        const byDefault = schema === PROTO3 ? together(repeated) : apart(repeated);
        assert.deepEqual(Buffer.from(write({ [`repeated${type}`]: list }, schema)), byDefault);
      }
    });

    it(`${type}: ends too early at every place, alone, in a list and packed`, () => {
      const bytes = field(single, wireType, contents.at(-1) as Buffer);
      const list = field(packed, LENGTH, contents.at(-1) as Buffer);
      for (let end = 1; end < bytes.length; end += 1) refused(bytes.subarray(0, end), "DATA_TRUNCATED");
      for (let end = 1; end < list.length; end += 1) refused(list.subarray(0, end), "DATA_TRUNCATED");
      // A whole list with part of a value, at the end and before more.
      const cut = wireType === VARINT ? Buffer.from([0x80]) : (contents[0] as Buffer).subarray(1);
      refused(field(packed, LENGTH, cut), "DATA_TRUNCATED");
      refused(
        Buffer.concat([field(packed, LENGTH, cut), field(single, wireType, contents[0] as Buffer)]),
        "INVALID_DATA",
      );
    });

    it(`${type}: is unknown in any other wire type`, () => {
      const others: [number, Buffer][] = [[VARINT, v(1)], [FIXED32, fixed(1, 4)], [FIXED64, fixed(1, 8)], [LENGTH, v(1)], [GROUP, field(1, VARINT, v(1))]]; // prettier-ignore
      for (const [other, payload] of others.filter(([kind]) => kind !== wireType)) {
        const bytes = field(single, other, payload);
        refused(bytes, "TYPE_REFUSED");
        for (const schema of SCHEMAS) {
          const kept = read(bytes, schema, { keepUnknown: true });
          assert.deepEqual([Object.keys(kept), Buffer.from(write(kept, schema))], [[], bytes]);
        }
      }
    });
  }

  it("refuses varints of more than ten bytes, and takes the 64 lower bits of ten", () => {
    refused(Buffer.concat([tag(2, VARINT), Buffer.alloc(10, 0xff), Buffer.from([1])]), "INVALID_DATA");
    refused(Buffer.concat([tag(13, VARINT), Buffer.alloc(10, 0x80), Buffer.from([0])]), "INVALID_DATA");
    assert.deepStrictEqual(read(Buffer.concat([tag(4, VARINT), Buffer.alloc(9, 0xff), Buffer.from([0x7f])])), { optionalUint64: FULL64 }); // prettier-ignore
  });

  it("keeps numbers of enumerations that have no name, and takes the first of several names", () => {
    for (const schema of SCHEMAS) assert.deepEqual(read(field(21, VARINT, v(99)), schema), { optionalNestedEnum: 99 });
    assert.deepEqual(read(field(51, LENGTH, v(99), v(1), v(MIN32))), { repeatedNestedEnum: [99, "BAR", MIN32] });
    assert.deepEqual(read(field(23, VARINT, v(2))), { optionalAliasedEnum: "ALIAS_BAZ" });
    for (const name of ["MOO", "moo", "bAz"]) assert.deepEqual(Buffer.from(write({ optionalAliasedEnum: name })), field(23, VARINT, v(2))); // prettier-ignore
  });
});

describe("Texts and bytes of Protobuf", () => {
  it("keeps every text, a byte order mark and NUL among them", () => {
    for (const text of ["", "Hello", "\0", "\uFEFFx", "Ä\u20AC\u{1F600}", "\u{10FFFF}", "x".repeat(1000)]) {
      for (const schema of SCHEMAS) assert.deepEqual(read(field(14, LENGTH, text), schema), { optionalString: text });
      assert.deepEqual(read(field(44, LENGTH, text)), { repeatedString: [text] });
    }
  });

  it("refuses what is no UTF-8, wherever a text is", () => {
    for (const bad of [[0xff], [0xa0, 0xb0, 0xc0, 0xd0], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82]]) {
      const text = Buffer.from(bad);
      for (const number of [14, 44, 113]) refused(field(number, LENGTH, text), "INVALID_DATA");
      refused(message(69, field(1, LENGTH, text)), "INVALID_DATA");
      refused(message(69, field(2, LENGTH, text)), "INVALID_DATA");
      refused(message(208, field(1, LENGTH, text)), "INVALID_DATA", {}, [PROTO3]);
      for (const schema of SCHEMAS) assert.deepEqual(read(field(15, LENGTH, text), schema).optionalBytes, Uint8Array.from(bad)); // prettier-ignore
    }
  }); // prettier-ignore

  it("ends too early at every place", () => {
    for (const number of [14, 15, 44, 45, 18, 69, 500_000]) {
      const bytes = field(number, LENGTH, Buffer.alloc(200));
      for (const end of [...tag(number, LENGTH).keys(), bytes.length - 200, bytes.length - 199, bytes.length - 1]) {
        if (end > 0) refused(bytes.subarray(0, end), "DATA_TRUNCATED", { keepUnknown: true });
      }
    }
  });
});
