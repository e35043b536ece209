/** Values of every type that survives, for the tests of all formats. */
import fc from "fast-check";

const typedArrays = [
  Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, Float32Array, Float64Array, BigInt64Array, BigUint64Array,
] as const; // prettier-ignore

const view = fc
  .tuple(fc.constantFrom(...typedArrays), fc.uint8Array({ maxLength: 40 }))
  .map(([type, bytes]) => new type(bytes.slice(0, bytes.length - (bytes.length % 8)).buffer));

const error = fc
  .tuple(fc.constantFrom(Error, TypeError, RangeError, SyntaxError), fc.string(), fc.option(fc.string()))
  .map(([type, message, cause]) => (cause === null ? new type(message) : new type(message, { cause })));

/** What has no children. */
export const leaf: fc.Arbitrary<unknown> = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.double(),
  fc.integer(),
  fc.bigInt(),
  fc.constantFrom(null, undefined, true, false, -0, Number.NaN, Infinity, -Infinity, Symbol.for("a key"), 10n ** 1500n),
  fc.date({ noInvalidDate: false }),
  fc.webUrl().map((url) => new URL(url)),
  fc.webQueryParameters().map((query) => new URLSearchParams(query)),
  fc.constantFrom(/a+b/giu, /[\]/]\n/, new RegExp("")),
  fc.constantFrom("__proto__", "$rich", "constructor", "#1", "<<", "!Map", "null", "1"),
  view,
  error,
  fc.uint8Array({ maxLength: 8 }).map((bytes) => Buffer.from(bytes)),
  fc.uint8Array({ maxLength: 8 }).map((bytes) => bytes.buffer.slice(0)),
  fc.uint8Array({ maxLength: 8 }).map((bytes) => new DataView(bytes.buffer.slice(0))),
);

const key = fc.oneof(fc.string(), fc.constantFrom("$rich", "__proto__", "constructor", "value", "id", "0", "<<", ""));

/** Trees, in which objects may stand in several places. */
export const richValue: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 4, withCrossShrink: true }, leaf, tie("container")),
  container: fc.oneof(
    fc.array(tie("value"), { maxLength: 4 }),
    fc.array(fc.tuple(key, tie("value")), { maxLength: 4 }).map((entries) => Object.fromEntries(entries)),
    fc.array(fc.tuple(tie("value"), tie("value")), { maxLength: 4 }).map((entries) => new Map(entries)),
    fc.array(tie("value"), { maxLength: 4 }).map((items) => new Set(items)),
    fc.array(fc.option(tie("value")), { maxLength: 6 }).map(withHoles),
    tie("value").map((shared) => [shared, { again: shared }, new Set([shared])]),
    fc
      .tuple(tie("value"), tie("value"))
      .map(([cause, extra]) => Object.assign(new TypeError("x", { cause }), { extra })),
    fc.array(tie("value"), { maxLength: 3 }).map((errors) => new AggregateError(errors, "several")),
    tie("value").map(circle),
  ),
})).value;

function withHoles(items: readonly unknown[]): unknown[] {
  const array: unknown[] = [];
  array.length = items.length;
  items.forEach((item, i) => {
    if (item !== null) array[i] = item;
  });
  return array;
}

function circle(inner: unknown): object {
  const map = new Map<unknown, unknown>([["inner", inner]]);
  const list: unknown[] = [map];
  const whole = { list, map, self: undefined as unknown };
  whole.self = whole;
  map.set(whole, list).set("map", map);
  list.push(list, whole);
  return whole;
}
