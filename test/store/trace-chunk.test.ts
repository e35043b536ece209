import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { constants, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { EVENT, SealtraceError, type TraceEvents } from "../../src/record/index.ts";
import { readTraceChunks, type TraceChunk, type TraceChunkError } from "../../src/store/index.ts";
import { events, FUNCTIONS, newPlace, openTestStream, SOURCE } from "../support/stream.ts";

/** A stream whose only trace file can be replaced, and what reading it gives. */
function traceFile(): { path: string; read: () => (TraceChunk | TraceChunkError)[] } {
  const place = newPlace();
  const writer = openTestStream(place);
  writer.close();
  mkdirSync(join(writer.directory, "trace"), { recursive: true });
  const path = join(writer.directory, "trace", "000000000001.strace");
  return { path, read: () => [...readTraceChunks(writer.directory)] };
}

/** The bytes that a real writer gives these events. */
function encode(...batches: TraceEvents[]): Buffer {
  const writer = openTestStream(newPlace());
  for (const batch of batches) writer.appendTrace(SOURCE, batch, FUNCTIONS);
  writer.close();
  return readFileSync(join(writer.directory, "trace", "000000000001.strace"));
}

const anyEvents = fc
  .array(
    fc.record({
      kind: fc.constantFrom(EVENT.ENTER, EVENT.ROOT, EVENT.RETURN, EVENT.THROW),
      call: fc.integer({ min: 1, max: 0xff_ffff_ffff }),
      parent: fc.integer({ min: 0, max: 0xff_ffff_ffff }),
      id: fc.constantFrom(1, 2),
      time: fc.bigInt({ min: 0n, max: 1n << 52n }),
      text: fc.string({ unit: "grapheme", maxLength: 40 }).map((text) => text.replaceAll("\n", " ").toWellFormed()),
    }),
    { minLength: 1, maxLength: 50 },
  )
  .map((rows) => rows.map((row) => ({ ...row, parent: Math.min(row.parent, row.call - 1) })));

describe("a trace chunk", () => {
  it("gives back any events", () => {
    const { path, read } = traceFile();
    fc.assert(
      fc.property(anyEvents, (rows) => {
        const trace = "fedcba9876543210".repeat(2);
        const batch: TraceEvents = {
          count: rows.length,
          kinds: Uint8Array.from(rows, (row) => row.kind),
          calls: Float64Array.from(rows, (row) => row.call),
          parents: Float64Array.from(rows, (row) => row.parent),
          functions: Int32Array.from(rows, (row) => row.id),
          times: BigInt64Array.from(rows, (row) => row.time),
          texts: rows.map((row) => (row.kind === EVENT.ROOT ? `${trace} ${row.text}` : row.text)),
        };
        writeFileSync(path, encode(batch));
        const [chunk] = read() as TraceChunk[];
        assert.ok(chunk !== undefined && !("error" in chunk));
        rows.forEach((row, i) => {
          const begins = row.kind === EVENT.ENTER || row.kind === EVENT.ROOT;
          assert.deepEqual(
            [
              chunk.kinds[i],
              chunk.calls[i],
              chunk.times[i],
              chunk.text(i),
              chunk.parents[i],
              chunk.functionIds[i],
              chunk.traceIds[i],
            ],
            [
              row.kind,
              row.call,
              row.time,
              row.text,
              begins ? row.parent : 0,
              begins ? row.id : 0,
              row.kind === EVENT.ROOT ? trace : "",
            ],
          );
        });
      }),
      { numRuns: 60 },
    );
  });

  it("that is damaged is passed over, and the chunks after it are read", () => {
    const { path, read } = traceFile();
    const [first, second] = [encode(events(1, 5)), encode(events(100, 2))];
    const damaged = Buffer.from(first);
    damaged.writeUInt8((damaged.at(-1) as number) ^ 0xff, damaged.length - 1);
    writeFileSync(path, Buffer.concat([damaged, second]));
    const [error, chunk] = read();
    assert.ok(error !== undefined && "error" in error);
    assert.equal(error.error.code, "SEALTRACE_CORRUPT");
    assert.ok(chunk !== undefined && !("error" in chunk));
    assert.equal(chunk.count, 8);
  });

  it("of a newer version says so", () => {
    const { path, read } = traceFile();
    const chunk = encode(events(1, 1));
    chunk.writeUInt8(2, 4);
    writeFileSync(path, chunk);
    const [error] = read();
    assert.ok(error !== undefined && "error" in error);
    assert.equal(error.error.code, "SEALTRACE_FORMAT_TOO_NEW");
  });

  it("that promises gigabytes gets none", () => {
    const { path, read } = traceFile();
    const header = Buffer.alloc(16);
    header.write("STRC");
    header.writeUInt8(1, 4);
    header.writeUInt32LE(20, 8);
    header.writeUInt32LE(0xffff_ffff, 12);
    writeFileSync(path, Buffer.concat([header, Buffer.alloc(20)]));
    const [error] = read();
    assert.ok(error !== undefined && "error" in error);
    // A bomb: its header tells 1 KiB, it would grow to 64 MiB.
    const bomb = zstdCompressSync(Buffer.alloc(64 * 1024 * 1024), { params: { [constants.ZSTD_c_checksumFlag]: 1 } });
    header.writeUInt32LE(bomb.length, 8);
    header.writeUInt32LE(1024, 12);
    writeFileSync(path, Buffer.concat([header, bomb]));
    const [second] = read();
    assert.ok(second !== undefined && "error" in second);
    assert.equal(second.error.code, "SEALTRACE_CORRUPT");
  });

  it("made of anything at all never gives another error than a SealtraceError", () => {
    const { path, read } = traceFile();
    const good = encode(events(1, 4));
    const payloadOf = fc
      .array(fc.uint8Array({ maxLength: 30 }), { minLength: 8, maxLength: 10 })
      .map((sections) =>
        Buffer.concat(sections.flatMap((section) => [Buffer.from(Uint32Array.of(section.length).buffer), section])),
      );
    const wrapped = payloadOf.map((payload) => {
      const compressed = zstdCompressSync(payload);
      const header = Buffer.from(good.subarray(0, 16));
      header.writeUInt32LE(compressed.length, 8);
      header.writeUInt32LE(payload.length, 12);
      return Buffer.concat([header, compressed]);
    });
    const flipped = fc.tuple(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 })).map(([at, mask]) => {
      const bytes = Buffer.from(good);
      bytes.writeUInt8((bytes[at] as number) ^ mask, at);
      return bytes;
    });
    const cut = fc.nat(good.length - 1).map((length) => good.subarray(0, length));
    const anything = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(fc.oneof(wrapped, flipped, cut, anything), (bytes) => {
        writeFileSync(path, bytes);
        for (const item of read()) if ("error" in item) assert.ok(item.error instanceof SealtraceError);
      }),
      { numRuns: 500 },
    );
  });
});
