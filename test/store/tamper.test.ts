import assert from "node:assert/strict";
import { cpSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, it } from "node:test";
import fc from "fast-check";
import { verifyStream } from "../../src/store/index.ts";
import { FORMAT_LINE, FORMAT_VERSION, parseFormat } from "../../src/store/layout.ts";
import { newPlace, writeSampleStream } from "../support/stream.ts";
import { temporaryDirectory } from "../support/temporary.ts";
import { TAMPERINGS } from "./tampering.ts";

const place = newPlace();
const original = writeSampleStream(place);

function copy(): string {
  const target = join(temporaryDirectory(), basename(original));
  cpSync(original, target, { recursive: true });
  return target;
}

describe("a stream that somebody has changed", () => {
  it("verifies as long as it is only copied", () => {
    assert.deepEqual(verifyStream(copy(), { keysDirectory: place.keys }).problems, []);
  });

  for (const { name, apply, record, codes } of TAMPERINGS) {
    it(`is found out: ${name}`, () => {
      const stream = copy();
      apply(stream);
      const { ok, problems } = verifyStream(stream, { keysDirectory: place.keys });
      const shown = JSON.stringify(problems, undefined, 1);
      assert.equal(ok, false);
      for (const code of codes)
        assert.ok(
          problems.some((problem) => problem.code === code),
          `no ${code} in ${shown}`,
        );
      if (record !== undefined)
        assert.ok(
          problems.some((problem) => problem.record === record),
          `record ${record} not in ${shown}`,
        );
      assert.ok(problems.length <= 4, `too many problems: ${shown}`);
    });
  }

  // There are few enough of these to try them all: a random choice found version 0 only once in hundreds of runs.
  it("is found out whatever single byte of its version is changed", () => {
    const line = Buffer.from(FORMAT_LINE);
    for (const [at, before] of line.entries())
      for (let byte = 0; byte < 256; byte++) {
        const version = parseFormat(Buffer.from(line.with(at, byte)).toString("latin1"));
        if (byte === before) assert.equal(version, FORMAT_VERSION);
        else assert.ok(version === undefined || version > FORMAT_VERSION, `byte ${at} as ${byte}`);
      }
  });

  it("is found out whatever single byte of it is changed", () => {
    const files = ["format", "origin.vkey", "checkpoint", "checkpoints"]
      .concat(readdirSync(original).filter((name) => name.endsWith(".ndjson")))
      .concat(readdirSync(join(original, "trace")).map((name) => join("trace", name)))
      .filter((name) => statSync(join(original, name)).size > 0);
    const stream = copy();
    fc.assert(
      fc.property(fc.constantFrom(...files), fc.nat(), fc.integer({ min: 1, max: 255 }), (name, position, mask) => {
        const path = join(stream, name);
        const bytes = readFileSync(path);
        const at = position % bytes.length;
        const before = bytes[at] as number;
        bytes[at] = before ^ mask;
        writeFileSync(path, bytes);
        try {
          assert.equal(refuses(stream), true, `${name} at byte ${at}`);
        } finally {
          bytes[at] = before;
          writeFileSync(path, bytes);
        }
      }),
      { numRuns: 600 },
    );
    assert.equal(refuses(stream), false);
  });
});

function refuses(stream: string): boolean {
  try {
    return !verifyStream(stream, { keysDirectory: place.keys }).ok;
  } catch (error) {
    // Of a version that says it is newer, nothing can be said.
    assert.equal((error as { code?: string }).code, "SEALTRACE_FORMAT_TOO_NEW");
    return true;
  }
}
