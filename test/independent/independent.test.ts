/** A checker that shares nothing with `src/` judges the same streams. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { verifyStream } from "../../src/store/index.ts";
import { runRecorded } from "../support/recording.ts";
import { newPlace, writeSampleStream } from "../support/stream.ts";
import { temporaryDirectory } from "../support/temporary.ts";
import { TAMPERINGS } from "../store/tampering.ts";

const script = fileURLToPath(new URL("verify_stream.py", import.meta.url));
const missing = ["python3", "openssl"].filter(
  (command) => spawnSync(command, [command === "openssl" ? "version" : "--version"]).status !== 0,
);
const skip = missing.length > 0 && `${missing.join(" and ")} can't be started here`;

interface Judgement {
  readonly ok: boolean;
  readonly records: number;
  readonly problems: readonly { readonly code: string; readonly record: number | null }[];
}

function judge(stream: string, verifierKey: string): Judgement {
  const keyFile = join(temporaryDirectory(), "vkey");
  writeFileSync(keyFile, verifierKey);
  const { stdout, stderr, status } = spawnSync("python3", [script, stream, "--vkey", keyFile], { encoding: "utf8" });
  assert.ok(status === 0 || status === 1, stderr);
  const judgement = JSON.parse(stdout) as Judgement;
  assert.equal(judgement.ok, status === 0);
  return judgement;
}

describe("the independent checker", { skip }, () => {
  const place = newPlace();
  const original = writeSampleStream(place);
  const verifierKey = readFileSync(join(original, "origin.vkey"), "utf8");

  it("finds a whole stream right", () => {
    const { ok, records, problems } = judge(original, verifierKey);
    assert.deepEqual([ok, records, problems], [true, 70, []]);
  });

  it("finds the record of a real program right", async () => {
    const recorded = await runRecorded("modules.mjs");
    const [result] = recorded.verify();
    const stream = join(recorded.place.logs, result?.stream as string);
    const { problems, records } = judge(stream, readFileSync(join(stream, "origin.vkey"), "utf8"));
    assert.deepEqual([problems, records], [[], result?.records]);
  });

  for (const { name, apply, record } of TAMPERINGS) {
    it(`agrees on: ${name}`, () => {
      const stream = join(temporaryDirectory(), basename(original));
      cpSync(original, stream, { recursive: true });
      apply(stream);
      const theirs = judge(stream, verifierKey);
      const ours = verifyStream(stream, { verifierKey });
      assert.deepEqual([theirs.ok, ours.ok], [false, false]);
      if (record === undefined) return;
      const shown = JSON.stringify(theirs.problems, undefined, 1);
      assert.ok(
        theirs.problems.some((problem) => problem.record === record),
        `record ${record} is not in ${shown}`,
      );
    });
  }
});
