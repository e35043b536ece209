/** What becomes of the values of `exchange.py`'s corpus. */
import {
  NdArray,
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
  type PickleClasses,
} from "../../../src/serialize-utils/index.ts";

export class Point {
  x: unknown;
  y: unknown;

  constructor(x: unknown, y: unknown) {
    this.x = x;
    this.y = y;
  }
}

export class Slotted {
  a: unknown;
  b: unknown;

  constructor(a: unknown, b: unknown) {
    this.a = a;
    this.b = b;
  }
}

export const PYTHON_CLASSES: PickleClasses = {
  "__main__:Point": Point,
  "__main__:Slotted": {
    class: Slotted,
    create: () => new Slotted(undefined, undefined),
    setState: (instance: Slotted, state) => {
      Object.assign(instance, (state as [null, object])[1]);
    },
    // Python sets slots from the second of two dicts.
    write: (instance: Slotted) => ({ state: PythonTuple.of<unknown>(null, { a: instance.a, b: instance.b }) }),
  },
};

const tuple = <Item>(...items: Item[]): PythonTuple<Item> => PythonTuple.of(...items);
const own = (text: string): object => JSON.parse(text) as object;
const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const hours = (count: number): PythonTimeDelta =>
  count < 0 ? new PythonTimeDelta(-1, 86_400 + 3_600 * count) : new PythonTimeDelta(0, 3_600 * count);
const UTC = new PythonTimeZone(new PythonTimeDelta(0));
const shared = [1];

function defaultDict(factory: PythonGlobal | null, entries: [unknown, unknown][]): PythonDefaultDict {
  const map = new PythonDefaultDict(entries);
  map.factory = factory;
  return map;
}

