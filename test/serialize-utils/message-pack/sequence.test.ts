import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { deserializeFromCbor, readCborSequence, readMessagePackSequence, serializeToCbor, writeCborSequence, writeMessagePackSequence } from "../../../src/serialize-utils/index.ts"; // prettier-ignore
import { threadTime } from "../../support/thread-time.ts";

const VALUES = [1, "text", [1, [2, { a: new Date(5) }]], { a: "x".repeat(1000) }, new Uint8Array(500), undefined, new Map([[1, /x/]]), 1e300, -1]; // prettier-ignore

const FORMATS = {
  MessagePack: { write: writeMessagePackSequence, read: readMessagePackSequence },
  CBOR: { write: writeCborSequence, read: readCborSequence },
};

function* pieces(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let i = 0; i < bytes.length; i += size) yield bytes.subarray(i, i + size);
}

for (const [format, { write, read }] of Object.entries(FORMATS)) {
  describe(`sequences of ${format}`, () => {
    const whole = async (): Promise<Buffer> => Buffer.concat(await Array.fromAsync(write(VALUES)));

    it("gives back what was written, however it is cut", async () => {
      for (const size of [1, 2, 3, 7, 100, 1e6]) {
        assert.deepEqual(await Array.fromAsync(read(pieces(await whole(), size))), VALUES, `pieces of ${size}`);
      }
      assert.deepEqual(await Array.fromAsync(read([])), []);
    });

    it("gives each value before the next one is there", async () => {
      const given: unknown[] = [];
      async function* source(): AsyncGenerator<Uint8Array> {
        for (const [i, value] of VALUES.entries()) {
          assert.equal(given.length, i);
          yield* write([value]);
        }
      }
      for await (const value of read(source())) given.push(value);
      assert.deepEqual(given, VALUES);
    });

    it("tells where the source ends within a value, after giving all before", async () => {
      const bytes = (await whole()).subarray(0, -1);
      const cut = Buffer.concat([bytes, ...(await Array.fromAsync(write(["ab"])))]).subarray(0, -1);
      const given: unknown[] = [];
      await assert.rejects(
        async () => {
          for await (const value of read(pieces(cut, 10))) given.push(value);
        },
        { code: "SEALTRACE_DATA_TRUNCATED" },
      );
      assert.deepEqual(given, VALUES.slice(0, -1));
    });

    it("holds the limit for each value, before the whole of it is there", async () => {
      const [large] = await Array.fromAsync(write([new Uint8Array(100_000)]));
      const start = (large as Uint8Array).subarray(0, 10);
      const consume = async (): Promise<unknown[]> => Array.fromAsync(read([start], { maxBytes: 50_000 }));
      await assert.rejects(consume, { code: "SEALTRACE_LIMIT_EXCEEDED" });
      const many = Array.from({ length: 100 }, () => 5);
      assert.deepEqual(await Array.fromAsync(read(write(many), { maxBytes: 10 })), many);
    });

    it("takes time linear in the length of a value that comes in many pieces", async () => {
      const [large] = await Array.fromAsync(write([Array.from({ length: 300_000 }, (_, i) => i)]));
      const start = threadTime();
      await Array.fromAsync(read(pieces(large as Uint8Array, 100)));
      assert.ok(threadTime() - start < 3000);
    });

    it("says what is wrong in the middle", async () => {
      const wrong = format === "CBOR" ? [0x01, 0xff, 0x01] : [0x01, 0xc1, 0x01];
      await assert.rejects(Array.fromAsync(read([new Uint8Array(wrong)])), { code: "SEALTRACE_INVALID_DATA" });
    });
  });
}

it("CBOR of indefinite lengths in a sequence", async () => {
  const bytes = Buffer.from("9f01bf616102ff5f4101ff80ff7f6161ff" + "d8249f8201ff".slice(0, 0), "hex");
  assert.deepEqual(await Array.fromAsync(readCborSequence(pieces(bytes, 1))), [[1, { a: 2 }, new Uint8Array([1]), []], "a"]); // prettier-ignore
  assert.deepEqual(deserializeFromCbor(serializeToCbor("a")), "a");
});
