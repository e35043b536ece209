import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { SealtraceError } from "../../../src/record/index.ts";
import { deserializeFromYaml, serializeToYaml } from "../../../src/serialize-utils/index.ts";
import { richValue } from "../values/rich-values.ts";
import { threadTime } from "../../support/thread-time.ts";

const refused = (action: () => unknown, message: RegExp, code = "INVALID_DATA"): void => {
  assert.throws(action, { name: "SealtraceError", code: `SEALTRACE_${code}`, message });
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
      refused(() => deserializeFromYaml(text(513)), /more than 512 levels deep/, "LIMIT_EXCEEDED");
      deserializeFromYaml(text(3), { maxDepth: 3 });
      refused(() => deserializeFromYaml(text(4), { maxDepth: 3 }), /more than 3 levels deep/, "LIMIT_EXCEEDED");
    });
  }

  it("refuses a hundred thousand levels without dying of it", () => {
    refused(() => deserializeFromYaml("[".repeat(100_000)), /512 levels/, "LIMIT_EXCEEDED");
    refused(() => deserializeFromYaml("- ".repeat(100_000)), /512 levels/, "LIMIT_EXCEEDED");
  });

  it("does not let aliases multiply", () => {
    const bomb = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"];
    for (let i = 1; i < 12; i += 1)
      bomb.push(
        `a${i}: &a${i} [${Array(10)
          .fill(`*a${i - 1}`)
          .join(", ")}]`,
      );
    refused(() => deserializeFromYaml(bomb.join("\n")), /alias/i, "LIMIT_EXCEEDED");
  });

  it("says line and column of what is wrong", () => {
    refused(() => deserializeFromYaml("a: 1\nb: [1, 2\nc: 3"), /line \d, column \d/);
    refused(() => deserializeFromYaml("a: 1\nb: 2\na: 3"), /line 3, column 1: Map keys must be unique/);
    refused(() => deserializeFromYaml("a: 1\n---\nb: 2"), /line 2, column 1: a second document begins/);
    refused(() => deserializeFromYaml("a:\n\t- b"), /line 2, column 1: Tabs/);
    refused(() => deserializeFromYaml("a: *missing"), /Unresolved alias/);
  });

  it("refuses tags that it does not know", () => {
    for (const tag of [
      "!!js/function",
      "!!python/object/apply:os.system",
      "!Function",
      "!constructor",
      "!__proto__",
      "!toString",
      "!class",
      "!Reference",
      "!Object",
    ]) {
      refused(() => deserializeFromYaml(`a: ${tag} "x"`), /asks for the type/, "TYPE_REFUSED");
      refused(() => deserializeFromYaml(`a: ${tag} {b: 1}`), /asks for the type.*line 1, column \d/, "TYPE_REFUSED");
      refused(() => deserializeFromYaml(`a: ${tag} [1]`), /asks for the type/, "TYPE_REFUSED");
    }
    refused(() => deserializeFromYaml("!class:Money {}"), /class "Money"/, "TYPE_REFUSED");
    refused(() => deserializeFromYaml("!class:constructor {}", { classes: {} }), /class "constructor"/, "TYPE_REFUSED");
  });

  it("writes no function or symbol of its own", () => {
    for (const value of [() => 1, Symbol("x"), { a: [() => 1] }, [Symbol("x")], new WeakMap()]) {
      refused(() => serializeToYaml(value), /^YAML has no form for/, "VALUE_UNSUPPORTED");
    }
    let deep: unknown = 1;
    for (let i = 0; i < 100_000; i += 1) deep = [deep];
    refused(() => serializeToYaml(deep), /too deeply for YAML/, "VALUE_UNSUPPORTED");
  });

  it("writes a circle as one, and reads it so", () => {
    const circle: { self?: unknown } = {};
    circle.self = circle;
    const read = deserializeFromYaml(serializeToYaml(circle)) as typeof circle;
    assert.equal(read.self, read);
  });

  it("does not let aliases hang it, or count what an alias costs wrongly", () => {
    const list = "[1, 2, 3]";
    assert.deepEqual(deserializeFromYaml(`- &a ${list}\n- *a`, { maxExpandedValues: 9 }), [
      [1, 2, 3],
      [1, 2, 3],
    ]);
    refused(
      () => deserializeFromYaml(`- &a ${list}\n- *a\n- *a`, { maxExpandedValues: 12 }),
      /maxExpandedValues/,
      "LIMIT_EXCEEDED",
    );
    const many = `a: &a {x: 1}\nb: [${Array(50_000).fill("*a").join(", ")}]`;
    const { a, b } = deserializeFromYaml(many) as { a: object; b: object[] };
    assert.ok(b.every((item) => item === a));
    refused(() => deserializeFromYaml("- *b\n- &b 1"), /line 1, column 3: Unresolved alias b/);
    assert.deepEqual(deserializeFromYaml("[&a 1, *a, &a 2, *a]"), [1, 1, 2, 2]);
  });

  it("holds its limits", () => {
    refused(() => deserializeFromYaml('"äöü"', { maxBytes: 7 }), /7 bytes/, "LIMIT_EXCEEDED");
    deserializeFromYaml("[1, 2, 3]", { maxValues: 8 });
    refused(() => deserializeFromYaml("[1, 2, 3]", { maxValues: 3 }), /3 values/, "LIMIT_EXCEEDED");
    refused(() => deserializeFromYaml("- 1\n".repeat(50_000), { maxMilliseconds: 1 }), /1 ms/, "LIMIT_EXCEEDED");
    refused(() => deserializeFromYaml("!SparseArray [4000000000]"), /20000000 values/, "LIMIT_EXCEEDED");
    refused(
      () => deserializeFromYaml("[".repeat(20_000) + "]".repeat(20_000), { maxDepth: 1e6 }),
      /more deeply/,
      "LIMIT_EXCEEDED",
    );
  });

  it("takes time that grows with the text", () => {
    const texts: Readonly<Record<string, (count: number) => string>> = {
      keys: (count) => Array.from({ length: count }, (_, i) => `k${i}: ${i}`).join("\n"),
      "flow keys": (count) => `{${Array.from({ length: count }, (_, i) => `k${i}: ${i}`).join(", ")}}`,
      anchors: (count) => Array.from({ length: count }, (_, i) => `- &a${i} x\n- *a${i}`).join("\n"),
      sets: (count) => `!!set\n${Array.from({ length: count }, (_, i) => `? k${i}`).join("\n")}`,
      comments: (count) => `# x\n`.repeat(count) + "a: 1",
      "lines of a scalar": (count) => `a: x\n${"  y\n".repeat(count)}`,
      "folded lines": (count) => `a: >\n${"  y\n\n".repeat(count)}`,
      escapes: (count) => `a: "${"\\n\\\\".repeat(count)}"`,
      "blank lines": (count) => `a:\n${"\n".repeat(count)} b`,
    };
    for (const [what, text] of Object.entries(texts)) {
      const time = (count: number): number => {
        const start = threadTime();
        deserializeFromYaml(text(count));
        return threadTime() - start;
      };
      time(500);
      const [few, many] = [Math.min(time(2_000), time(2_000)), time(16_000)];
      assert.ok(many < few * 8 * 4 + 50, `${what}: ${few} ms for 2,000, ${many} ms for 16,000`);
    }
  });

  it("knows no merge keys and no YAML 1.1, whatever the text says", () => {
    assert.deepEqual(deserializeFromYaml("%YAML 1.1\n---\na: yes\nb: 0777\nc: {<<: {x: 1}}\nd: 1:30"), { a: "yes", b: 777, c: { "<<": { x: 1 } }, d: "1:30" }); // prettier-ignore
  });

  it("makes a Map of what no object can be", () => {
    assert.deepEqual(deserializeFromYaml("? [a]\n: 1\nb: 2"), new Map<unknown, unknown>([[["a"], 1], ["b", 2]])); // prettier-ignore
    assert.deepEqual(deserializeFromYaml("{1: a, null: b, true: c, 1.5: d}"), { 1: "a", "": "b", true: "c", 1.5: "d" });
    refused(() => deserializeFromYaml('{1: a, "1": b}'), /unique/);
    refused(() => deserializeFromYaml("!Map {a: 1, a: 2}"), /each key once/);
    refused(() => deserializeFromYaml("!!set {a, a}"), /each value once/);
    refused(() => deserializeFromYaml("__proto__: 1\n__proto__: 2"), /unique/);
    assert.deepEqual(deserializeFromYaml("!!omap [a: 1, b: 2]"), new Map([["a", 1], ["b", 2]])); // prettier-ignore
  });

  it("reads the tags of YAML", () => {
    const dates = [
      "2001-12-15T02:59:43.1Z",
      "2001-12-14t21:59:43.10-05:00",
      "2001-12-14 21:59:43.10 -5",
      "2001-12-15 2:59:43.10",
    ];
    for (const date of dates)
      assert.deepEqual(deserializeFromYaml(`!!timestamp ${date}`), new Date("2001-12-15T02:59:43.100Z"));
    assert.deepEqual(deserializeFromYaml("!!timestamp 2002-12-14"), new Date("2002-12-14"));
    refused(() => deserializeFromYaml("!!timestamp yesterday"), /content of a Date/);
    assert.deepEqual(deserializeFromYaml("!!binary |\n  AQID\n  BAUG"), new Uint8Array([1, 2, 3, 4, 5, 6]));
    refused(() => deserializeFromYaml("!!binary '%'"), /base64/);
    assert.deepEqual(deserializeFromYaml('[!!str 1, !!int "2", !!float "3", !!null "", !!seq [], !!map {}, ! x]'), ["1", 2, 3, null, [], {}, "x"]); // prettier-ignore
  });
});

