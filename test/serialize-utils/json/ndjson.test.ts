import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { readNdjson, writeNdjson, type NdjsonReadingOptions } from "../../../src/serialize-utils/index.ts";
import { richValue } from "../values/rich-values.ts";

async function read(chunks: Iterable<Uint8Array>, options?: NdjsonReadingOptions): Promise<unknown[]> {
  return Array.fromAsync(readNdjson(chunks, options));
}
const readText = (text: string, options?: NdjsonReadingOptions): Promise<unknown[]> =>
  read([Buffer.from(text)], options);
const refused = async (code: string, reading: Promise<unknown>, message: RegExp): Promise<void> => {
  await assert.rejects(reading, { name: "SealtraceError", code: `SEALTRACE_${code}`, message });
};

/** In pieces of so many bytes. */
function* cut(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let i = 0; i < bytes.length; i += size) yield bytes.subarray(i, i + size);
}

describe("NDJSON", () => {
  it("gives back what was written, wherever it is cut", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(richValue, { maxLength: 6 }), fc.integer({ min: 1, max: 40 }), async (values, size) => {
        const bytes = Buffer.concat(await Array.fromAsync(writeNdjson(values)));
        assert.equal(bytes.filter((byte) => byte === 10).length, values.length);
        assert.deepEqual(await read(cut(bytes, size)), values);
      }),
      { numRuns: 60 },
    );
  });

  it("takes lines of all kinds", async () => {
    for (const size of [1, 2, 3, 5, 100]) {
      const bytes = Buffer.from('\uFEFF{"a":"ä€😀"}\r\n\n  \r\n[1]\n\r\n"last"');
      assert.deepEqual(await read(cut(bytes, size)), [{ a: "ä€😀" }, [1], "last"]);
    }
    for (const text of ["", "\n", "\r\n\n", "\uFEFF", "\uFEFF\n"]) assert.deepEqual(await readText(text), []);
    assert.deepEqual(await read([Buffer.from("1"), Buffer.alloc(0), Buffer.from("2\n3")]), [12, 3]);
    await refused("INVALID_DATA", readText("1\n\uFEFF2\n3\n"), /^Line 2: It is no JSON/);
  });

  it("says which line is wrong, and hands out those before it", async () => {
    const seen: unknown[] = [];
    await assert.rejects(async () => {
      for await (const value of readNdjson([Buffer.from('1\n\n{"a":\n2')])) seen.push(value);
    }, { code: "SEALTRACE_DATA_TRUNCATED", message: /^Line 3: / }); // prettier-ignore
    assert.deepEqual(seen, [1]);
    await refused("DATA_TRUNCATED", readText('1\n{"a":'), /^Line 2: /);
    await refused("DATA_CONCATENATED", readText("1 2\n"), /^Line 1: /);
    await refused("LIMIT_EXCEEDED", readText("1\n[[1]]\n", { maxDepth: 1 }), /^Line 2: .*levels/);
    for (const size of [1, 100]) {
      await refused("INVALID_DATA", read(cut(Buffer.from([49, 10, 0xff, 0xfe, 10, 50]), size)), /^Line 2: .*UTF-8/);
      await refused(
        "LIMIT_EXCEEDED",
        read(cut(Buffer.from('1\n"12345678"\n2'), size), { maxBytes: 9 }),
        /^Line 2: .*9 bytes/,
      );
      assert.equal((await read(cut(Buffer.from('1\n"12345678"\n2'), size), { maxBytes: 10 })).length, 3);
    }
  });

  it("goes on after a bad line, when it may", async () => {
    const bytes = Buffer.concat([Buffer.from('1\nno\n"a long line that is too long"\n2\n'), Buffer.from([0xff, 10]), Buffer.from('{"$rich":"X"}\n3\n[')]); // prettier-ignore
    for (const size of [1, 4, 1_000]) {
      const bad: [number, string][] = [];
      const onBadLine = ({ code }: { code: string }, line: number): void => {
        bad.push([line, code]);
      };
      assert.deepEqual(await read(cut(bytes, size), { onBadLine, maxBytes: 20 }), [1, 2, 3]);
      assert.deepEqual(bad, [[2, "SEALTRACE_INVALID_DATA"], [3, "SEALTRACE_LIMIT_EXCEEDED"], [5, "SEALTRACE_INVALID_DATA"], [6, "SEALTRACE_TYPE_REFUSED"], [8, "SEALTRACE_DATA_TRUNCATED"]]); // prettier-ignore
    }
  });

  it("holds no more than a line of what it reads, and writes in chunks", async () => {
    let held = 0;
    const same = Buffer.alloc(65_536, "x");
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (let i = 0; i < 2_000; i += 1) {
        held = Math.max(held, process.memoryUsage().arrayBuffers);
        yield await Promise.resolve(same);
      }
      yield Buffer.from("\n7\n");
    }
    const bad: number[] = [];
    const before = process.memoryUsage().arrayBuffers;
    assert.deepEqual(await Array.fromAsync(readNdjson(endless(), { maxBytes: 100_000, onBadLine: (_, line) => bad.push(line) })), [7]); // prettier-ignore
    assert.deepEqual(bad, [1]);
    assert.ok(held - before < 20e6);
    const chunks = await Array.fromAsync(writeNdjson(Array.from({ length: 50_000 }, (_, i) => ({ i }))));
    assert.ok(chunks.length > 3 && chunks.every(({ length }) => length < 70_000));
  });

  it("says which value can't be written", async () => {
    await refused("VALUE_UNSUPPORTED", Array.fromAsync(writeNdjson([1, { a: () => 1 }])), /^Line 2: .*stands at a/);
    await refused("VALUE_UNSUPPORTED", Array.fromAsync(writeNdjson([1n], { rich: false })), /^Line 1: Plain JSON/);
  });
});
