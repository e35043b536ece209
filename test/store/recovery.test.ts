import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { SealtraceError } from "../../src/record/index.ts";
import {
  listStreams,
  loadInstallation,
  prepareLogs,
  readInstallation,
  readRecords,
  readTraceChunks,
  verifyStream,
} from "../../src/store/index.ts";
import { mountSmallDisk, type SmallDisk } from "../support/small-disk.ts";
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
import { temporaryDirectory } from "../support/temporary.ts";

function hasCode(code: string, text?: RegExp) {
  return (error: unknown): boolean => {
    assert.ok(error instanceof SealtraceError, String(error));
    assert.equal(error.code, code);
    if (text !== undefined) assert.match(error.message, text);
    return true;
  };
}

/** The stream as a dying writer left it: everything written, the last records without checkpoint. */
function crashedCopy(): { place: ReturnType<typeof newPlace>; stream: string } {
  const place = newPlace();
  const writer = openTestStream(place);
  writer.appendLines(lines(0, 5));
  writer.checkpoint();
  writer.appendLines(lines(5, 7));
  writer.appendTrace(SOURCE, events(1, 3), FUNCTIONS);
  const copy = { ...newPlace(), keys: place.keys };
  const stream = join(copy.logs, writer.name);
  cpSync(writer.directory, stream, { recursive: true, filter: (path) => basename(path) !== "lock" });
  writer.close();
  return { place: copy, stream };
}

describe("recovery", () => {
  it("seals the records late that no checkpoint covers, and says which", () => {
    const { place, stream } = crashedCopy();
    const before = verifyStream(stream, { keysDirectory: place.keys });
    assert.deepEqual(
      before.problems.map(({ code, record, recordTo }) => [code, record, recordTo]),
      [["records-unsealed", 6, 12]],
    );
    const writer = openTestStream(place);
    assert.equal(writer.directory, stream);
    writer.close();
    const after = verifyStream(stream, { keysDirectory: place.keys });
    assert.deepEqual([after.ok, after.late, after.tornBytes], [true, [{ from: 6, to: 13 }], 0]);
  });

  it("sets a torn line aside, keeps its bytes, and says how many", () => {
    const { place, stream } = crashedCopy();
    const segment = join(stream, segmentNames(stream)[0] as string);
    truncateSync(segment, statSync(segment).size - 10);
    const torn = readFileSync(segment).subarray(readFileSync(segment).lastIndexOf(10) + 1);
    openTestStream(place).close();
    const { ok, tornBytes, late } = verifyStream(stream, { keysDirectory: place.keys });
    assert.deepEqual([ok, tornBytes, late], [true, torn.length, [{ from: 6, to: 12 }]]);
    assert.deepEqual(readFileSync(join(stream, "torn", "000000000012.0")), torn);
  });

  it("does not take a forged line at the end for a record", () => {
    const { place, stream } = crashedCopy();
    const segment = join(stream, segmentNames(stream)[0] as string);
    const forged = '{"@timestamp":"2026-01-01T00:00:00.000Z","message":"never happened"}\n';
    writeFileSync(segment, forged, { flag: "a" });
    openTestStream(place).close();
    assert.equal(readFileSync(join(stream, "torn", "000000000013.0"), "utf8"), forged);
    assert.equal(verifyStream(stream, { keysDirectory: place.keys }).ok, true);
  });

  it("sets aside calls that no record seals", () => {
    const { place, stream } = crashedCopy();
    writeFileSync(join(stream, "trace", "000000000012.strace"), "half a chunk");
    openTestStream(place).close();
    const { ok, tornBytes } = verifyStream(stream, { keysDirectory: place.keys });
    assert.deepEqual([ok, tornBytes], [true, "half a chunk".length]);
  });

  for (const [what, damage] of [
    [
      "has lost signed records",
      (segment: string) => {
        truncateSync(segment, 400);
      },
    ],
    [
      "has other records than were signed",
      (segment: string) => {
        writeFileSync(segment, readFileSync(segment, "utf8").replace("message 1", "message X"));
      },
    ],
  ] as const) {
    it(`closes a stream that ${what}, and begins another; both say so`, () => {
      const { place, stream } = crashedCopy();
      damage(join(stream, segmentNames(stream)[0] as string));
      const writer = openTestStream(place);
      assert.notEqual(writer.directory, stream);
      writer.close();
      const old = verifyStream(stream, { keysDirectory: place.keys });
      assert.equal(old.ok, false);
      assert.deepEqual([old.closed?.signed, old.closed?.successor], [6, writer.name]);
      assert.match(
        storedLines(writer.directory)[0] as string,
        new RegExp(`"sealtrace.predecessor":"${basename(stream)}","sealtrace.predecessor_signed":6`),
      );
      assert.equal(verifyStream(writer.directory, { keysDirectory: place.keys }).ok, true);
      const third = openTestStream(place);
      assert.equal(third.directory, writer.directory);
      third.close();
    });
  }

  it("begins the successor that a closed stream names, when a death came between", () => {
    const { place, stream } = crashedCopy();
    truncateSync(join(stream, segmentNames(stream)[0] as string), 400);
    const writer = openTestStream(place);
    writer.close();
    rmSync(writer.directory, { recursive: true });
    const again = openTestStream(place);
    assert.equal(again.name, writer.name);
    again.close();
    assert.match(storedLines(again.directory)[0] as string, /sealtrace.predecessor_found/);
  });

  it("leaves a stream alone whose checkpoints its key has not signed", () => {
    const { place, stream } = crashedCopy();
    const path = join(stream, "checkpoints");
    writeFileSync(path, readFileSync(path, "utf8").replace(/.{10}\n\n$/, "AAAAAAAAAA\n\n"));
    const before = readFileSync(path);
    const writer = openTestStream(place);
    writer.close();
    assert.notEqual(writer.directory, stream);
    assert.deepEqual(readFileSync(path), before);
  });

  it("leaves a stream of a newer format alone, and reading it says what to do", () => {
    const place = newPlace();
    const stream = writeSampleStream(place);
    writeFileSync(join(stream, "format"), "sealtrace stream 2\n");
    const writer = openTestStream(place);
    writer.close();
    assert.notEqual(writer.directory, stream);
    const tooNew = hasCode("SEALTRACE_FORMAT_TOO_NEW", /Update sealtrace/);
    assert.throws(() => verifyStream(stream), tooNew);
    assert.throws(() => [...readRecords(stream)], tooNew);
    assert.throws(() => [...readTraceChunks(stream)], tooNew);
  });
});

