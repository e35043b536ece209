import assert from "node:assert/strict";
import { SealtraceError } from "../../src/record/index.ts";
import { deserializeFromJson, serializeToJson } from "../../src/serialize-utils/index.ts";

export const name = "json";

class Money {
  amount = 5;
}
const classes = { Money };
const LIMITS = { maxDepth: 64, maxBytes: 65_536, maxValues: 10_000, maxMilliseconds: 5_000, classes };

export function seeds(): Uint8Array[] {
  const shared = { a: [1, -0, 1e300, Number.NaN] };
  const circle: unknown[] = [shared, shared, new Map<unknown, unknown>([[shared, new Set([1n, undefined])]])];
  circle.push(circle);
  return [
    { a: [1, 2.5, "text \u0001 \\ \" é€😀", null, true], b: { $rich: "x", "": {} } },
    circle,
    [new Date(0), new Date(Number.NaN), /a+/gi, new URL("https://example.org/?a=1"), new URLSearchParams("a=1&b=2")],
    [new Float64Array([1.5]), new Uint8Array([1, 2, 3]).buffer, Buffer.from("ab"), new DataView(new ArrayBuffer(2))],
    [new TypeError("x", { cause: new AggregateError([1n]) }), Symbol.for("key"), [, 1, , 2], new Money(), 10n ** 1_200n],
  ].map((value) => Buffer.from(serializeToJson(value, { classes }))); // prettier-ignore
}

export function run(bytes: Uint8Array): unknown {
  const text = new TextDecoder().decode(bytes);
  let value: unknown;
  try {
    value = deserializeFromJson(text, LIMITS);
  } catch (error) {
    if (error instanceof SealtraceError) return error.code;
    throw error;
  }
  const written = serializeToJson(value, { classes });
  const again = deserializeFromJson(written, { classes });
  assert.deepEqual(again, value);
  assert.equal(serializeToJson(again, { classes }), written);
  return isAccepted(text) ? "strict" : "duplicate keys";
}

function isAccepted(text: string): boolean {
  try {
    deserializeFromJson(text, { ...LIMITS, duplicateKeys: "refuse" });
    return true;
  } catch (error) {
    if (error instanceof SealtraceError) return false;
    throw error;
  }
}
