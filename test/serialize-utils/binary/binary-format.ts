/** What every binary format must do, whatever its bytes are. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { SealtraceError } from "../../../src/record/index.ts";
import type { ClassRegistry, ReadingLimits } from "../../../src/serialize-utils/index.ts";
import { CLASSES, EXAMPLES, Point, richValue, Temperature, TEMPERATURE } from "./example-values.ts";
import { richValue as graph } from "../values/rich-values.ts";
import { threadTime } from "../../support/thread-time.ts";

export interface BinaryFormat {
  readonly name: string;
  readonly write: (value: unknown, options?: { classes?: ClassRegistry }) => Uint8Array;
  readonly read: (bytes: Uint8Array, options?: ReadingLimits & { classes?: ClassRegistry }) => unknown;
}

export function describeBinaryFormat({ name, write, read }: BinaryFormat): void {
  const roundTrip = (value: unknown): unknown => read(write(value, { classes: CLASSES }), { classes: CLASSES });
  const same = (value: unknown, expected: unknown): void => {
    assert.deepStrictEqual(withoutStacks(value), withoutStacks(expected));
  };
  const unsupported = (value: unknown, message: RegExp): void => {
    assert.throws(() => write(value), { code: "SEALTRACE_VALUE_UNSUPPORTED", message });
  };
  const exceeded = (action: () => unknown, message: RegExp): void => {
    assert.throws(action, { code: "SEALTRACE_LIMIT_EXCEEDED", message });
  };

  describe(`${name}: what survives`, () => {
    for (const [type, values] of Object.entries(EXAMPLES)) {
      it(`keeps ${type}, alone and inside of others`, () => {
        for (const value of values) {
          same(roundTrip(value), value);
          const around = [{ a: value }, new Map([[1, value]]), new Set([value])];
          same(roundTrip(around), around);
        }
      });
    }

    // Apart from the others: to Node 22 two dates that are none are not equal.
    it("keeps dates that are none", () => {
      const [date, map] = roundTrip([new Date(NaN), new Map([[1, new Date(NaN)]])]) as [Date, Map<number, Date>];
      assert.ok(date instanceof Date && Number.isNaN(date.getTime()));
      assert.ok(Number.isNaN(map.get(1)?.getTime()));
    });

    it("keeps any value", () => {
      fc.assert(
        fc.property(richValue, (value) => same(roundTrip(value), value)),
        { numRuns: 300 },
      );
    });

    it("writes the same value as the same bytes", () => {
      const written = (value: unknown): void => {
        const bytes = write(value, { classes: CLASSES });
        assert.deepEqual(write(read(bytes, { classes: CLASSES }), { classes: CLASSES }), bytes);
      };
      fc.assert(fc.property(richValue, written), { numRuns: 200 });
    });

    it("keeps cycles through every container", () => {
      const object: Record<string, unknown> = {};
      const point = Object.assign(new Point(), { y: object });
      const failure = Object.assign(new Error("x"), { object });
      Object.assign(object, { object, array: [object], map: new Map([["a", object]]), numbered: new Map([[1, object]]), keyed: new Map([[object, 1]]), set: new Set([object]), point, failure }); // prettier-ignore
      const copy = roundTrip(object) as typeof object;
      assert.equal(copy.object, copy);
      assert.equal((copy.array as unknown[])[0], copy);
      assert.equal((copy.map as Map<string, unknown>).get("a"), copy);
      assert.equal((copy.numbered as Map<number, unknown>).get(1), copy);
      assert.ok((copy.keyed as Map<unknown, unknown>).has(copy));
      assert.ok((copy.set as Set<unknown>).has(copy));
      assert.equal((copy.point as Point).y, copy);
      assert.equal((copy.failure as { object: unknown }).object, copy);
    });

    it("keeps what leads back to itself from within", () => {
      const map = new Map<unknown, unknown>();
      map.set("self", map);
      const set = new Set<unknown>();
      set.add([set]);
      const failure = new Error("x");
      failure.cause = failure;
      const point = new Point();
      point.y = [point];
      const array: unknown[] = [];
      array.push(array);
      const copies = roundTrip([map, set, failure, point, array]);
      const [mapCopy, setCopy, errorCopy, pointCopy, arrayCopy] = copies as [typeof map, Set<unknown[]>, Error, { y: unknown[] }, unknown[]]; // prettier-ignore
      assert.equal(mapCopy.get("self"), mapCopy);
      assert.equal([...setCopy][0]?.[0], setCopy);
      assert.equal(errorCopy.cause, errorCopy);
      assert.equal(pointCopy.y[0], pointCopy);
      assert.equal(arrayCopy[0], arrayCopy);
    });

    it("gives shared objects once, of every type", () => {
      const shared = [[1], { a: 1 }, new Date(5), new Date(NaN), /x/, new URL("a:b"), new Map([[1, 2]]), new Map([["a", 2]]), new Set([1]), new Error("x"), new Uint8Array(2), new Float64Array(1), new ArrayBuffer(1), new Point(), new Temperature(1), [], {}, new Map(), new Set()]; // prettier-ignore
      const [first, second] = roundTrip([shared, [...shared].reverse()]) as [unknown[], unknown[]];
      second.reverse();
      for (const [i, value] of first.entries()) assert.equal(second[i], value, `number ${i}`);
      assert.equal(new Set(first).size, shared.length);
    });

    it("finds what is shared behind values of any type", () => {
      fc.assert(
        fc.property(graph, (value) => {
          const shared = { shared: true };
          const [first, back, second] = roundTrip([shared, value, shared]) as unknown[];
          assert.equal(first, second);
          assert.deepEqual(first, shared);
          assert.deepEqual(back, value);
        }),
      );
    });

    it("does not grow by what is shared", () => {
      let value: unknown = [];
      for (let i = 0; i < 100; i += 1) value = [value, value];
      assert.ok(write(value).length < 2500);
      read(write(value));
    });

    it("takes classes by their names, and refuses them where they are not registered", () => {
      const bytes = write([new Point(), new Temperature(21)], { classes: CLASSES });
      const [point, temperature] = read(bytes, { classes: CLASSES }) as [Point, Temperature];
      assert.ok(point instanceof Point);
      assert.equal(temperature.degrees, 21);
      assert.throws(() => read(bytes), { code: "SEALTRACE_TYPE_REFUSED", message: /"Point"/ });
    });

    it("refuses what a class can't be made of", () => {
      const classes = { ...CLASSES, Temperature: { ...TEMPERATURE, write: () => "warm" } };
      const bytes = write(new Temperature(1), { classes });
      assert.throws(() => read(bytes, { classes: CLASSES }), { code: "SEALTRACE_INVALID_DATA", message: /Temperature.*no number/ }); // prettier-ignore
    });

    it("writes what toJSON gives, once", () => {
      class Money {
        toJSON(): unknown {
          return { amount: 5 };
        }
      }
      assert.deepEqual(roundTrip([new Money()]), [{ amount: 5 }]);
      class Endless {
        toJSON(): unknown {
          return new Endless();
        }
      }
      unsupported(new Endless(), /Endless/);
    });

    it("names what it can't write, and where it is", () => {
      class Secret {}
      unsupported({ a: [1, { "b c": () => 1 }] }, /function.*a\[1\]\["b c"\]/);
      unsupported([new Secret()], /Secret.*\[0\].*classes/);
      unsupported(new Secret(), /Secret/);
      unsupported({ s: Symbol("own") }, /symbol.* s\b/);
      unsupported({ p: Promise.resolve(1) }, /Promise/);
      unsupported({ w: new WeakMap() }, /WeakMap/);
      unsupported(new (class Mine extends Map {})(), /Mine/);
      unsupported([new (class List extends Array {})()], /List/);
    });

    it("refuses to write half of a surrogate pair, wherever it stands", () => {
      for (const text of ["\uD800", "x\uDC00", "\uDC00\uD800", `${"x".repeat(50)}\uD83D`]) {
        unsupported({ a: [text] }, /lone surrogate.*a\[0\]/);
        unsupported({ [text]: 1 }, /lone surrogate/);
        unsupported(Symbol.for(text), /lone surrogate/);
        unsupported(new Map([[text, 1]]), /lone surrogate/);
      }
    });

    it("refuses to write what leads back to itself and can't be made before it is whole", () => {
      const temperature = new Temperature(1);
      const classes = { ...CLASSES, Temperature: { ...TEMPERATURE, write: () => [temperature] } };
      assert.throws(() => write(temperature, { classes }), { code: "SEALTRACE_VALUE_UNSUPPORTED", message: /Temperature/ }); // prettier-ignore
    });

    it("goes a million levels deep where that is allowed", () => {
      let value: unknown = [];
      for (let i = 0; i < 1_000_000; i += 1) value = i % 3 === 0 ? [value] : i % 3 === 1 ? { a: value } : new Set([value]); // prettier-ignore
      const bytes = write(value);
      exceeded(() => read(bytes), /512 levels.*maxDepth/);
      let copy = read(bytes, { maxDepth: 1_000_001 });
      for (let i = 0; i < 1_000_000; i += 1) {
        copy = copy instanceof Set ? [...(copy as Set<unknown>)][0] : Object.values(copy as object)[0];
      }
      assert.deepEqual(copy, []);
    });
  });

  describe(`${name}: what strangers send`, () => {
    it("keeps each limit exactly", () => {
      const bytes = write([[[1, 2, 3]]]);
      read(bytes, { maxDepth: 3, maxBytes: bytes.length });
      exceeded(() => read(bytes, { maxDepth: 2 }), /2 levels/);
      exceeded(() => read(bytes, { maxBytes: bytes.length - 1 }), /bytes.*maxBytes/);
      read(bytes, { maxValues: 10 });
      exceeded(() => read(bytes, { maxValues: 4 }), /4 values/);
      const many = write(Array.from({ length: 20_000 }, () => [1]));
      exceeded(() => read(many, { maxMilliseconds: 0 }), /0 ms/);
    });

    it("tells truncation at every byte", () => {
      const bytes = write({ a: [1, "text", 2 ** 40, new Date(1), new Uint8Array(300), new Map([["k", /x/]])], b: 1.5 });
      for (let length = 0; length < bytes.length; length += 1) {
        assert.throws(() => read(bytes.subarray(0, length)), { code: "SEALTRACE_DATA_TRUNCATED" }, `${length} bytes`);
      }
    });

    it("does not let content become a prototype", () => {
      const hostile = JSON.parse('{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}}}') as object;
      const value = read(write(hostile)) as Record<string, unknown>;
      assert.equal(Object.getPrototypeOf(value), Object.prototype);
      assert.equal(value.admin, undefined);
      assert.equal(({} as Record<string, unknown>).admin, undefined);
      assert.deepEqual(Object.keys(value).sort(), ["__proto__", "constructor"]);
      const failure = Object.defineProperty(new Error("x"), "__proto__", { value: { admin: true }, enumerable: true });
      assert.equal((read(write(failure)) as Record<string, unknown>).admin, undefined);
    });

    it("reads integers of a million digits in no time", () => {
      const value = 1n << 4_000_000n;
      const start = threadTime();
      assert.ok(read(write(value)) === value);
      assert.ok(read(write(-value)) === -value);
      assert.ok(threadTime() - start < 3000);
    });

    it("reads a hundred thousand keys, whatever they are, in no time", () => {
      const start = threadTime();
      for (const key of [(i: number) => `k${i}`, String, (i: number) => "x".repeat(i % 30) + i.toString(36)]) {
        const value = Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [key(i), i]));
        assert.equal(Object.keys(read(write(value)) as object).length, Object.keys(value).length);
      }
      assert.ok(threadTime() - start < 10_000);
    });

    it("throws nothing but SealtraceError, and writes what it takes", () => {
      const taken = (bytes: Uint8Array): void => {
        let value: unknown;
        try {
          value = read(bytes, { classes: CLASSES, maxDepth: 50, maxValues: 10_000 });
        } catch (error) {
          if (error instanceof SealtraceError) return;
          throw error;
        }
        same(roundTrip(value), value);
      };
      fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), taken), { numRuns: 1000 });
      const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
      const mutated = fc.tuple(richValue, changes).map(([value, changed]) => {
        const bytes = write(value, { classes: CLASSES });
        for (const [at, byte] of changed) bytes[at % bytes.length] = byte;
        return bytes;
      });
      fc.assert(fc.property(mutated, taken), { numRuns: 1000 });
    });
  });
}

/** Stacks tell where an error was made, and are no part of it. */
function withoutStacks(value: unknown, seen = new Set<unknown>()): unknown {
  if (typeof value !== "object" || value === null || seen.has(value) || ArrayBuffer.isView(value)) return value;
  seen.add(value);
  if (value instanceof Error) {
    Object.defineProperty(value, "stack", { value: "", configurable: true, writable: true, enumerable: false });
    withoutStacks(value.cause, seen);
    withoutStacks((value as { errors?: unknown }).errors, seen);
  }
  const inside = value instanceof Map ? [...value].flat() : value instanceof Set ? [...value] : Object.values(value);
  for (const item of inside) withoutStacks(item, seen);
  return value;
}
