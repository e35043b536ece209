/** What the targets of compression have in common. */
import assert from "node:assert/strict";
import { SealtraceError } from "../src/record/index.ts";
import { compress, decompress, decompressStream, salvage, type CompressionName } from "../src/serialize-utils/index.ts";

const LIMITS = { maxBytes: 256 * 1024, maxMilliseconds: 5_000 };

export function compressionSeeds(name: CompressionName): Uint8Array[] {
  const text = Buffer.from("a line that repeats\n".repeat(50));
  const noise = Buffer.from(Array.from({ length: 400 }, (_, i) => (i * 7919) & 0xff));
  const seeds = [Buffer.alloc(0), Buffer.from("x"), text, noise, Buffer.alloc(70_000)].map((content) =>
    compress(content, name, { level: 1 }),
  );
  return name === "brotli" ? seeds : [...seeds, Buffer.concat(seeds)];
}

/** Whole and in pieces it gives the same or an error; what it gives comes back; and what salvage gives begins with no more. */
export async function decompressEveryWay(bytes: Uint8Array, name: CompressionName): Promise<string> {
  const whole = await outcomeOf(() => decompress(bytes, name, LIMITS));
  const streamed = await outcomeOf(() => gathered(decompressStream(inPieces(bytes), name, LIMITS)));
  const salvaged = await outcomeOf(() => salvage(bytes, { format: "binary", compress: name, ...LIMITS }));
  if (typeof whole === "string") {
    assert.equal(typeof streamed, "string", "what is refused as a whole must be refused in pieces");
    assert.ok(typeof salvaged === "string" || salvaged.losses.length > 0, "salvage must say what is missing");
    return whole;
  }
  assert.deepEqual(streamed, whole);
  assert.ok(typeof salvaged !== "string" && salvaged.losses.length === 0);
  assert.deepEqual(salvaged.bytes, whole);
  assert.deepEqual(decompress(compress(whole, name, { level: 1 }), name, LIMITS), whole);
  return "accepted";
}

async function* inPieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < bytes.length; i += 37) {
    await Promise.resolve();
    yield bytes.subarray(i, i + 37);
  }
}

async function gathered(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(source));
}

async function outcomeOf<T>(action: () => T | Promise<T>): Promise<T | string> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof SealtraceError) return error.code;
    throw error;
  }
}
