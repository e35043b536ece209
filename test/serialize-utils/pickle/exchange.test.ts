/** Pickles exchanged with a real CPython, and those that one wrote once. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import {
  deserializeFromPickle,
  PythonDate,
  PythonDecimal,
  PythonFrozenSet,
  PythonRange,
  PythonTuple,
  PythonUuid,
  type PythonException,
  serializeToPickle,
} from "../../../src/serialize-utils/index.ts";
import { EXPECTED, Point, PYTHON_CLASSES } from "./expected.ts";
import { fromHex, noPython, python, toHex } from "./python.ts";

interface Given {
  readonly name: string;
  readonly protocol: number;
  readonly hex: string;
}

const PROTOCOLS = [2, 3, 4, 5] as const;
const OPTIONS = { pythonClasses: PYTHON_CLASSES };

function frozen(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../../testdata/pickle/${name}.json`, import.meta.url), "utf8"));
}

function load(hex: string): unknown {
  return deserializeFromPickle(fromHex(hex), OPTIONS);
}

describe("what CPython wrote", () => {
  const given = frozen("cpython-3.11") as Given[];

  for (const [name, expected] of Object.entries(EXPECTED)) {
    it(`is read: ${name}`, () => {
      const entries = given.filter((entry) => entry.name === name);
      assert.ok(entries.length > 0);
      for (const { hex, protocol } of entries) {
        assert.deepEqual(load(hex), expected, `protocol ${protocol}`);
      }
    });
  }

  it("keeps cycles", () => {
    for (const { name, hex } of given.filter((entry) => entry.name.startsWith("recursive"))) {
      const value = load(hex);
      if (name === "recursive list") assert.equal((value as unknown[])[0], value);
      if (name === "recursive dict") {
        assert.ok(value instanceof Map);
        assert.equal(value.get(1), value);
        assert.equal((value.get("self") as unknown[])[0], value);
      }
      if (name === "recursive tuple") {
        assert.ok(value instanceof PythonTuple);
        assert.equal((value[0] as unknown[])[0], value);
      }
      if (name === "recursive instance") {
        assert.ok(value instanceof Point);
        assert.equal((value.y as unknown[])[0], value);
      }
    }
  });

  it("is shared where it was shared", () => {
    for (const { hex } of given.filter((entry) => entry.name === "shared")) {
      const [one, other, { a }] = load(hex) as [unknown, unknown, { a: unknown }];
      assert.equal(one, other);
      assert.equal(one, a);
    }
  });

  it("is read in CPython's own examples", () => {
    const data = frozen("pickletester") as Record<string, string>;
    const pythonClasses = { "__main__:C": class C {} };
    const first = deserializeFromPickle(fromHex(data.DATA0 as string), { pythonClasses }) as unknown[];
    assert.deepEqual(first.slice(0, 15), [
      0,
      1,
      2,
      first[3],
      1,
      -1,
      255,
      -255,
      -256,
      65535,
      -65535,
      -65536,
      2147483647,
      -2147483647,
      -2147483648,
    ]);
    const pair = first[15] as PythonTuple;
    assert.deepEqual([...pair].slice(0, 2), ["abc", "abc"]);
    assert.deepEqual({ ...(pair[2] as object) }, { foo: 1, bar: 2 });
    assert.equal(pair[2], pair[3]);
    assert.equal(first[16], pair);
    for (const name of ["DATA1", "DATA2", "DATA3", "DATA4"]) {
      assert.deepEqual(deserializeFromPickle(fromHex(data[name] as string), { pythonClasses }), first, name);
    }
    assert.deepEqual(load(data.DATA_SET as string), new Set([1, 2]));
    assert.deepEqual(load(data.DATA_XRANGE as string), new PythonRange(0, 5));
    assert.deepEqual((load(data.DATA_UEERR as string) as PythonException).type.name, "UnicodeEncodeError");
    assert.throws(() => load(data.DATA_COOKIE as string), {
      code: "SEALTRACE_TYPE_REFUSED",
      message: /http\.cookies\.SimpleCookie|Cookie\.SimpleCookie/,
    });
  });
});

describe("CPython", { skip: noPython }, () => {
  it("reads back what it gave, the same in every protocol", () => {
    const answers = (python("give") as Given[]).flatMap(({ name, hex }) => {
      const value = load(hex);
      return PROTOCOLS.map((protocol) => ({ name, hex: toHex(serializeToPickle(value, { ...OPTIONS, protocol })) }));
    });
    assert.ok(answers.length > 900);
    assert.deepEqual(python("check", answers), []);
  });

  it("gives back what we wrote, in every protocol", () => {
    const values = fc.sample(anything, { numRuns: 150, seed: 4 });
    const written = values.map((value, i) => serializeToPickle(value, { protocol: PROTOCOLS[i % 4] ?? 4 }));
    const echoes = python("echo", written.map(toHex)) as (string[] | string)[];
    for (const [i, echo] of echoes.entries()) {
      assert.ok(Array.isArray(echo), `${String(echo)}: ${toHex(written[i] as Uint8Array)}`);
      for (const hex of echo) assert.deepEqual(load(hex), values[i]);
    }
  });

  it("sees values as its own, and those of JavaScript alone as a namespace", () => {
    const map = new Map<unknown, unknown>([["a", 1]]);
    const cases: [value: unknown, repr: string][] = [
      [{ a: [1, 1.5, -0, "x", null, true] }, "{'a': [1, 1.5, -0.0, 'x', None, True]}"],
      [5n, "5"],
      [2n ** 64n, "18446744073709551616"],
      [2 ** 40, "1099511627776"],
      [-(2 ** 40) - 1, "-1099511627777"],
      [2 ** 53, "9007199254740992.0"],
      [map, "OrderedDict([('a', 1)])"],
      [new Map([[1, "a"]]), "{1: 'a'}"],
      [new Set([1]), "{1}"],
      [new Set([1, true]), "namespace(sealtrace='Set', value=[1, True])"],
      [new Map([[[1], 2]]), "namespace(sealtrace='Map', value=[[1], 2])"],
      [
        new Date("2020-01-02T03:04:05.006Z"),
        "datetime.datetime(2020, 1, 2, 3, 4, 5, 6000, tzinfo=datetime.timezone.utc)",
      ],
      [new Date(Number.NaN), "namespace(sealtrace='Date', value=None)"],
      [Uint8Array.of(1, 2), "b'\\x01\\x02'"],
      [Buffer.from("ab"), "bytearray(b'ab')"],
      [Float64Array.of(1.5), "array('d', [1.5])"],
      [BigInt64Array.of(-1n), "array('q', [-1])"],
      [undefined, "namespace(sealtrace='undefined')"],
      [new URL("https://example.org/"), "namespace(sealtrace='URL', value='https://example.org/')"],
      [/a/g, "namespace(sealtrace='RegExp', value=['a', 'g'])"],
      ["\ud800", "'\\ud800'"],
    ];
    for (const protocol of PROTOCOLS) {
      const seen = python(
        "describe",
        cases.map(([value]) => toHex(serializeToPickle(value, { protocol }))),
      );
      assert.deepEqual(
        seen,
        cases.map(([, repr]) => repr),
      );
    }
  });

  it("takes and gives buffers out of band", () => {
    const buffers: Uint8Array[] = [];
    const content = Uint8Array.of(1, 2, 3);
    const pickle = serializeToPickle([content, { again: content }], {
      protocol: 5,
      bufferCallback: (buffer) => buffers.push(buffer),
    });
    const answer = python("buffers", {
      hex: toHex(pickle),
      buffers: buffers.map(toHex),
    }) as { repr: string; hex: string; buffers: string[] };
    assert.equal(answer.repr, "[b'\\x01\\x02\\x03', {'again': b'\\x01\\x02\\x03'}]");
    const value = deserializeFromPickle(fromHex(answer.hex), { buffers: answer.buffers.map(fromHex) });
    assert.deepEqual(value, { buffers: [new Uint8Array(Buffer.from("abc")), new Uint8Array(Buffer.from("de"))] });
  });

  it("accepts every program of opcodes that we do, and gets the same", () => {
    const programs = fc.sample(fc.array(fc.constantFrom(...OPCODES), { minLength: 1, maxLength: 12 }), {
      numRuns: 40_000,
      seed: 4,
    });
    const accepted = programs
      .map((opcodes) => Buffer.from(`${opcodes.join("")}.`, "latin1"))
      .filter((bytes) => {
        try {
          deserializeFromPickle(bytes);
          return true;
        } catch {
          return false;
        }
      });
    assert.ok(accepted.length > 500);
    for (const [i, echo] of (python("echo", accepted.map(toHex)) as (string[] | string)[]).entries()) {
      const bytes = accepted[i] as Buffer;
      // A Map takes lists for keys.
      if (typeof echo === "string") assert.match(echo, /unhashable/, bytes.toString("latin1"));
      else
        assert.deepEqual(
          load(echo[5] as string),
          deserializeFromPickle(bytes),
          JSON.stringify(bytes.toString("latin1")),
        );
    }
  });

  it("loads a hundred thousand levels", () => {
    let value: unknown[] = [];
    for (let i = 0; i < 100_000; i += 1) value = [value];
    // Printing it would be too deep for CPython; loading it is not.
    assert.deepEqual(python("depth", toHex(serializeToPickle(value))), [100_000]);
  });
});

/** All that need no class or function, with an argument. LONG4 is left out: for a small integer it says that it was a bigint, which CPython forgets. */
const OPCODES = [
  "(", "0", "1", "2", "F1.5\n", "I5\n", "I01\n", "K\x07", "L12L\n", "M\x01\x02", "N", "Vab\n", "X\x02\0\0\0ab", "]", "a", "d", "}", "e", "g0\n", "g1\n", "h\x00", "h\x01",
  "j\x02\0\0\0", "l", "p0\n", "p1\n", "q\x00", "q\x02", "r\x02\0\0\0", "s", "t", "u", ")", "\x85", "\x86", "\x87", "\x88", "\x89", "\x8a\x02\xff\x7f", "C\x01a", "\x8c\x01k",
  "\x8f", "\x90", "\x91", "\x94", "\x96\x01\0\0\0\0\0\0\0z", "S'q'\n", "U\x01w", "J\xff\xff\xff\xff", "G\x3f\xf0\0\0\0\0\0\0",
]; // prettier-ignore

