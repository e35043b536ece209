import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { brotliCompressSync, constants, createZstdCompress, gzipSync, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import {
  compress,
  compressStream,
  COMPRESSIONS,
  decompress,
  decompressStream,
  type CompressionName,
  type DecompressionOptions,
} from "../../../src/serialize-utils/index.ts";
import { gathered, inPieces, outcomeOf, textOf } from "./pieces.ts";

const HELLO = Buffer.from("hello");

/** The whole at once, and in pieces of some sizes: all must do the same. */
async function readEveryWay(
  bytes: Uint8Array,
  name: CompressionName,
  options?: DecompressionOptions,
): Promise<Buffer | string> {
  const whole = await outcomeOf(() => decompress(bytes, name, options));
  for (const size of bytes.length < 500 ? [1, 7, 1000] : [9_999, 1 << 20]) {
    const streamed = await outcomeOf(() => gathered(decompressStream(inPieces(bytes, size), name, options)));
    assert.deepEqual(streamed, whole, `in pieces of ${size}`);
  }
  return whole;
}

for (const name of COMPRESSIONS) {
  describe(name, () => {
    const one = compress(HELLO, name);

    it("gives back what it was given, whole and in pieces", async () => {
      for (const content of [Buffer.alloc(0), HELLO, Buffer.alloc(300_000), textOf(50_000)]) {
        assert.deepEqual(await readEveryWay(compress(content, name), name), content);
        for (const size of [1000, 70_001]) {
          const streamed = await gathered(compressStream(inPieces(content, size), name));
          assert.deepEqual(decompress(streamed, name), content);
        }
      }
    });

    it("takes its levels, and no others", () => {
      const content = textOf(2_000);
      const [lowest, highest] = { zstd: [-7, 19], gzip: [0, 9], brotli: [0, 11] }[name] as [number, number];
      const sizes = [lowest, highest].map((level) => compress(content, name, { level }).length);
      assert.ok((sizes[0] as number) > (sizes[1] as number));
      for (const level of [lowest - 1, 23, 1.5, NaN]) {
        assert.throws(() => compress(content, name, { level }), { code: "SEALTRACE_USAGE", message: /level of/ });
      }
    });

    it("is truncated wherever it is cut", async () => {
      const bytes = compress(textOf(5), name);
      for (let length = 0; length < bytes.length; length += 1) {
        const outcome = await readEveryWay(bytes.subarray(0, length), name);
        assert.match(outcome as string, /^SEALTRACE_DATA_TRUNCATED/, `cut at ${length} of ${bytes.length}`);
      }
    });

    it("passes over nothing that follows", async () => {
      for (const more of ["x", "trailing garbage", "\0", "\0\0\0\0\0\0\0\0\0\0\0\0"]) {
        const outcome = await readEveryWay(Buffer.concat([one, Buffer.from(more)]), name);
        assert.match(
          outcome as string,
          new RegExp(`^SEALTRACE_DATA_TRAILING.*byte ${one.length}`),
          JSON.stringify(more),
        );
      }
    });

    it("refuses a bomb, and does not make room for it", async () => {
      // About 1 GB from some 30 KB (brotli: 1 KB), made in pieces.
      const bomb = await gathered(compressStream(zeros(1024), name, { level: 9 }));
      assert.ok(bomb.length < 1_200_000);
      const before = process.memoryUsage().rss;
      const outcome = await readEveryWay(bomb, name, { maxBytes: 16 * 1024 * 1024 });
      assert.match(outcome as string, /^SEALTRACE_LIMIT_EXCEEDED.*larger than 16777216 bytes.*raise maxBytes/);
      assert.ok(process.memoryUsage().rss - before < 200 * 1024 * 1024);
    });

    it("takes exactly as much as it may", async () => {
      assert.deepEqual(await readEveryWay(one, name, { maxBytes: 5 }), HELLO);
      assert.match((await readEveryWay(one, name, { maxBytes: 4 })) as string, /^SEALTRACE_LIMIT_EXCEEDED/);
      assert.match((await readEveryWay(one, name, { maxBytes: 0 })) as string, /^SEALTRACE_LIMIT_EXCEEDED/);
      assert.deepEqual(await readEveryWay(compress(Buffer.alloc(0), name), name, { maxBytes: 0 }), Buffer.alloc(0));
    });

    it("hands on the error of its source, and tells it when nobody reads on", async () => {
      const failing = async function* (): AsyncGenerator<Uint8Array> {
        yield one.subarray(0, 4);
        await Promise.resolve();
        throw new RangeError("of the source");
      };
      await assert.rejects(gathered(decompressStream(failing(), name)), RangeError);
      await assert.rejects(gathered(compressStream(failing(), name)), RangeError);
      let closed = 0;
      const endless = async function* (): AsyncGenerator<Uint8Array> {
        try {
          for (;;) {
            yield Buffer.alloc(100_000, "x");
            await Promise.resolve();
          }
        } finally {
          closed += 1;
        }
      };
      for (const stream of [compressStream(endless(), name), decompressStream(compressStream(endless(), name), name)]) {
        assert.ok(!(await stream.next()).done);
        await stream.return(undefined);
      }
      assert.equal(closed, 2);
    });

    it("gives up when it takes too long", async () => {
      await assert.rejects(gathered(decompressStream(inPieces(one, 1), name, { maxMilliseconds: 0 })), {
        code: "SEALTRACE_LIMIT_EXCEEDED",
        message: /maxMilliseconds/,
      });
    });

    it("throws nothing but SealtraceError, whatever it is given", async () => {
      const changed = fc
        .tuple(fc.nat(), fc.integer({ min: 1, max: 255 }))
        .map(([at, mask]) => one.map((byte, i) => (i === at % one.length ? byte ^ mask : byte)));
      await fc.assert(
        fc.asyncProperty(fc.oneof(fc.uint8Array({ maxLength: 64 }), changed), async (bytes) => {
          const limits = { maxBytes: 100_000 };
          const whole = await outcomeOf(() => decompress(bytes, name, limits));
          const streamed = await outcomeOf(() => gathered(decompressStream(inPieces(bytes, 3), name, limits)));
          // Of several things that are wrong, either may be found first.
          if (typeof whole === "string") assert.match(whole, /^SEALTRACE_(INVALID|DATA|LIMIT)/);
          else assert.deepEqual(streamed, whole);
          assert.equal(typeof streamed, typeof whole);
        }),
        { numRuns: 150 },
      );
    });

    if (name === "brotli") return;

    it("sees every changed bit, or it is none of the content's", async () => {
      const content = textOf(20);
      const bytes = compress(content, name);
      for (let bit = 0; bit < bytes.length * 8; bit += 1) {
        const outcome: Buffer | string = await outcomeOf<Buffer>(() => decompress(flipped(bytes, bit), name));
        if (typeof outcome !== "string") assert.deepEqual(outcome, content, `bit ${bit}`);
      }
    });

    it("reads several as one, or refuses the second", async () => {
      const three = Buffer.concat([one, compress(Buffer.alloc(0), name), one]);
      assert.deepEqual(await readEveryWay(three, name), Buffer.from("hellohello"));
      assert.match((await readEveryWay(three, name, { maxBytes: 9 })) as string, /^SEALTRACE_LIMIT_EXCEEDED/);
      const outcome = await readEveryWay(three, name, { concatenated: "refuse" });
      assert.match(outcome as string, new RegExp(`^SEALTRACE_DATA_CONCATENATED.*byte ${one.length}`));
      assert.deepEqual(await readEveryWay(one, name, { concatenated: "refuse" }), HELLO);
      const cut = await readEveryWay(three.subarray(0, -2), name);
      assert.match(cut as string, /^SEALTRACE_DATA_TRUNCATED.*begins at byte \d\d/);
    });
  });
}

describe("zstd frames", () => {
  it("of which there are very many take time by their number", { timeout: 20_000 }, async () => {
    // Twice as many in four times the time, when each is given the rest of them to copy.
    const skippable = Buffer.from("502a4d1800000000", "hex");
    const many = Buffer.concat([...Array<Buffer>(100_000).fill(skippable), compress(HELLO, "zstd")]);
    const stream = decompressStream(inPieces(many, many.length), "zstd", { maxMilliseconds: 15_000 });
    assert.deepEqual(await gathered(stream), HELLO);
  });

  it("are read with and without a checksum, a size, a skippable frame", async () => {
    const withoutSize = await gathered(createZstdCompress().end(HELLO) as AsyncIterable<Uint8Array>);
    assert.deepEqual(await readEveryWay(withoutSize, "zstd"), HELLO);
    const large = Buffer.alloc(70_000, "abc");
    assert.deepEqual(await readEveryWay(zstdCompressSync(large), "zstd"), large);
    const skippable = Buffer.from("532a4d1803000000616263", "hex");
    const around = Buffer.concat([skippable, zstdCompressSync(HELLO), skippable]);
    assert.deepEqual(await readEveryWay(around, "zstd"), HELLO);
    assert.deepEqual(await readEveryWay(Buffer.from("502a4d1800000000", "hex"), "zstd"), Buffer.alloc(0));
    assert.match((await readEveryWay(skippable.subarray(0, -1), "zstd")) as string, /^SEALTRACE_DATA_TRUNCATED/);
  });

  it("claim nothing that is not there", async () => {
    // A header alone: single segment, a content of 2^40 bytes; then a window of 3.75 TiB.
    const sizes = ["28b52ffde00000000000010000", "28b52ffd00ff"];
    for (const hex of sizes) {
      assert.match((await readEveryWay(Buffer.from(hex, "hex"), "zstd")) as string, /^SEALTRACE_LIMIT_EXCEEDED/, hex);
    }
    const reserved = await readEveryWay(Buffer.from("28b52ffd0858", "hex"), "zstd");
    assert.match(reserved as string, /^SEALTRACE_INVALID_DATA.*reserved bit/);
    const dictionary = await readEveryWay(Buffer.from("28b52ffd210505290000", "hex"), "zstd");
    assert.match(dictionary as string, /^SEALTRACE_INVALID_DATA.*dictionary/);
    const block = await readEveryWay(Buffer.from("28b52ffd2005070000", "hex"), "zstd");
    assert.match(block as string, /^SEALTRACE_INVALID_DATA.*block/);
  });

  it("get no more memory for their window than the content may have", async () => {
    const params = { [constants.ZSTD_c_windowLog]: 25 };
    const wide = await gathered(createZstdCompress({ params }).end(HELLO) as AsyncIterable<Uint8Array>);
    assert.deepEqual(await readEveryWay(wide, "zstd"), HELLO);
    const refused = await readEveryWay(wide, "zstd", { maxBytes: 1000 });
    assert.match(refused as string, /^SEALTRACE_LIMIT_EXCEEDED.*window of 33554432 bytes/);
  });
});

describe("gzip members", () => {
  it("are read with every kind of header", async () => {
    const plain = gzipSync(HELLO);
    // Extra field, name, comment, checksum of the header (which is not looked at).
    const parts = [
      Buffer.of(0x1f, 0x8b, 8, 0b11110),
      plain.subarray(4, 10),
      Buffer.from("\x03\0abcname\0comment\0\0\0"),
    ];
    const full = Buffer.concat([...parts, plain.subarray(10)]);
    assert.deepEqual(await readEveryWay(full, "gzip"), HELLO);
    for (let length = 0; length < full.length; length += 1) {
      assert.match((await readEveryWay(full.subarray(0, length), "gzip")) as string, /^SEALTRACE_DATA_TRUNCATED/);
    }
    full[3] = 0xff;
    assert.match((await readEveryWay(full, "gzip")) as string, /^SEALTRACE_INVALID_DATA.*reserved/);
    const longName = Buffer.concat([Buffer.of(0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 0), Buffer.alloc(300_000, "n")]);
    const outcome = await outcomeOf(() => gathered(decompressStream(inPieces(longName, 10_000), "gzip")));
    assert.match(outcome as string, /^SEALTRACE_LIMIT_EXCEEDED/);
  });

  it("have a checksum and a length that are right", async () => {
    const bytes = gzipSync(HELLO);
    for (let i = bytes.length - 8; i < bytes.length; i += 1) {
      const outcome = await readEveryWay(flipped(bytes, i * 8), "gzip");
      assert.match(outcome as string, /^SEALTRACE_INVALID_DATA.*checksum/);
    }
  });
});

describe("brotli", () => {
  it("has one stream: a second one is something that follows", async () => {
    const one = brotliCompressSync(HELLO);
    assert.match((await readEveryWay(Buffer.concat([one, one]), "brotli")) as string, /^SEALTRACE_DATA_TRAILING/);
  });

  it("has no checksum: a changed bit can go unseen, as the documentation says", () => {
    const content = textOf(20);
    const bytes = compress(content, "brotli");
    let silent = 0;
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      try {
        if (!decompress(flipped(bytes, bit), "brotli").equals(content)) silent += 1;
      } catch {
        // Seen.
      }
    }
    assert.ok(silent > 0);
  });
});

it("there is no other compression", () => {
  for (const name of ["lzma", "__proto__", "toString"]) {
    assert.throws(() => compress(HELLO, name as "zstd"), { code: "SEALTRACE_USAGE", message: /zstd, gzip, brotli/ });
    assert.throws(() => decompress(HELLO, name as "zstd"), { code: "SEALTRACE_USAGE" });
  }
});

function flipped(bytes: Uint8Array, bit: number): Buffer {
  const changed = Buffer.from(bytes);
  changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
  return changed;
}

/** Mebibytes of zeros. */
async function* zeros(count: number): AsyncGenerator<Uint8Array> {
  const mebibyte = Buffer.alloc(1024 * 1024);
  for (let i = 0; i < count; i += 1) {
    yield mebibyte;
    await Promise.resolve();
  }
}