describe("rich values as YAML", () => {
  it("come back, every one", () => {
    fc.assert(
      fc.property(richValue, (value) => {
        const text = serializeToYaml(value);
        const read = deserializeFromYaml(text);
        assert.deepEqual(read, value, text);
        assert.equal(serializeToYaml(read), text);
      }),
      { numRuns: 150 },
    );
  });

  it("can be read by other programs", () => {
    const person = { name: "Ann", born: new Date(0), tags: new Set(["a"]), boss: undefined as unknown };
    person.boss = person;
    assert.equal(serializeToYaml(person), "&a1\nname: Ann\nborn: !!timestamp 1970-01-01T00:00:00.000Z\ntags: !!set\n  a: null\nboss: *a1\n"); // prettier-ignore
  });

  it("are of registered classes", () => {
    class Money {
      amount = 5;
    }
    const form = (write: (money: Money) => unknown) => ({
      "My/Money": { class: Money, write, read: (content: unknown) => Object.assign(new Money(), { content }) },
    });
    assert.deepEqual(deserializeFromYaml(serializeToYaml([new Money()], { classes: { Money } }), { classes: { Money } }), [new Money()]); // prettier-ignore
    for (const content of ["5", 5, -1.5, null, true, "null", [1], {}, new Date(0), 7n, { amount: 1 }, "a\nb"]) {
      const classes = form(() => content);
      const read = deserializeFromYaml(serializeToYaml([new Money()], { classes }), { classes }) as [
        { content: unknown },
      ];
      assert.deepEqual(read[0].content, content);
    }
  });

  it("never make the decoder throw anything but a SealtraceError", () => {
    const piece = fc.constantFrom("- ", "? ", ": ", "a", "&a ", "*a", "!Map ", "!!set ", "!Error ", "!SparseArray ", "{", "}", "[", "]", ", ", "\n", "\n  ", "'", '"', "|", ">", "%YAML 1.1\n", "---\n", "!class:X ", "!!timestamp ", "!BigInt ", "1", "<<", "\t", "#", "\\u"); // prettier-ignore
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
        try {
          deserializeFromYaml(pieces.join(""), { maxValues: 1_000 });
        } catch (error) {
          assert.ok(error instanceof SealtraceError, `${pieces.join("")}: ${String(error)}`);
        }
      }),
      { numRuns: 3_000 },
    );
  });
});