const key = fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("__proto__", "constructor", "0", ""));
const leaf = fc.oneof(
  fc.constantFrom(null, true, false, -0, 2 ** 53, NaN, Infinity),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double().filter((number) => !Number.isSafeInteger(number) || Object.is(number, -0)),
  fc.bigInt().filter((value) => value > BigInt(Number.MAX_SAFE_INTEGER) || value < -BigInt(Number.MAX_SAFE_INTEGER)),
  fc.string({ unit: "binary" }),
  fc.uint8Array(),
  fc.date({ min: new Date("0001-01-01T00:00:00Z"), max: new Date("9999-12-31T23:59:59Z"), noInvalidDate: true }),
  fc.constantFrom(
    new PythonDecimal("1.50"),
    new PythonUuid("12345678-1234-5678-1234-567812345678"),
    new PythonDate(2024, 2, 29),
  ),
  fc.float64Array(),
  fc.int16Array(),
);
/** What Python has a type for, so that it is the same after Python has written it. */
const anything = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc.array(tie("value"), { maxLength: 5 }),
    fc.array(tie("value"), { maxLength: 5 }).map((items) => PythonTuple.take([...items])),
    fc.dictionary(key, tie("value"), { maxKeys: 5, noNullPrototype: true }),
    fc.uniqueArray(fc.string(), { maxLength: 5 }).map((items) => new Set(items)),
    fc.uniqueArray(fc.integer(), { maxLength: 5 }).map((items) => new PythonFrozenSet(items)),
    fc
      .uniqueArray(fc.integer(), { minLength: 1, maxLength: 5 })
      .map((items) => new Map(items.map((item) => [item, String(item)]))),
    fc.uniqueArray(fc.string(), { maxLength: 5 }).map((items) => new Map(items.map((item) => [item, item]))),
  ),
})).value;
