import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  decodeStream,
  deserializeFromCbor,
  deserializeFromMessagePack,
  encodeStream,
  type FormatName,
} from "../../../src/serialize-utils/index.ts";

const values = Array.from({ length: 3_000 }, (_, i) => ({ i, at: new Date(i), text: "é".repeat(i % 70) }));

describe("a sequence through all stages", () => {
  for (const format of ["messagepack", "cbor"] as const satisfies readonly FormatName[]) {
    it(`of ${format}`, async () => {
      const stages = { format, compress: "zstd", passphrase: "secret", scryptWorkFactor: 10 } as const;
      const pieces = await Array.fromAsync(encodeStream(values, stages));
      const source = async function* (): AsyncGenerator<Uint8Array> {
        for (const piece of pieces) {
          yield piece;
          await Promise.resolve();
        }
      };
      assert.deepEqual(await Array.fromAsync(decodeStream(source(), stages)), values);
    });
  }

  it("is each value as it is alone, one after the other", async () => {
    const read = { messagepack: deserializeFromMessagePack, cbor: deserializeFromCbor };
    for (const format of ["messagepack", "cbor"] as const) {
      const one = Buffer.concat(await Array.fromAsync(encodeStream([{ a: 1 }], { format })));
      assert.deepEqual(read[format](one), { a: 1 });
      const two = Buffer.concat(await Array.fromAsync(encodeStream([{ a: 1 }, { a: 1 }], { format })));
      assert.deepEqual(two, Buffer.concat([one, one]));
    }
  });
});
