/** Examples of every type that survives in binary formats, at its edges, and trees of them. */
import fc from "fast-check";
import type { ClassForm, ClassRegistry } from "../../../src/serialize-utils/index.ts";

export class Point {
  x = 0;
  y: unknown = 0;
}

export class Temperature {
  readonly #degrees: number;
  constructor(degrees: number) {
    this.#degrees = degrees;
  }
  get degrees(): number {
    return this.#degrees;
  }
}

export const TEMPERATURE: ClassForm<Temperature> = {
  class: Temperature,
  write: ({ degrees }) => degrees,
  read: (content) => {
    if (typeof content !== "number") throw new TypeError("no number");
    return new Temperature(content);
  },
};

export const CLASSES: ClassRegistry = { Point, Temperature: TEMPERATURE };

const error = Object.assign(new RangeError("too far", { cause: new Error("inner") }), { code: "E_FAR" });

/** One of each type, and what is at the edges of each. */
export const EXAMPLES: Readonly<Record<string, readonly unknown[]>> = {
  null: [null],
  booleans: [true, false],
  undefined: [undefined, [undefined], { a: undefined }],
  integers: [0, 1, 23, 24, 127, 128, 255, 256, 65_535, 65_536, 2 ** 31, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER, -1, -24, -25, -32, -33, -128, -129, -256, -257, -32_768, -32_769, -65_537, -(2 ** 31), -(2 ** 31) - 1, -(2 ** 32) - 1, Number.MIN_SAFE_INTEGER], // prettier-ignore
  numbers: [-0, 0.1, 1.5, 65_504, 65_520, 2 ** -14, 2 ** -24, 2 ** -25, 3.4028234663852886e38, 2 ** 53, 1e300, 5e-324, NaN, Infinity, -Infinity], // prettier-ignore
  bigints: [0n, 1n, -1n, 2n ** 53n - 1n, 2n ** 53n, -(2n ** 53n), 2n ** 63n, -(2n ** 63n), -(2n ** 63n) - 1n, 2n ** 64n - 1n, 2n ** 64n, -(2n ** 64n), -(2n ** 64n) - 1n, 2n ** 1000n, -(2n ** 1000n), 127n, 128n, -128n, -129n], // prettier-ignore
  strings: ["", "a", "x".repeat(31), "x".repeat(32), "x".repeat(255), "x".repeat(256), "x".repeat(65_536), "é".repeat(15), "é".repeat(16), "é".repeat(127), "é".repeat(128), "é".repeat(32_768), "\u0000", "\uFFFD", "😀", "\uFEFFx"], // prettier-ignore
  symbols: [Symbol.for("a"), Symbol.for("")],
  arrays: [[], [1, "a", null], new Array(15).fill(1), new Array(16).fill(1), new Array(65_536).fill(1)],
  holes: [holed(2, 1), holed(3, 0, 2), holed(3)],
  objects: [{}, { a: 1 }, { "": 1 }, Object.fromEntries(Array.from({ length: 16 }, (_, i) => [`k${i}`, i]))],
  "keys that mean something": [JSON.parse('{"__proto__":{"admin":true},"constructor":1,"toString":2}')],
  dates: [0, 1.5, -1, 1_767_225_600_123, 2 ** 34 * 1000, 8.64e15, -8.64e15].map((time) => new Date(time)),
  "regular expressions": [/a(b)/giu, new RegExp(""), Object.assign(/x/g, { lastIndex: 3 })],
  urls: [new URL("https://user@example.org/ä?x=1#y"), new URLSearchParams("a=1&a=2")],
  maps: [new Map(), new Map([["a", 1]]), new Map<unknown, unknown>([[1, "a"], ["b", [2]], [null, 3]]), new Map([[[1], 2], [[1], 3]]), new Map([[{}, new Map()]]), new Map<unknown, unknown>([["a", 1], [1, 2]]), new Map([[NaN, 0]]), new Map([[undefined, 1]]), new Map([[true, 1]]), new Map([[2n ** 70n, 1]])], // prettier-ignore
  sets: [new Set(), new Set([1, "a", null, undefined]), new Set([[1], [1]])],
  errors: [new Error("x"), new TypeError(""), error, new AggregateError([1, new Error("y")], "many")],
  "typed arrays": [new Uint8Array([1, 2]), new Int8Array([-1]), new Uint8ClampedArray([255]), new Uint16Array([1, 65_535]), new Int16Array([-2]), new Uint32Array([7]), new Int32Array([-7]), new BigUint64Array([2n ** 64n - 1n]), new BigInt64Array([-1n]), new Float32Array([1.5, NaN]), new Float64Array([-0, 1e300]), new Uint8Array(0), new Uint8Array(70_000)], // prettier-ignore
  buffers: [Buffer.from("hi"), new Uint8Array([1, 2, 3]).buffer, new DataView(new Uint8Array([9, 8]).buffer)],
};

/** An array that lacks all elements but these, which are their own indices. */
function holed(length: number, ...indices: number[]): number[] {
  const array = new Array<number>(length);
  for (const index of indices) array[index] = index;
  return array;
}

const leaf = fc.oneof(
  fc.constant(null),
  fc.constant(undefined),
  fc.boolean(),
  fc.double(),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.bigInt(),
  fc.string({ unit: "binary" }),
  fc.string({ unit: "grapheme", maxLength: 60 }),
  fc.string().map((key) => Symbol.for(key)),
  fc.date({ noInvalidDate: true }),
  fc.webUrl().map((url) => new URL(url)),
  fc.uint8Array(),
  fc.int16Array(),
  fc.float64Array(),
  fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  fc.float().map((degrees) => new Temperature(degrees)),
);

const keys = fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("__proto__", "constructor", "a", "b", "ä"));

/** Trees of all types. */
export const richValue: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    leaf,
    fc.array(tie("value"), { maxLength: 6 }),
    fc.sparseArray(tie("value"), { maxNumElements: 3, maxLength: 8 }),
    fc.dictionary(keys, tie("value"), { maxKeys: 6, noNullPrototype: true }),
    fc.array(fc.tuple(leaf, tie("value")), { maxLength: 4 }).map((entries) => new Map(entries)),
    fc.array(tie("value"), { maxLength: 4 }).map((items) => new Set(items)),
    tie("value").map((y) => Object.assign(new Point(), { x: 1, y })),
    fc.tuple(fc.string(), tie("value")).map(([message, cause]) => new Error(message, { cause })),
  ),
})).value;
