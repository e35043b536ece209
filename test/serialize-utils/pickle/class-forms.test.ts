import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  deserializeFromCbor,
  deserializeFromJson,
  deserializeFromMessagePack,
  deserializeFromProtobuf,
  deserializeFromYaml,
  NdArray,
  PYTHON_CLASSES,
  PythonComplex,
  PythonCounter,
  PythonDate,
  PythonDateTime,
  PythonDecimal,
  PythonDefaultDict,
  PythonDeque,
  PythonException,
  PythonFraction,
  PythonFrozenSet,
  PythonGlobal,
  PythonNamespace,
  PythonRange,
  PythonTime,
  PythonTimeDelta,
  PythonTimeZone,
  PythonTuple,
  PythonUuid,
  PythonZoneInfo,
  serializeToCbor,
  serializeToJson,
  serializeToMessagePack,
  serializeToPickle,
  serializeToProtobuf,
  serializeToYaml,
} from "../../../src/serialize-utils/index.ts";
import { SealtraceError } from "../../../src/record/index.ts";

const classes = PYTHON_CLASSES;
const lists = new PythonDefaultDict<unknown, unknown>([[1, [2]]]);
lists.factory = new PythonGlobal("builtins", "list");
const zone = new PythonTimeZone(new PythonTimeDelta(0, 3_600), "CET");

const VALUES: Readonly<Record<string, unknown>> = {
  PythonTuple: PythonTuple.of<unknown>(1, PythonTuple.of(2)),
  PythonFrozenSet: new PythonFrozenSet([1, "a"]),
  PythonDecimal: new PythonDecimal("1.50"),
  PythonUuid: new PythonUuid("01234567-89ab-cdef-0123-456789abcdef"),
  PythonFraction: new PythonFraction(1, 2n ** 70n),
  PythonComplex: new PythonComplex(1, -0),
  PythonRange: new PythonRange(1, 9, 2),
  PythonTimeDelta: new PythonTimeDelta(-1, 2, 3),
  PythonTimeZone: zone,
  PythonZoneInfo: new PythonZoneInfo("Europe/Berlin"),
  PythonDate: new PythonDate(2026, 1, 31),
  PythonTime: new PythonTime({ hour: 23, microsecond: 1, zone, fold: 1 }),
  PythonDateTime: new PythonDateTime(2026, 1, 31, { second: 59 }),
  PythonDefaultDict: lists,
  PythonCounter: new PythonCounter([["a", 2]]),
  PythonDeque: new PythonDeque([1, [2]], 5),
  PythonGlobal: new PythonGlobal("collections", "OrderedDict"),
  PythonException: new PythonException(new PythonGlobal("builtins", "ValueError"), ["no", 1]),
  PythonNamespace: new PythonNamespace({ a: 1 }),
  NdArray: new NdArray("<f8", [2, 1], Float64Array.of(0.5, -1)),
};

describe("Python's types in other formats", () => {
  it("are all tried here", () => {
    assert.deepEqual(Object.keys(VALUES), Object.keys(PYTHON_CLASSES));
  });

  for (const [name, value] of Object.entries(VALUES)) {
    it(`${name} survives in each, and becomes the same pickle`, () => {
      const backs = [
        deserializeFromJson(serializeToJson(value, { classes }), { classes }),
        deserializeFromYaml(serializeToYaml(value, { classes }), { classes }),
        deserializeFromMessagePack(serializeToMessagePack(value, { classes }), { classes }),
        deserializeFromCbor(serializeToCbor(value, { classes }), { classes }),
        deserializeFromProtobuf(serializeToProtobuf(value, { classes }), { classes }),
      ];
      for (const back of backs) {
        assert.deepEqual(back, value);
        assert.deepEqual(serializeToPickle(back), serializeToPickle(value));
      }
    });
  }

  const hostile: readonly [name: string, content: unknown][] = [
    ["PythonTuple", 1],
    ["PythonFrozenSet", "text"],
    ["PythonDecimal", "__import__('os')"],
    ["PythonDecimal", null],
    ["PythonUuid", "no"],
    ["PythonFraction", [1, 0]],
    ["PythonComplex", ["1", 2]],
    ["PythonRange", [1, 2, 0]],
    ["PythonTimeDelta", [1, 90_000, 0]],
    ["PythonTimeZone", [{}]],
    ["PythonZoneInfo", 5],
    ["PythonDate", [2026, 2, 30]],
    ["PythonTime", { hour: 25, zone: null }],
    ["PythonTime", { hour: 1, zone: "UTC" }],
    ["PythonDateTime", { year: 0, month: 1, day: 1, zone: null }],
    ["PythonDefaultDict", ["os.system", 1, 2]],
    ["PythonCounter", ["odd"]],
    ["PythonDeque", [-1]],
    ["PythonGlobal", ["os"]],
    ["PythonException", [{ $rich: "class", name: "PythonGlobal", value: ["builtins", "eval"] }, ["1"], {}]],
    ["PythonException", [{ $rich: "class", name: "PythonGlobal", value: ["os", "system"] }, ["id"], {}]],
    ["PythonNamespace", []],
    ["NdArray", ["<f8", [-1], []]],
    ["NdArray", ["<f8", [1], "data"]],
  ];
  for (const [name, value] of hostile) {
    it(`${name} is not made of ${JSON.stringify(value)}`, () => {
      const text = JSON.stringify({ $rich: "class", name, value });
      assert.throws(
        () => deserializeFromJson(text, { classes }),
        (error) => error instanceof SealtraceError && error.code === "SEALTRACE_INVALID_DATA",
      );
    });
  }

  it("a name that Python would call is written into no pickle", () => {
    const text = '{"$rich":"class","name":"PythonGlobal","value":["os","system"]}';
    assert.throws(
      () => serializeToPickle(deserializeFromJson(text, { classes })),
      (error) => error instanceof SealtraceError && error.code === "SEALTRACE_VALUE_UNSUPPORTED",
    );
  });
});
