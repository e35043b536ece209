import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  compress,
  encode,
  encryptAge,
  salvage,
  type CompressionName,
  type SalvageOptions,
} from "../../../src/serialize-utils/index.ts";
import { newKeys } from "./keys.ts";

const keys = await newKeys();
const RECORDS = Array.from({ length: 20_000 }, (_, i) => ({ i, text: `line ${i} ${(i * 7919) % 10_007}` }));
const TEXT = Buffer.from(RECORDS.map((record) => `${JSON.stringify(record)}\n`).join(""));

function changedAt(bytes: Uint8Array, at: number): Buffer {
  return Buffer.from(bytes.map((byte, i) => (i === at ? byte ^ 0xff : byte)));
}

/** Every value that came back is one that was there, in order. */
function checkSubset(value: unknown): number {
  const values = value as typeof RECORDS;
  let last = -1;
  for (const record of values) {
    assert.ok(record.i > last);
    last = record.i;
    assert.deepEqual(record, RECORDS[record.i]);
  }
  return values.length;
}

describe("salvage", () => {
  it("gives what is whole as it is, and loses nothing", async () => {
    for (const suffix of [".ndjson", ".ndjson.zst", ".ndjson.gz", ".ndjson.br", ".ndjson.zst.age", ".ndjson.age"]) {
      const isEncrypted = suffix.endsWith(".age");
      const { bytes } = await encode(RECORDS, { suffix, ...(isEncrypted ? { recipients: [keys.recipient] } : {}) });
      const options = { suffix, ...(isEncrypted ? { identities: [keys.identity] } : {}) };
      const { value, losses, bytes: intact } = await salvage(bytes, options);
      assert.deepEqual(losses, [], suffix);
      assert.deepEqual(value, RECORDS);
      assert.deepEqual(intact, TEXT);
    }
    for (const [format, value] of [
      ["json", { a: 1 }],
      ["text", "t\u00e9xt"],
      ["binary", Buffer.of(0, 255)],
      ["ndjson", []],
    ] as const) {
      for (const compression of [undefined, "zstd", "gzip", "brotli"] as const) {
        const { bytes } = await encode(value, { format, compress: compression, recipients: [keys.recipient] });
        const salvaged = await salvage(bytes, { format, compress: compression, identities: [keys.identity] });
        assert.deepEqual([salvaged.value, salvaged.losses], [value, []]);
      }
    }
  });

  it("names the lines that are wrong, and a cut one", async () => {
    const text = Buffer.from('{"a":1}\n{broken}\n\n"\xff"\n[2]\n{"c":', "latin1");
    const { value, losses } = await salvage(text, { format: "ndjson" });
    assert.deepEqual(value, [{ a: 1 }, [2]]);
    assert.deepEqual(
      losses.map(({ stage, from, to }) => [stage, from, to]),
      [
        ["parse", 8, 17],
        ["parse", 17, 18],
        ["parse", 18, 22],
        ["parse", 26, 31],
      ],
    );
    assert.deepEqual((await salvage(Buffer.from("1\n2"), { format: "ndjson" })).value, [1, 2]);
  });

  for (const name of ["zstd", "gzip", "brotli"] as const) {
    it(`${name}: gives what comes before a cut`, async () => {
      const bytes = compress(TEXT, name);
      const counts = [0, 0.3, 0.6, 0.9, 1].map(async (part) => {
        const cut = bytes.subarray(0, Math.floor((bytes.length - 1) * part));
        const { value, losses } = await salvage(cut, { format: "ndjson", compress: name });
        const [loss] = losses;
        assert.deepEqual([loss?.stage, loss?.from, loss?.to], ["decompress", 0, cut.length]);
        return checkSubset(value);
      });
      const [none, some, more, most, all] = await Promise.all(counts);
      assert.equal(none, 0);
      assert.ok(
        (some as number) < (more as number) &&
          (more as number) < (most as number) &&
          (most as number) <= (all as number),
      );
      assert.ok((most as number) > RECORDS.length / 2);
    });
  }

  for (const name of ["zstd", "gzip"] as const) {
    it(`${name}: goes on with the next whole ${name === "zstd" ? "frame" : "member"} after a damaged one`, async () => {
      const parts = [0, 1, 2, 3].map((part) =>
        compress(TEXT.subarray((TEXT.length * part) / 4, (TEXT.length * (part + 1)) / 4), name),
      );
      const starts = parts.map((_, i) => parts.slice(0, i).reduce((sum, { length }) => sum + length, 0)) as [
        number,
        number,
        number,
        number,
      ];
      const damaged = changedAt(Buffer.concat(parts), starts[1] + 40);
      const { value, losses } = await salvage(damaged, { format: "ndjson", compress: name });
      const count = checkSubset(value);
      assert.ok(count > RECORDS.length * 0.74 - 3 && count < RECORDS.length);
      const [loss, cut, ...others] = losses;
      assert.deepEqual([loss?.stage, loss?.from, loss?.to], ["decompress", starts[1], starts[2]]);
      assert.ok(losses.length >= 2 && others.every(({ stage }) => stage === "parse"));
      assert.equal(cut?.stage, "parse");
    });
  }

  it("says what no checksum covers", async () => {
    const bytes = compress(TEXT, "gzip");
    const { losses, bytes: intact } = await salvage(changedAt(bytes, bytes.length - 8), {
      format: "ndjson",
      compress: "gzip",
    });
    assert.deepEqual(intact, TEXT);
    assert.equal(losses[0]?.unverifiedBytes, TEXT.length);
    assert.match(losses[0].reason, /checksum/);
  });

  it("tells what follows the end", async () => {
    for (const name of ["zstd", "gzip", "brotli"] as CompressionName[]) {
      const bytes = compress(TEXT, name);
      const { value, losses } = await salvage(Buffer.concat([bytes, Buffer.from("garbage")]), {
        format: "ndjson",
        compress: name,
      });
      assert.deepEqual(value, RECORDS);
      assert.deepEqual(
        losses.map(({ from, to }) => [from, to]),
        [[bytes.length, bytes.length + 7]],
      );
    }
  });

  it("age: gives each chunk that is authentic", async () => {
    const sealed = await encryptAge(TEXT, { recipients: [keys.recipient] });
    const options: SalvageOptions = { format: "ndjson", identities: [keys.identity] };
    const header = sealed.length - TEXT.length - 16 * Math.ceil(TEXT.length / 65536);
    const second = header + 65552;
    const { value, losses } = await salvage(changedAt(sealed, second + 100), options);
    assert.ok(checkSubset(value) > RECORDS.length * 0.8);
    assert.deepEqual(losses.map(({ stage, from, to }) => [stage, from, to])[0], ["decrypt", second, second + 65552]);
    assert.deepEqual(
      losses.map(({ stage }) => stage),
      ["decrypt", "parse", "parse"],
    );

    const cut = await salvage(sealed.subarray(0, second + 65552), options);
    assert.deepEqual(
      cut.losses.map(({ stage, reason }) => [stage, reason]),
      [
        ["decrypt", "The end is missing."],
        ["parse", "The end of the line is missing."],
      ],
    );
    assert.equal(
      checkSubset(cut.value),
      TEXT.subarray(0, 2 * 65536)
        .toString()
        .split("\n").length - 1,
    );
    const longer = await salvage(Buffer.concat([sealed.subarray(0, second), sealed]), options);
    assert.ok(longer.losses.length > 0);
    checkSubset(longer.value);
    await assert.rejects(salvage(sealed, { ...options, identities: [(await newKeys()).identity] }), {
      code: "SEALTRACE_DECRYPTION_FAILED",
      stage: "decrypt",
    });
    await assert.rejects(salvage(sealed.subarray(0, 50), options), {
      code: "SEALTRACE_DATA_TRUNCATED",
      stage: "decrypt",
    });
  });

  it("goes through all stages", async () => {
    const frames = [0, 1, 2, 3].map((part) =>
      compress(TEXT.subarray((TEXT.length * part) / 4, (TEXT.length * (part + 1)) / 4), "zstd", { level: -7 }),
    );
    const sealed = await encryptAge(Buffer.concat(frames), { recipients: [keys.recipient] });
    const options: SalvageOptions = { suffix: ".ndjson.zst.age", identities: [keys.identity] };
    const { value, losses } = await salvage(changedAt(sealed, Math.floor(sealed.length / 2)), options);
    assert.ok(checkSubset(value) > RECORDS.length / 4);
    assert.deepEqual([...new Set(losses.map(({ stage }) => stage))], ["decrypt", "decompress", "parse"]);
  });

  it("holds to its limits", async () => {
    const bomb = compress(Buffer.alloc(10_000_000), "zstd");
    await assert.rejects(salvage(bomb, { format: "binary", compress: "zstd", maxBytes: 1_000_000 }), {
      code: "SEALTRACE_LIMIT_EXCEEDED",
    });
    const magics = Buffer.alloc(400_000, Buffer.from("28b52ffd", "hex"));
    await assert.rejects(salvage(magics, { format: "binary", compress: "zstd", maxMilliseconds: 0 }), {
      code: "SEALTRACE_LIMIT_EXCEEDED",
    });
    const { losses } = await salvage(magics, { format: "binary", compress: "zstd" });
    assert.equal(losses.length, 1);
  });

  it("of one value as a whole gives all or nothing, and the bytes", async () => {
    const { value, bytes, losses } = await salvage(Buffer.from('{"a":'), { format: "json" });
    assert.deepEqual([value, bytes.toString(), losses.length], [undefined, '{"a":', 1]);
  });
});
