import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { it } from "node:test";
import { fileURLToPath } from "node:url";
import { remains } from "../../support/temporary-programs.ts";
import { runRecorded } from "../../support/recording.ts";
import { temporaryDirectory } from "../../support/temporary.ts";

const PROGRAM = fileURLToPath(new URL("../../fixtures/file-utils/temporary-recorded.ts", import.meta.url));

it(
  "a recorded program with temporaries dies of its signal once it is recorded and they are removed",
  { skip: process.platform === "win32" && "Windows has no signals" },
  async () => {
    const place = temporaryDirectory();
    const recording = await runRecorded(PROGRAM, [], {
      environment: { TMPDIR: place },
      whenReady: (child) => child.kill("SIGTERM"),
    });
    assert.equal(recording.signal, "SIGTERM", recording.stderr);
    assert.equal(existsSync(recording.stdout), false);
    assert.deepEqual(remains(place), []);
    const signals = recording.records().filter((record) => record["event.action"] === "signal");
    assert.deepEqual(
      signals.map((record) => record["process.signal"]),
      ["SIGTERM"],
    );
  },
);

it(
  "a recorded program with temporaries that hangs is ended all the same: it handles no signal, whatever we listen to",
  { skip: process.platform === "win32" && "Windows has no signals", timeout: 60_000 },
  async () => {
    const recording = await runRecorded(PROGRAM, ["spin"], {
      environment: { TMPDIR: temporaryDirectory() },
      whenReady: (child) => child.kill("SIGTERM"),
    });
    assert.equal(recording.signal, "SIGTERM", recording.stderr);
  },
);
