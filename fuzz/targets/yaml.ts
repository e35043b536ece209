import assert from "node:assert/strict";
import { SealtraceError } from "../../src/record/index.ts";
import { deserializeFromYaml, serializeToYaml } from "../../src/serialize-utils/index.ts";

export const name = "yaml";

class Money {
  amount = 5;
}
const classes = { Money };
const LIMITS = {
  maxDepth: 64,
  maxBytes: 16_384,
  maxValues: 5_000,
  maxMilliseconds: 5_000,
  maxExpandedValues: 20_000,
  classes,
};

export function seeds(): Uint8Array[] {
  const shared = { a: [1, -0, 1e300, Number.NaN] };
  const circle: unknown[] = [shared, shared, new Map<unknown, unknown>([[shared, new Set([1n, undefined])]])];
  circle.push(circle);
  const values = [
    circle,
    [new Date(0), /a+/gi, new URL("https://example.org/"), new Float64Array([1.5]), new Uint8Array([1, 2])],
    [new TypeError("x", { cause: 1n }), Symbol.for("key"), [, 1, , 2], new Money(), { "a b": "- x", "": "null" }],
  ]; // prettier-ignore
  const texts = [
    "%YAML 1.2\n---\na: &x\n  - 'it''s'\n  - \"\\u00e9\\n\"\nb: *x\n? [k]\n: |\n  lines\n  more\n",
    "{a: 1, b: [c, d: e], ? f : g, <<: {h: 1}} # comment\n...\n",
    "- !!set {a, b}\n- !!omap [a: 1]\n- !!timestamp 2001-12-14 21:59:43.10 -5\n- !!binary |\n  AQID\n- >-\n  folded\n  text\n",
  ];
  return [...values.map((value) => serializeToYaml(value, { classes })), ...texts].map((text) => Buffer.from(text));
}

export function run(bytes: Uint8Array): unknown {
  let value: unknown;
  try {
    value = deserializeFromYaml(new TextDecoder().decode(bytes), LIMITS);
  } catch (error) {
    if (error instanceof SealtraceError) return error.code;
    throw error;
  }
  const written = serializeToYaml(value, { classes });
  const again = deserializeFromYaml(written, { classes });
  assert.deepEqual(again, value);
  assert.equal(serializeToYaml(again, { classes }), written);
  return "read";
}
