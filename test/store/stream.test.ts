import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, it } from "node:test";
import { CompactRange, leafHash } from "../../src/seal/index.ts";
import { listStreams, readRecords, readTraceChunks, verifyStream, type TraceChunk } from "../../src/store/index.ts";
import {
  events,
  FUNCTIONS,
  lines,
  newPlace,
  openTestStream,
  segmentNames,
  SOURCE,
  storedLines,
  writeSampleStream,
} from "../support/stream.ts";

describe("a stream", () => {
  it("verifies, with every record, checkpoint and chunk counted", () => {
    const place = newPlace();
    const stream = writeSampleStream(place);
    const result = verifyStream(stream, { keysDirectory: place.keys });
    assert.deepEqual(result.problems, []);
    assert.equal(result.ok, true);
    assert.equal(result.records, 70);
    assert.equal(result.signedSize, 70);
    assert.equal(result.trust, "pinned");
    assert.equal(result.active, false);
    assert.equal(result.trace.events, 3 * 40);
    assert.equal(result.trace.chunks, 3);
    assert.ok(result.checkpoints >= 4);
  });

  it("has the root that RFC 6962 gives for its lines", () => {
    const place = newPlace();
    const stream = writeSampleStream(place);
    const tree = CompactRange.empty();
    for (const line of storedLines(stream)) tree.append(leafHash(Buffer.from(line)));
    assert.equal(verifyStream(stream).root, tree.root().toString("base64"));
  });

  it("says self-attested without the installation's key, and pinned with a given one", () => {
    const place = newPlace();
    const stream = writeSampleStream(place);
    assert.equal(verifyStream(stream).trust, "self-attested");
    const verifierKey = readFileSync(join(stream, "origin.vkey"), "utf8");
    assert.equal(verifyStream(stream, { verifierKey }).trust, "pinned");
    assert.equal(verifyStream(stream, { keysDirectory: newPlace().keys }).trust, "self-attested");
  });

  it("names each segment by its first record, and gives the frontier before it", () => {
    const stream = writeSampleStream(newPlace());
    const names = segmentNames(stream);
    assert.ok(names.length >= 3);
    const all = storedLines(stream);
    for (const name of names) {
      const first = Number(name.slice(0, 12));
      assert.equal(readFileSync(join(stream, name), "utf8").split("\n")[0], all[first]);
      if (first === 0) continue;
      const tree = CompactRange.empty();
      for (const line of all.slice(0, first)) tree.append(leafHash(Buffer.from(line)));
      const frontier = tree.hashes.map((hash) => `${hash.toString("base64")}\n`).join("");
      assert.equal(readFileSync(join(stream, name.replace("ndjson", "range")), "utf8"), frontier);
    }
  });

  it("gives every record its index, the link to the one before and a salt of its own", () => {
    const stream = writeSampleStream(newPlace());
    let previous = Buffer.alloc(8).toString("base64url");
    const salts = new Set<string>();
    storedLines(stream).forEach((line, index) => {
      const [own, link, salt] = (JSON.parse(line) as { seal: string }).seal.split(".");
      assert.equal(own, String(index));
      assert.equal(link, previous);
      assert.equal(Buffer.from(salt as string, "base64url").length, 16);
      salts.add(salt as string);
      previous = createHash("sha256").update("\0").update(line).digest().subarray(0, 8).toString("base64url");
    });
    assert.equal(salts.size, 70);
  });

  it("is adopted by the next writer, which says so", () => {
    const place = newPlace();
    const stream = writeSampleStream(place);
    const writer = openTestStream(place);
    assert.equal(writer.directory, stream);
    writer.appendLines(lines(0, 3));
    writer.close();
    assert.match(storedLines(stream)[70] as string, /"event.action":"writer-start","sealtrace.size":70/);
    const result = verifyStream(stream, { keysDirectory: place.keys });
    assert.deepEqual([result.ok, result.records, result.late.length], [true, 74, 0]);
  });

  it("is not shared: a second writer gets one of its own", () => {
    const place = newPlace();
    const first = openTestStream(place);
    const second = openTestStream(place);
    assert.notEqual(first.directory, second.directory);
    assert.deepEqual(
      listStreams(place.logs).map((info) => info.active),
      [true, true],
    );
    first.close();
    second.close();
    for (const { directory, active } of listStreams(place.logs)) {
      assert.equal(active, false);
      assert.equal(verifyStream(directory, { keysDirectory: place.keys }).ok, true);
    }
  });

  it("verifies while it is written, and says what is not sealed yet", () => {
    const place = newPlace();
    const writer = openTestStream(place);
    writer.appendLines(lines(0, 5));
    const result = verifyStream(writer.directory, { keysDirectory: place.keys });
    assert.deepEqual([result.ok, result.active, result.records, result.unsealed], [true, true, 6, 5]);
    writer.close();
  });

  it(
    "keeps others out: directories 0700, files 0600",
    { skip: process.platform === "win32" && "modes mean nothing on Windows" },
    () => {
      const place = newPlace();
      const stream = writeSampleStream(place);
      const mode = (path: string): number => statSync(path).mode & 0o777;
      assert.equal(mode(stream), 0o700);
      assert.equal(mode(join(place.keys, "signing.pem")), 0o600);
      for (const name of ["format", "origin.vkey", "checkpoint", "checkpoints", "000000000000.ndjson", "lock"]) {
        assert.equal(mode(join(stream, name)), 0o600, name);
      }
    },
  );

  it("can be read from any index, across segments", () => {
    const stream = writeSampleStream(newPlace());
    const indexes = [...readRecords(stream, { from: 18, to: 45 })].map((record) => record.index);
    assert.deepEqual(
      indexes,
      Array.from({ length: 27 }, (_, i) => 18 + i),
    );
    const [record] = readRecords(stream, { from: 33 });
    assert.match(record?.text() ?? "", /"seal":"33\./);
  });

  it("gives back the calls as they were", () => {
    const place = newPlace();
    const writer = openTestStream(place);
    writer.appendTrace(SOURCE, events(1, 2), FUNCTIONS);
    writer.close();
    const [chunk] = [...readTraceChunks(writer.directory)] as TraceChunk[];
    assert.ok(chunk);
    assert.deepEqual([...chunk.kinds], [1, 0, 2, 3, 1, 0, 2, 3]);
    assert.deepEqual([...chunk.calls], [1, 2, 2, 1, 3, 4, 4, 3]);
    assert.deepEqual([...chunk.parents].slice(0, 2), [0, 1]);
    assert.equal(chunk.text(0), '{"n":0}');
    assert.equal(chunk.text(1), '{"text":"ä"}');
    assert.equal(chunk.traceIds[4], "0123456789abcdef".repeat(2));
    assert.equal(chunk.times[1], 11_000n);
    assert.equal(chunk.functions.get(2)?.name, "inner");
  });

  it("does not need the compact ranges to go on", () => {
    const place = newPlace();
    const stream = writeSampleStream(place);
    for (const name of segmentNames(stream)) rmSync(join(stream, name.replace("ndjson", "range")), { force: true });
    const writer = openTestStream(place);
    assert.equal(writer.directory, stream);
    writer.close();
    assert.equal(verifyStream(stream, { keysDirectory: place.keys }).ok, true);
  });

  it("of another installation is left alone", () => {
    const place = newPlace();
    const stream = writeSampleStream(place);
    const other = openTestStream({ logs: place.logs, keys: newPlace().keys });
    assert.notEqual(other.directory, stream);
    other.close();
    assert.ok(existsSync(other.directory));
    assert.notEqual(basename(other.directory), basename(stream));
  });
});
