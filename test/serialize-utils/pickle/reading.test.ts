/** What is a pickle, what is none, and what is too much of one. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SealtraceError } from "../../../src/record/index.ts";
import { deserializeFromPickle, PythonTuple, serializeToPickle } from "../../../src/serialize-utils/index.ts";
import { frame, MARK, MEMOIZE, pickle, PROTO4, STOP, text, TUPLE1, type Part } from "./pickles.ts";
import { load, refuses } from "./reading-pickles.ts";

const OPCODES =
  "().012FGIJKLMNPQRSTUVX]abcdeghijlopqrstu}BC" +
  Array.from({ length: 0x19 }, (_, i) => String.fromCharCode(0x80 + i)).join("");

describe("the opcodes", () => {
  it("are those of protocols 0 to 5, and no others", () => {
    for (let opcode = 0; opcode < 256; opcode += 1) {
      const isKnown = OPCODES.includes(String.fromCharCode(opcode));
      assert.throws(
        () => deserializeFromPickle(Uint8Array.of(opcode, 0xff)),
        (error: Error) => /at byte 0: \S+ is no opcode/.test(error.message) !== isKnown,
        `opcode ${opcode}`,
      );
    }
  });

  it("of text are read as CPython reads them", () => {
    for (const [content, value] of [
      ["I01\n.", true],
      ["I00\n.", false],
      ["I-5\n.", -5],
      ["I1\n.", 1],
      ["L9007199254740993L\n.", 9007199254740993n],
      ["F1.5\n.", 1.5],
      ["F-inf\n.", -Infinity],
      ["Fnan\n.", NaN],
      ["F1e400\n.", Infinity],
      ["Va\\u20acb\\U0001f600\\\\u0041\n.", "a€b😀\\\\u0041"],
      ["V\xe9\n.", "é"],
      ["S'a\\'b\\x41\\n\\101'\n.", "a'bA\nA"],
      ['S"x"\n.', "x"],
      ["U\x02ab.", "ab"],
      ["(lp0\nI1\naI2\na.", [1, 2]],
      ["(dp0\nVa\nI1\ns.", { a: 1 }],
      ["(I1\nI2\nl.", [1, 2]],
      ["(Va\nI1\nd.", { a: 1 }],
      ["(I1\ntp0\n0g0\n.", PythonTuple.of(1)],
      ["I1\n2\x86.", PythonTuple.of(1, 1)],
      ["I1\n(I2\nI3\n1.", 1],
      ["I1\n(0.", 1],
      ["\x8b\x01\0\0\0\x05.", 5n],
      ["\x8a\0.", 0],
      ["\x8a\x02\xff\x00.", 255],
      ["\x8a\x01\xff.", -1],
    ] as const) {
      assert.deepEqual(load(content), value, content);
    }
  });

  it("of memo keep what they were given, whatever its number", () => {
    // PUT 5, then MEMOIZE takes the number of entries: 1.
    assert.deepEqual(
      load("K\x07q\x05K\x08\x94h\x05h\x01\x86\x87."),
      PythonTuple.of<unknown>(7, 8, PythonTuple.of(7, 8)),
    );
    assert.deepEqual(load("K\x01r\xff\xff\xff\xff0j\xff\xff\xff\xff."), 1);
    refuses(["h\x00."], "INVALID_DATA", /no entry 0/);
    refuses(["g99\n."], "INVALID_DATA", /no entry 99/);
    refuses(["I1\np-1\n."], "INVALID_DATA");
    refuses(["]", MEMOIZE.repeat(20), STOP], "LIMIT_EXCEEDED", /maxMemo/, { maxMemo: 10 });
  });
});

describe("a broken pickle is refused", () => {
  it("wherever it ends", () => {
    const whole = serializeToPickle([
      1,
      2.5,
      "text",
      "t".repeat(300),
      { a: [true, null] },
      2n ** 80n,
      Uint8Array.of(1),
      new Date(0),
    ]);
    for (let end = 0; end < whole.length; end += 1) {
      assert.throws(() => deserializeFromPickle(whole.subarray(0, end)), (error: SealtraceError) =>
        ["SEALTRACE_DATA_TRUNCATED", "SEALTRACE_INVALID_DATA"].includes(error.code)); // prettier-ignore
    }
  });

  it("by its end", () => {
    refuses([], "DATA_TRUNCATED");
    refuses(["N.", "garbage"], "DATA_TRAILING", /7 bytes follow .* at byte 2/);
    refuses(["\x80\x04N.", "\x80\x04N."], "DATA_CONCATENATED", /at byte 4/);
    refuses(["NN."], "INVALID_DATA", /more than one value/);
    refuses(["."], "INVALID_DATA", /no value/);
    refuses(["N(."], "INVALID_DATA");
  });

  it("by lengths that are not there", () => {
    for (const content of [
      "X\xff\xff\xff\xff",
      "B\xff\xff\xff\xffa",
      "\x8d\xff\xff\xff\xff\xff\xff\xff\x7f",
      "\x8e\0\0\0\0\0\x01\0\0",
      "\x96\xff\xff\xff\xff\xff\xff\xff\xff",
      "T\xff\xff\xff\x7f",
      "\x8b\xff\xff\xff\x00",
      "\x8c\x05a",
      "U\x05a",
      "K",
      "J\0",
      "G\0",
      "V no end",
    ]) {
      assert.throws(() => load(content), (error: SealtraceError) => /DATA_TRUNCATED|LIMIT_EXCEEDED/.test(error.code), content); // prettier-ignore
    }
    refuses(["T\xff\xff\xff\xff."], "INVALID_DATA", /negative/);
    refuses(["\x8b\xff\xff\xff\xff."], "INVALID_DATA", /negative/);
  });

  it("by what stands on its stack", () => {
    for (const content of [
      "a.",
      "Na.",
      "e.",
      "(e.",
      "u.",
      "}(Nu.",
      "}NNNs.",
      "t.",
      "\x86.",
      "R.",
      "b.",
      "Nb.",
      "N(Na.",
      "s.",
      "\x90.",
      "N(N\x90.",
      "l.",
      "0.",
      "2.",
      "1.",
      "NNR.",
      "}NR.",
      "N)\x81.",
      "\x93.",
      "NN\x93.",
      "]K\x01b.",
      "q\x00.",
      "\x94.",
      "K\x01(K\x02e.",
    ]) {
      refuses([content], "INVALID_DATA");
    }
    refuses(["\x80\x06N."], "INVALID_DATA", /protocol 6/);
    for (const content of [
      "I0x10\n.",
      "I010\n.",
      "I 1\n.",
      "L\n.",
      "F1_0\n.",
      "Fspam\n.",
      "Sx\n.",
      "S'a\n.",
      "V\\u12\n.",
      `L${"9".repeat(5000)}L\n.`,
    ])
      refuses([content], "INVALID_DATA");
    refuses(["X\x02\0\0\0\xc3\x28."], "INVALID_DATA", /UTF-8/);
    refuses(["X\x02\0\0\0\xc0\x80."], "INVALID_DATA", /UTF-8/);
  });

  it("by frames that don't fit", () => {
    const body = pickle(text("abc"), STOP);
    assert.equal(load(PROTO4, frame(body.length), body), "abc");
    assert.equal(load(PROTO4, frame(body.length - 1), body), "abc");
    refuses([PROTO4, frame(3), body], "INVALID_DATA", /frame/);
    refuses([PROTO4, frame(body.length + 1), body], "INVALID_DATA", /frame/);
    refuses([PROTO4, frame(body.length + 1), body, "N"], "INVALID_DATA", /frame goes on/);
    refuses([PROTO4, frame(body.length + 9), frame(body.length), body], "INVALID_DATA", /within another/);
    refuses([PROTO4, frame(2 ** 40), body], "INVALID_DATA", /frame/);
  });
});

describe("limits", () => {
  it("hold for values, depth, bytes, time and memo", () => {
    refuses([MARK, "N".repeat(100), "l."], "LIMIT_EXCEEDED", /more than 50 values/, { maxValues: 50 });
    refuses(["]".repeat(20), "a".repeat(19), STOP], "LIMIT_EXCEEDED", /more than 10 levels/, { maxDepth: 10 });
    refuses([")", TUPLE1.repeat(20), STOP], "LIMIT_EXCEEDED", /more than 10 levels/, { maxDepth: 10 });
    refuses(["N".repeat(20), "."], "LIMIT_EXCEEDED", /larger than 10 bytes/, { maxBytes: 10 });
    refuses([MARK.repeat(100_000)], "LIMIT_EXCEEDED", /levels/);
    refuses([MARK, "N".repeat(300_000), "l."], "LIMIT_EXCEEDED", /takes longer/, { maxMilliseconds: 0 });
    assert.deepEqual(deserializeFromPickle(pickle("]".repeat(10), "a".repeat(9), STOP), { maxDepth: 10 }), [
      [[[[[[[[[]]]]]]]]],
    ]);
  });

  it("hold for depth that comes by way of the memo", () => {
    // Twenty empty lists first; then each is put into the next.
    const parts: Part[] = [];
    for (let i = 0; i < 20; i += 1) parts.push("]", MEMOIZE, "0");
    for (let i = 1; i < 20; i += 1) parts.push("h", i, "h", i - 1, "a0");
    refuses([...parts, "h\x13."], "LIMIT_EXCEEDED", /more than 10 levels/, { maxDepth: 10 });
    assert.doesNotThrow(() => deserializeFromPickle(pickle(...parts, "h\x13."), { maxDepth: 20 }));
    // In this order a walk meets the deepest last, and everything in it already seen.
    refuses(
      [...parts, MARK, ...Array.from({ length: 20 }, (_, i) => ["h", i]).flat(1), "l."],
      "LIMIT_EXCEEDED",
      /levels/,
      { maxDepth: 12 },
    );
  });

  it("let no deque drop its first item a million times", { timeout: 10_000 }, () => {
    const deque = "ccollections\ndeque\n((lI50000\ntR";
    refuses([deque, "Na".repeat(1_000_000), STOP], "INVALID_DATA", /at most 50000 items/);
    assert.equal((load(deque, "Na".repeat(50_000), STOP) as { items: unknown[] }).items.length, 50_000);
  });

  it("let no integer take long", { timeout: 5_000 }, () => {
    const digits = new Uint8Array(1 << 20).fill(0x7f);
    const value = load("\x8b\0\0\x10\0", digits, STOP) as bigint;
    assert.equal(BigInt.asUintN(16, value), 0x7f7fn);
    refuses(["\x8b\x01\0\x10\0", digits, "\x7f."], "LIMIT_EXCEEDED", /integer of 1048577 bytes/);
  });

  it("count what an array's length only claims", () => {
    const sparse = serializeToPickle(Array<number>(100_000));
    refuses([sparse], "LIMIT_EXCEEDED", /values/, { maxValues: 1_000 });
  });
});
