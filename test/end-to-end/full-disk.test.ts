/** A disk that is really full. */
import assert from "node:assert/strict";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { reading, runPlain, runRecorded, start, CLI } from "../support/recording.ts";
import { mountSmallDisk, type SmallDisk } from "../support/small-disk.ts";
import { newPlace } from "../support/stream.ts";

const disk = mountSmallDisk(1024 * 1024);

describe("a disk that is full", { skip: typeof disk === "string" && disk }, () => {
  const { path: root, grow } = disk as SmallDisk;

  it("from the start: said before the program begins, exit code 2", async () => {
    assert.throws(() => {
      for (;;) writeFileSync(join(root, "filler"), Buffer.alloc(4096), { flag: "a" });
    });
    const place = newPlace();
    const { code, stdout, stderr } = await start([CLI, "run", "--logs-dirname", join(root, "logs"), "plain.cjs"], {
      environment: { SEALTRACE_CONFIG_DIR: place.keys },
    });
    assert.deepEqual([code, stdout], [2, ""]);
    assert.match(stderr, /^sealtrace: .*the disk is full; free some space.*\n$/);
    for (const name of readdirSync(root)) rmSync(join(root, name), { recursive: true });
  });

  it("in the middle: the program goes on as if nothing were, what was lost is counted, and the next run continues", async () => {
    const place = { logs: join(root, "logs"), keys: newPlace().keys };
    mkdirSync(place.logs);
    const plain = await runPlain("many-records.cjs", ["20000", "normally"]);
    const recorded = await runRecorded("many-records.cjs", ["20000", "normally"], { place });
    assert.deepEqual([recorded.stdout, recorded.code], [plain.stdout, 0]);
    assert.match(
      recorded.stderr,
      /^sealtrace: the record of this program is not complete\. .*the disk is full; free some space.* Not recorded: [1-9]\d* disk_full\.\n$/,
    );
    const kept = reading(place)
      .records()
      .filter((record) => record["log.logger"] === "console").length;
    assert.ok(kept > 0 && kept < 20_000);
    grow(16 * 1024 * 1024);
    const again = await runRecorded("many-records.cjs", ["100", "exit"], { place });
    assert.deepEqual([again.stderr, again.code], ["", 0]);
    assert.deepEqual(
      again.verify().map((result) => result.problems),
      [[]],
    );
    const messages = again.records().filter((record) => record["log.logger"] === "console").length;
    assert.equal(messages, kept + 100);
  });
});
