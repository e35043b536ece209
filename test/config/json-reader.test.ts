import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { JsonError, plainValue, readJson, type JsonNode } from "../../src/config/index.ts";

function attempt(read: () => unknown): { value: unknown } | { error: unknown } {
  try {
    return { value: read() };
  } catch (error) {
    return { error };
  }
}

/** The reader must say what JSON.parse says, except where it is stricter on purpose. */
function compare(text: string): void {
  const ours = attempt(() => plainValue(readJson(text)));
  const theirs = attempt(() => JSON.parse(text) as unknown);
  if ("error" in ours) {
    assert.ok(ours.error instanceof JsonError, String(ours.error));
    assert.ok(ours.error.offset >= 0 && ours.error.offset <= text.length);
    if (ours.error.reason === "syntax") assert.ok("error" in theirs, `refused: ${text}`);
    return;
  }
  assert.ok("value" in theirs, `accepted: ${text}`);
  assert.deepStrictEqual(ours.value, theirs.value);
}

const json = fc.json({ maxDepth: 5, noUnicodeString: false });

test("valid JSON gives the values of JSON.parse", () => {
  fc.assert(
    fc.property(json, (text) => {
      compare(text);
      assert.ok("value" in attempt(() => readJson(text)));
    }),
    { numRuns: 1000 },
  );
});

test("JSON with something cut out, put in or exchanged is taken or refused as by JSON.parse", () => {
  const piece = fc.constantFrom(
    ...Array.from("{}[],:\"\\'/-+.eE01 \t\n\u000b\u00a0\u2028\ufeffutnrx\0"),
    "\\u00e",
    "\\ud800",
    "null",
    "1e999",
    "-0",
    "01",
  );
  fc.assert(
    fc.property(json, fc.nat(), fc.nat(3), piece, (text, position, cut, insertion) => {
      const at = position % (text.length + 1);
      compare(text.slice(0, at) + insertion + text.slice(at + cut));
      compare(text.slice(0, at));
    }),
    { numRuns: 3000 },
  );
});

test("any sequence of JSON's own characters is taken or refused as by JSON.parse", () => {
  const soup = fc.string({
    unit: fc.constantFrom(...Array.from('{}[],:"\\ -+.eE019tfn'), "true", "null", '"a"', "\\u0041"),
    maxLength: 12,
  });
  fc.assert(fc.property(soup, compare), { numRuns: 5000 });
});

test("every value and name stands where its offset says", () => {
  const visit = (node: JsonNode, text: string): void => {
    if (node.kind === "scalar") {
      assert.ok(text.startsWith(JSON.stringify(node.value), node.offset));
    } else if (node.kind === "array") {
      assert.equal(text[node.offset], "[");
      for (const item of node.items) visit(item, text);
    } else {
      assert.equal(text[node.offset], "{");
      for (const member of node.members) {
        assert.ok(text.startsWith(JSON.stringify(member.name), member.offset));
        visit(member.node, text);
      }
    }
  };
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), fc.constantFrom(0, 1, "\t", "  "), (value, indent) => {
      // As JSON.stringify writes it: without -0, for instance.
      const text = JSON.stringify(value, null, indent);
      visit(readJson(text), text);
    }),
  );
});

test("a name that occurs twice is found, also when it is escaped, and __proto__ is a name like any other", () => {
  for (const text of ['{"a":1,"a":1}', '{"b":[{"a":1,"\\u0061":2}]}', '{"__proto__":1,"__proto__":1}']) {
    assert.throws(
      () => readJson(text),
      (error) => error instanceof JsonError && error.reason === "duplicate",
    );
  }
  const value = plainValue(readJson('{"__proto__":{"polluted":true}}')) as { polluted?: boolean };
  assert.equal(value.polluted, undefined);
  assert.deepEqual(Object.keys(value), ["__proto__"]);
});

test("depth is bounded: 64 levels are read, 65 and a million are refused", () => {
  const nested = (levels: number): string => "[".repeat(levels) + "]".repeat(levels);
  readJson(nested(64));
  for (const levels of [65, 1_000_000]) {
    assert.throws(
      () => readJson(nested(levels)),
      (error) => error instanceof JsonError && error.reason === "depth",
    );
  }
});

test("long strings, numbers and blanks are read in linear time", () => {
  const size = 1_000_000;
  const begun = performance.now();
  compare(`"${"a".repeat(size)}"`);
  compare(`"${"\\n".repeat(size / 2)}"`);
  compare(`"${"a".repeat(size)}`);
  compare("1".repeat(size));
  compare(`${" ".repeat(size)}1`);
  compare(`[${"1,".repeat(size / 2)}1]`);
  // Quadratic time would be minutes.
  assert.ok(performance.now() - begun < 5_000);
});