/** By the corpus's names. */
export const EXPECTED: Readonly<Record<string, unknown>> = {
  none: null,
  booleans: [true, false],
  ints: [0, 1, -1, 255, 256, 65535, 65536, 2 ** 31 - 1, 2 ** 31, -(2 ** 31), -(2 ** 31) - 1, 2 ** 53 - 1, -(2 ** 53) + 1],
  "big ints": [2n ** 53n, -(2n ** 53n), 2n ** 63n, 2n ** 64n, -(2n ** 64n), 2n ** 2040n, -(2n ** 2047n), 2n ** 2048n, 10n ** 600n],
  floats: [0.5, -0, 1e300, 5e-324, Infinity, -Infinity, 1, 1e22],
  strings: ["", "a", "é", "€", "😀", "a\nb\\u0041\r\0", "\ud800", "x\udc00y", "a".repeat(300), "€".repeat(300), "é".repeat(40)],
  bytes: [bytes(), bytes(97), Uint8Array.from({ length: 256 }, (_, i) => i)],
  bytearray: [Buffer.alloc(0), Buffer.from("6162ff", "hex")],
  list: [[], [1, [2, [3]]]],
  tuple: [tuple(), tuple(1), tuple(1, 2), tuple(1, 2, 3), tuple(1, 2, 3, 4), tuple(tuple())],
  dict: [{}, { a: 1, b: { c: null } }, own('{"__proto__": 1, "constructor": 2, "toString": 3}')],
  "dict of other keys": [
    new Map<unknown, unknown>([[1, "a"], ["b", 2]]),
    new Map([[tuple(1, 2), 3]]),
    new Map<unknown, unknown>([[null, 1], [true, 2]]),
    new Map([[bytes(107), 1]]),
    new Map([[2n ** 70n, 1]]),
    new Map([[1.5, 2]]),
  ],
  set: [new Set(), new Set([1, 2, "a"]), new Set([tuple(1, 2)])],
  frozenset: [new PythonFrozenSet(), new PythonFrozenSet([1, 2]), new Map([[new PythonFrozenSet([1]), 2]])],
  complex: [new PythonComplex(1, 2), new PythonComplex(-0, -0)],
  range: [new PythonRange(0, 3), new PythonRange(1, 10, 2)],
  datetime: [
    new PythonDateTime(2020, 1, 2, { hour: 3, minute: 4, second: 5, microsecond: 6 }),
    new PythonDateTime(1, 1, 1),
    new PythonDateTime(9999, 12, 31, { hour: 23, minute: 59, second: 59, microsecond: 999_999 }),
    new Date("2020-01-02T03:04:05.006Z"),
    new PythonDateTime(2020, 1, 2, { hour: 3, minute: 4, second: 5, microsecond: 6, zone: UTC }),
    new PythonDateTime(2020, 1, 2, { zone: new PythonTimeZone(hours(-5), "EST") }),
    new Date("0050-01-01T00:00:00.000Z"),
  ],
  fold: [new PythonDateTime(2020, 10, 25, { hour: 2, fold: 1 }), new PythonTime({ hour: 1, fold: 1 })],
  date: [new PythonDate(2020, 2, 29), new PythonDate(1, 1, 1)],
  time: [
    new PythonTime({}),
    new PythonTime({ hour: 23, minute: 59, second: 59, microsecond: 999_999 }),
    new PythonTime({ hour: 1, minute: 2, second: 3, microsecond: 4, zone: UTC }),
  ],
  timedelta: [new PythonTimeDelta(0), new PythonTimeDelta(1, 2, 3), new PythonTimeDelta(-1, 86_399, 999_999), new PythonTimeDelta(999_999_999)],
  timezone: [UTC, new PythonTimeZone(hours(1)), new PythonTimeZone(new PythonTimeDelta(0, 5_400), "X")],
  decimal: ["1.50", "-0", "1E+3", "NaN", "Infinity", "-Infinity", `0.${"3".repeat(50)}`].map((text) => new PythonDecimal(text)),
  fraction: [new PythonFraction(1, 3), new PythonFraction(-(2n ** 70n), 3)],
  uuid: [new PythonUuid("00000000-0000-0000-0000-000000000005"), new PythonUuid("12345678-1234-5678-1234-567812345678")],
  OrderedDict: [new Map(), new Map<string, unknown>([["b", 1], ["a", [2]]])],
  defaultdict: [defaultDict(new PythonGlobal("builtins", "list"), [["a", [1]]]), defaultDict(null, [[1, 2]])],
  Counter: [new PythonCounter([["a", 5], ["b", 2], ["r", 2], ["c", 1], ["d", 1]]), new PythonCounter()],
  deque: [new PythonDeque([1, 2]), new PythonDeque([1, 2, 3], 5), new PythonDeque([], 0)],
  SimpleNamespace: new PythonNamespace({ a: 1, b: [2] }),
  exception: [["ValueError", "x", 1], ["KeyError", "k"], ["Exception"]].map(
    ([name, ...args]) => new PythonException(new PythonGlobal("builtins", String(name)), args),
  ),
  types: ["int", "str", "list", "object"].map((name) => new PythonGlobal("builtins", name)),
  shared: [shared, shared, { a: shared }],
  instance: [new Point(1, "a"), new Slotted(1, [2])],
  zoneinfo: new PythonDateTime(2020, 7, 1, { hour: 12, zone: new PythonZoneInfo("Europe/Berlin") }),
  "numpy big-endian": [
    new NdArray("<i2", [6], Int16Array.of(0, 1, 2, 3, 4, 5)),
    new NdArray("<u4", [6], Uint32Array.of(0, 1, 2, 3, 4, 5)),
    new NdArray("<f8", [6], Float64Array.of(0, 1, 2, 3, 4, 5)),
    new NdArray("<c16", [6], Float64Array.of(0, 0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0)),
  ],
  "numpy Fortran": new NdArray("<f8", [2, 3, 4], Float64Array.from({ length: 24 }, (_, i) => i)),
  "numpy shapes": [new NdArray("<i8", [], BigInt64Array.of(5n)), new NdArray("<f8", [0, 3], new Float64Array()), new NdArray("<f8", [2, 0], new Float64Array())],
  "numpy strings": [new NdArray("<U2", [3], ["a", "€b", ""]), new NdArray("|S2", [2], [bytes(97, 98), bytes()]), new NdArray("<U3", [1], ["x"])],
  "numpy objects": new NdArray("|O", [4], [1, "a", null, [2]]),
  "numpy times": [
    new NdArray("<M8[ns]", [2], BigInt64Array.of(1_577_836_800_000_000_000n, -(2n ** 63n))),
    new NdArray("<m8[10s]", [2], BigInt64Array.of(1n, 2n)),
    new NdArray("<M8[D]", [], BigInt64Array.of(18_262n)),
  ],
  "numpy scalars": [1.5, 2.5, -3, 2n ** 63n, true, new PythonComplex(1, 2), "a", bytes(98)],
}; // prettier-ignore
