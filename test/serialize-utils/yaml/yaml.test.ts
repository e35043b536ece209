import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { deserializeFromYaml, serializeToYaml } from "../../../src/serialize-utils/index.ts";

const refused = (action: () => unknown, message: RegExp): void => {
  assert.throws(action, { code: "SEALTRACE_INVALID_DATA", message });
};

/** Each form of nesting, so many levels deep. */
const NESTINGS: Readonly<Record<string, (depth: number) => string>> = {
  "flow sequences": (depth) => "[".repeat(depth) + "x" + "]".repeat(depth),
  "flow maps": (depth) => "{a: ".repeat(depth) + "x" + "}".repeat(depth),
  "block sequences": (depth) => "- ".repeat(depth) + "x",
  "block maps": (depth) => Array.from({ length: depth }, (_, i) => `${" ".repeat(i)}a:`).join("\n") + " x",
};

describe("YAML", () => {
  it("gives back what was written", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        assert.deepEqual(deserializeFromYaml(serializeToYaml(value)), value);
      }),
    );
  });

  it("gives back texts that look like something else", () => {
    const texts = ["", " ", "yes", "no", "null", "~", "1e3", "0x10", "- x", "# no", "a: b", "&a", "*a", "!x", "|", "---", "...", "\t", "a\nb\n", "\uFEFF", "\uD800", "__proto__", "<<", "\u0085", "\u2028", "2026-01-01"]; // prettier-ignore
    for (const text of texts) {
      assert.deepEqual(deserializeFromYaml(serializeToYaml({ [text]: [text] })), JSON.parse(JSON.stringify({ [text]: [text] })), JSON.stringify(text)); // prettier-ignore
    }
  });

  it("reads an empty document as null", () => {
    for (const text of ["", "\n", "# nothing\n", "---\n", "---\n...\n"]) assert.equal(deserializeFromYaml(text), null);
  });

  it("keeps keys that mean something to JavaScript as plain keys", () => {
    const value = deserializeFromYaml("__proto__: {admin: true}\nconstructor: 1") as Record<string, unknown>;
    assert.deepEqual(Object.keys(value), ["__proto__", "constructor"]);
    assert.equal(Object.getPrototypeOf(value), Object.prototype);
    assert.equal(value.admin, undefined);
    assert.deepEqual(deserializeFromYaml("a: &a {__proto__: {x: 1}}\n<<: *a"), JSON.parse('{"a":{"__proto__":{"x":1}},"<<":{"__proto__":{"x":1}}}')); // prettier-ignore
  });

  for (const [what, text] of Object.entries(NESTINGS)) {
    it(`takes exactly as many levels of ${what} as it may`, () => {
      deserializeFromYaml(text(512));
      refused(() => deserializeFromYaml(text(513)), /more than 512 levels deep/);
      deserializeFromYaml(text(3), { maxDepth: 3 });
      refused(() => deserializeFromYaml(text(4), { maxDepth: 3 }), /more than 3 levels deep/);
    });
  }

  it("refuses a hundred thousand levels without dying of it", () => {
    refused(() => deserializeFromYaml("[".repeat(100_000)), /512 levels/);
    refused(() => deserializeFromYaml("- ".repeat(100_000)), /512 levels/);
  });

  it("does not let aliases multiply", () => {
    const bomb = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"];
    for (let i = 1; i < 12; i += 1)
      bomb.push(
        `a${i}: &a${i} [${Array(10)
          .fill(`*a${i - 1}`)
          .join(", ")}]`,
      );
    refused(() => deserializeFromYaml(bomb.join("\n")), /alias/i);
  });

  it("says line and column of what is wrong", () => {
    refused(() => deserializeFromYaml("a: 1\nb: [1, 2\nc: 3"), /line \d, column \d/);
    refused(() => deserializeFromYaml("a: 1\nb: 2\na: 3"), /line 3, column 1: Map keys must be unique/);
    refused(() => deserializeFromYaml("a: 1\n---\nb: 2"), /line 2, column 1: a second document begins/);
    refused(() => deserializeFromYaml("a:\n\t- b"), /line 2, column 1: Tabs/);
    refused(() => deserializeFromYaml("a: *missing"), /Unresolved alias/);
  });

  it("gives nothing but data for tags it does not know", () => {
    assert.deepEqual(deserializeFromYaml('a: !!js/function "x"'), { a: "x" });
  });

  it("writes no function, symbol or nothing at all", () => {
    for (const value of [undefined, () => 1, Symbol("x"), { a: () => 1 }, [Symbol("x")]]) {
      refused(() => serializeToYaml(value), /YAML/);
    }
  });

  it("writes a circle as one, and reads it so", () => {
    const circle: { self?: unknown } = {};
    circle.self = circle;
    const read = deserializeFromYaml(serializeToYaml(circle)) as typeof circle;
    assert.equal(read.self, read);
  });
});
