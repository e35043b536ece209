/** Lists and dicts that are made with the room they need, once it is known: nobody may see that there was an empty one before. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { deserializeFromPickle, type PickleReadingOptions } from "../../../src/serialize-utils/index.ts";
import { frame, MARK, MEMOIZE, pickle, PROTO4, STOP, text, TUPLE2, type Part } from "./pickles.ts";

const NEW_LIST = ["]", MEMOIZE, MARK];
const NEW_DICT = ["}", MEMOIZE, MARK];
const APPENDS = "e";
const SETITEMS = "u";
const POP = "0";
const get = (index: number): Part => pickle("h", index);
const put = (index: number): Part => pickle("q", index);
const int = (value: number): Part => pickle("K", value);

function load(...parts: readonly Part[]): unknown {
  return deserializeFromPickle(pickle(PROTO4, ...parts, STOP));
}

function refuses(code: string, parts: readonly Part[], options: PickleReadingOptions = {}): void {
  assert.throws(() => deserializeFromPickle(pickle(PROTO4, ...parts, STOP), options), {
    name: "SealtraceError",
    code: `SEALTRACE_${code}`,
  });
}

describe("a new list", () => {
  it("is the one that the memo has", () => {
    const [first, second] = load(...NEW_LIST, int(1), APPENDS, get(0), TUPLE2) as unknown[];
    assert.deepEqual(first, [1]);
    assert.equal(first, second);
  });

  it("may hold itself", () => {
    const list = load(...NEW_LIST, get(0), int(2), APPENDS) as unknown[];
    assert.equal(list.length, 2);
    assert.equal(list[0], list);
  });

  it("takes what comes later", () => {
    const parts = [...NEW_LIST, int(1), APPENDS, MARK, int(2), int(3), APPENDS, int(4), "a"];
    assert.deepEqual(load(...parts), [1, 2, 3, 4]);
  });

  it("isn't put over what has taken its entry of the memo", () => {
    const [list, entry] = load(...NEW_LIST, int(5), put(0), APPENDS, get(0), TUPLE2) as unknown[];
    assert.deepEqual([list, entry], [[5], 5]);
  });

  it("stays one when it is memoized again, its mark having been taken away", () => {
    const [first, second] = load(...NEW_LIST, POP, put(1), MARK, int(1), APPENDS, get(1), TUPLE2) as unknown[];
    assert.deepEqual(first, [1]);
    assert.equal(first, second);
  });

  it("is memoized behind entries that are far off", () => {
    const parts = [int(7), "r\x00\x00\x01\x00", POP, ...NEW_LIST, int(1), APPENDS];
    assert.deepEqual([...(load(...parts, get(1), TUPLE2) as unknown[])], [[1], [1]]);
  });

  it("takes no keys and values", () => {
    refuses("INVALID_DATA", [...NEW_LIST, text("a"), int(1), SETITEMS]);
  });

  it("counts as a level", () => {
    const nested = [...NEW_LIST, ...NEW_LIST, ...NEW_LIST, int(1), APPENDS, APPENDS, APPENDS];
    assert.deepEqual(deserializeFromPickle(pickle(PROTO4, ...nested, STOP), { maxDepth: 3 }), [[[1]]]);
    refuses("LIMIT_EXCEEDED", nested, { maxDepth: 2 });
  });

  it("may begin at the end of a frame", () => {
    for (let cut = 1; cut <= NEW_LIST.length; cut += 1) {
      const [before, after] = [NEW_LIST.slice(0, cut), [...NEW_LIST.slice(cut), int(1), APPENDS, STOP]].map((parts) =>
        pickle(...parts),
      ) as [Uint8Array, Uint8Array];
      const parts = [frame(before.length), before, frame(after.length), after];
      assert.deepEqual(deserializeFromPickle(pickle(PROTO4, ...parts)), [1]);
    }
  });
});

describe("a new dict", () => {
  it("is the one that the memo has, and a plain object", () => {
    for (let size = 0; size < 20; size += 1) {
      const keys = Array.from({ length: size }, (_, i) => `key ${i}`);
      const items = keys.flatMap((key, i) => [text(key), int(i)]);
      const [first, second] = load(...NEW_DICT, ...items, SETITEMS, get(0), TUPLE2) as unknown[];
      assert.deepEqual(first, Object.fromEntries(keys.map((key, i) => [key, i])));
      assert.equal(first, second);
      assert.equal(Object.getPrototypeOf(first), Object.prototype);
      assert.deepEqual(Reflect.ownKeys(first as object), keys);
    }
  });

  it("may hold itself", () => {
    const dict = load(...NEW_DICT, text("self"), get(0), SETITEMS) as Record<string, unknown>;
    assert.equal(dict.self, dict);
  });

  it("takes what comes later, and the last of what comes twice", () => {
    const parts = [...NEW_DICT, text("a"), int(1), text("a"), int(2), SETITEMS, text("b"), int(3), "s"];
    assert.deepEqual(load(...parts), { a: 2, b: 3 });
  });

  it("has __proto__ and indexes for keys like any other", () => {
    const dict = load(...NEW_DICT, text("__proto__"), int(1), text("7"), int(2), SETITEMS) as object;
    assert.deepEqual(Object.entries(dict), [["7", 2], ["__proto__", 1]]); // prettier-ignore
    assert.equal(Object.getPrototypeOf(dict), Object.prototype);
  });

  it("is a Map with another key, everywhere", () => {
    const [first, second] = load(...NEW_DICT, text("a"), int(1), int(2), int(3), SETITEMS, get(0), TUPLE2) as unknown[];
    assert.deepEqual(first, new Map<unknown, unknown>([["a", 1], [2, 3]])); // prettier-ignore
    assert.equal(first, second);
  });

  it("takes no items", () => {
    refuses("INVALID_DATA", [...NEW_DICT, int(1), APPENDS]);
  });
});

describe("the memo", () => {
  it("has entries by the thousand", () => {
    const strings = Array.from({ length: 3000 }, (_, i) => `string ${i}`);
    const parts = strings.flatMap((string) => [text(string), MEMOIZE]);
    const gets = [0, 1, 1023, 1024, 2046, 2047, 2048, 2998].map((i) => pickle("j", i & 0xff, i >> 8, 0, 0));
    const read = load(...NEW_LIST, ...parts, ...gets, APPENDS) as string[];
    assert.deepEqual(read.slice(0, 3000), strings);
    assert.deepEqual(read.slice(3001), [0, 1022, 1023, 2045, 2046, 2047, 2997].map((i) => strings[i])); // prettier-ignore
    assert.equal(read[3000], read);
  });

  it("has no more of them than it may", () => {
    const parts = [...NEW_LIST, text("a"), MEMOIZE, text("b"), MEMOIZE, APPENDS];
    assert.deepEqual(deserializeFromPickle(pickle(PROTO4, ...parts, STOP), { maxMemo: 3 }), ["a", "b"]);
    refuses("LIMIT_EXCEEDED", parts, { maxMemo: 2 });
  });
});

describe("strings", () => {
  it("that differ only in the middle, or beyond ASCII, aren't taken for each other", () => {
    const strings = ["", "a", "ab", "user-1-abc", "user-2-abc", "üser-1-abc", "user-1-abc", "éé", "eeee", "a".repeat(16), "a".repeat(17), `${"a".repeat(20)}é`, "é".repeat(9), ""]; // prettier-ignore
    assert.deepEqual(load(...NEW_LIST, ...strings.map(text), APPENDS), strings);
  });
});