describe("bad places", () => {
  it("a directory that is no stream, or none at all", () => {
    const empty = temporaryDirectory();
    for (const directory of [empty, join(empty, "missing")]) {
      assert.throws(() => listStreams(directory), hasCode("SEALTRACE_NOT_A_STREAM"));
      assert.throws(() => verifyStream(directory), hasCode("SEALTRACE_NOT_A_STREAM"));
      assert.throws(() => [...readRecords(directory)], hasCode("SEALTRACE_NOT_A_STREAM"));
    }
  });

  it("logs where a file stands", () => {
    const place = newPlace();
    writeFileSync(place.logs, "a file");
    assert.throws(() => openTestStream(place), hasCode("SEALTRACE_DIRECTORY_UNWRITABLE"));
  });

  it(
    "a key that others may read, and one that is no key",
    { skip: process.platform === "win32" && "modes mean nothing on Windows" },
    () => {
      const { keys } = newPlace();
      loadInstallation(keys);
      chmodSync(join(keys, "signing.pem"), 0o644);
      assert.throws(() => loadInstallation(keys), hasCode("SEALTRACE_KEY_INVALID", /0600/));
      chmodSync(join(keys, "signing.pem"), 0o600);
      writeFileSync(join(keys, "signing.pem"), "no key");
      assert.throws(() => loadInstallation(keys), hasCode("SEALTRACE_KEY_INVALID"));
    },
  );

  it("a signing key inside of the logs", () => {
    const { logs } = newPlace();
    assert.throws(() => {
      prepareLogs(logs, join(logs, "keys"));
    }, hasCode("SEALTRACE_CONFIG_INVALID"));
  });

  it("reading makes no key", () => {
    const { keys } = newPlace();
    assert.equal(readInstallation(keys), undefined);
    assert.equal(existsSync(keys), false);
  });
});

describe("a full disk", () => {
  const disk = mountSmallDisk(1024 * 1024);
  const skip = typeof disk === "string" && disk;

  it("refuses records, keeps the stream whole, and takes records again once there is room", { skip }, () => {
    const { path: root, grow } = disk as SmallDisk;
    const place = { logs: join(root, "logs"), keys: newPlace().keys };
    const writer = openTestStream(place, { segmentRecords: 1_000 });
    let number = 0;
    assert.throws(
      () => {
        for (; ; number += 1) {
          writer.appendLines(lines(number, 1));
          if (number % 50 === 0) writer.appendTrace(SOURCE, events(1 + number, 20), FUNCTIONS);
          if (number % 200 === 0) writer.checkpoint();
        }
      },
      hasCode("SEALTRACE_DISK_FULL", /free some space/),
    );
    const stored = writer.size;
    assert.throws(() => {
      writer.appendLines(lines(number, 100));
    }, hasCode("SEALTRACE_DISK_FULL"));
    assert.equal(writer.size, stored);
    const mine = storedLines(writer.directory).length;
    assert.equal(mine, stored);
    grow(2 * 1024 * 1024);
    writer.appendLines(lines(number, 1));
    writer.close();
    const { problems, records } = verifyStream(writer.directory, { keysDirectory: place.keys });
    assert.deepEqual(problems, []);
    assert.ok(records > stored);
  });

  it("cannot hold a new stream", { skip }, () => {
    const { path: root } = disk as SmallDisk;
    const path = join(root, "filler");
    assert.throws(() => {
      for (;;) writeFileSync(path, Buffer.alloc(4096), { flag: "a" });
    });
    assert.throws(
      () => openTestStream({ logs: join(root, "other"), keys: newPlace().keys }),
      hasCode("SEALTRACE_DISK_FULL"),
    );
  });
});

describe("processes that start together", () => {
  const starter = fileURLToPath(new URL("../fixtures/store/starting-session.ts", import.meta.url));

  it("make one key, and a stream each", async () => {
    const place = newPlace();
    mkdirSync(place.logs);
    const results = await Promise.all(
      Array.from({ length: 8 }, () => {
        const child = spawn(process.execPath, [starter, place.logs, place.keys], {
          stdio: ["ignore", "ignore", "inherit"],
        });
        return new Promise<number | null>((resolve) => child.on("close", resolve));
      }),
    );
    assert.deepEqual(
      results,
      Array.from({ length: 8 }, () => 0),
    );
    const streams = listStreams(place.logs);
    assert.ok(streams.length >= 1 && streams.length <= 8);
    let records = 0;
    for (const { directory } of streams) {
      const result = verifyStream(directory, { keysDirectory: place.keys });
      assert.deepEqual(result.problems, []);
      assert.equal(result.trust, "pinned");
      records += storedLines(directory).filter((line) => line.includes('"number":')).length;
    }
    assert.equal(records, 8 * 50);
    assert.deepEqual(readdirSync(place.keys).sort(), ["installation", "signing.pem"]);
  });
});
