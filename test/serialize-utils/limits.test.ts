/** What is given as a limit, to every reader. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createZstdCompress } from "node:zlib";
import {
  compress,
  COMPRESSIONS,
  decode,
  decodeStream,
  decompress,
  deserializeFromCbor,
  deserializeFromJson,
  deserializeFromMessagePack,
  deserializeFromPickle,
  deserializeFromProtobuf,
  deserializeFromYaml,
  readCborSequence,
  readNdjson,
  salvage,
  scanPickle,
  serializeToCbor,
  serializeToMessagePack,
  serializeToPickle,
  serializeToProtobuf,
  type ReadingLimits,
} from "../../src/serialize-utils/index.ts";

const VALUE = [1, "a"];
const CBOR = serializeToCbor(VALUE);
const JSON_BYTES = Buffer.from("[1]");
const READERS: Readonly<Record<string, (limits: ReadingLimits) => unknown>> = {
  deserializeFromJson: (limits) => deserializeFromJson("[1]", limits),
  deserializeFromYaml: (limits) => deserializeFromYaml("- 1", limits),
  deserializeFromMessagePack: (limits) => deserializeFromMessagePack(serializeToMessagePack(VALUE), limits),
  deserializeFromCbor: (limits) => deserializeFromCbor(CBOR, limits),
  deserializeFromProtobuf: (limits) => deserializeFromProtobuf(serializeToProtobuf(VALUE), limits),
  deserializeFromPickle: (limits) => deserializeFromPickle(serializeToPickle(VALUE), limits),
  scanPickle: (limits) => scanPickle(serializeToPickle(VALUE), limits),
  readNdjson: (limits) => Array.fromAsync(readNdjson([JSON_BYTES], limits)),
  readCborSequence: (limits) => Array.fromAsync(readCborSequence([CBOR], limits)),
  decompress: (limits) => decompress(compress(JSON_BYTES, "zstd"), "zstd", limits),
  decode: (limits) => decode(JSON_BYTES, { format: "binary", ...limits }),
  decodeStream: (limits) => Array.fromAsync(decodeStream(source(JSON_BYTES), { format: "binary", ...limits })),
  salvage: (limits) => salvage(JSON_BYTES, { format: "binary", ...limits }),
};

async function* source(...pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  await Promise.resolve();
  yield* pieces;
}

describe("limits", () => {
  for (const [name, read] of Object.entries(READERS)) {
    it(`of ${name} are numbers, or it reads nothing`, async () => {
      await read({ maxDepth: Infinity, maxBytes: Infinity, maxValues: Infinity, maxMilliseconds: Infinity });
      for (const limit of ["maxDepth", "maxBytes", "maxValues", "maxMilliseconds"]) {
        for (const wrong of [NaN, -1, "10", null, 10n]) {
          await assert.rejects(async () => await read({ [limit]: wrong }), {
            code: "SEALTRACE_USAGE",
            message: new RegExp(`${limit} is a number from 0 on`),
          });
        }
      }
    });
  }

  it("may be infinite where something is decompressed", async () => {
    for (const name of COMPRESSIONS) {
      const bytes = compress(JSON_BYTES, name);
      assert.deepEqual(decompress(bytes, name, { maxBytes: Infinity }), JSON_BYTES);
      const { value, losses } = await salvage(bytes, { compress: name, maxBytes: Infinity });
      assert.deepEqual([value, losses], [[1], []]);
    }
  });

  it("hold for each value of a stream of which the length isn't limited", async () => {
    // A text of 1 GiB is announced: without a limit it would be waited for in memory, and zstd makes it of 32 KB.
    const announced = Buffer.from("7a40000000", "hex");
    const compressed = createZstdCompress().end(announced) as AsyncIterable<Uint8Array>;
    await assert.rejects(Array.fromAsync(decodeStream(source(announced), { format: "cbor" })), {
      code: "SEALTRACE_LIMIT_EXCEEDED",
    });
    await assert.rejects(Array.fromAsync(decodeStream(compressed, { format: "cbor", compress: "zstd" })), {
      code: "SEALTRACE_LIMIT_EXCEEDED",
    });
  });
});
