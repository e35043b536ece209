import assert from "node:assert/strict";
import { SealtraceError } from "../src/record/index.ts";
import type { ClassRegistry, ReadingLimits } from "../src/serialize-utils/index.ts";

class Money {
  amount: unknown = 5;
}
const classes: ClassRegistry = { Money };
interface Limits extends ReadingLimits, Options {}
const LIMITS: Limits = { maxDepth: 64, maxBytes: 65_536, maxValues: 20_000, maxMilliseconds: 5_000, classes };

interface Options {
  readonly classes?: ClassRegistry;
  readonly keepUnknown?: boolean;
}

/** Bytes of values of all types, some shared and circular. */
export function richSeeds(write: (value: unknown, options: Options) => Uint8Array): Uint8Array[] {
  const shared = { a: [1, -0, 1e300, Number.NaN, 2 ** 40, -70_000], ä: "é".repeat(20) };
  const circle: unknown[] = [shared, shared, new Map<unknown, unknown>([[1, new Set([1n, undefined])]])];
  circle.push(circle, new Map([["k", circle]]));
  const values = [
    circle,
    [
      new Date(0),
      new Date(1.5e12 + 1),
      /a+/gi,
      new URL("https://example.org/"),
      new Float64Array([1.5]),
      Buffer.from("x"),
    ],
    [new TypeError("x", { cause: 1n }), Symbol.for("key"), new Array(2), new Money(), { __proto__: null, "": null }],
    [
      2n ** 63n,
      -(2n ** 70n),
      new Map([[[1], 2]]),
      "x".repeat(300),
      new Uint8Array(300),
      Array.from({ length: 20 }, Object),
    ],
  ];
  return values.map((value) => write(value, { classes }));
}

/** What is read is written, and read again as the same: its bytes are the same from then on. */
export function readAndWrite(
  bytes: Uint8Array,
  read: (bytes: Uint8Array, options: Limits) => unknown,
  write: (value: unknown, options: Options) => Uint8Array,
): unknown {
  let value: unknown;
  try {
    value = read(bytes, { ...LIMITS, keepUnknown: true });
  } catch (error) {
    if (error instanceof SealtraceError) return error.code;
    throw error;
  }
  const written = write(value, { classes });
  const again = read(written, { ...LIMITS, maxDepth: 1000, maxBytes: 1e6, maxValues: 1e6, keepUnknown: true });
  assert.deepEqual(write(again, { classes }), written);
  return "read";
}
