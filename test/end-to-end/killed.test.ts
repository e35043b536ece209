/** A recorded program and its supervisor, killed at random moments. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { it } from "node:test";
import { CLI, PROGRAMS, reading, runRecorded } from "../support/recording.ts";
import { newPlace, type Place } from "../support/stream.ts";

/** Starts the program under `sealtrace run` and kills both after so many milliseconds. */
function killAfter(place: Place, milliseconds: number): Promise<void> {
  const child = spawn(process.execPath, [CLI, "run", "--logs-dirname", place.logs, "talks-forever.cjs"], {
    cwd: PROGRAMS,
    env: { ...process.env, SEALTRACE_CONFIG_DIR: place.keys },
    stdio: ["ignore", "ignore", "pipe"],
    detached: true,
  });
  child.stderr.once("data", () => setTimeout(() => process.kill(-(child.pid as number), "SIGKILL"), milliseconds));
  return new Promise((resolve) =>
    child.on("close", () => {
      resolve();
    }),
  );
}

it(
  "SIGKILL, ten times: the next run recovers, everything verifies, and what was sealed late is said",
  { skip: process.platform === "win32" && "Windows has no process groups to kill" },
  async () => {
    const place = newPlace();
    for (let i = 0; i < 10; i += 1) await killAfter(place, 100 + Math.random() * 400);
    const recorded = await runRecorded("talks-forever.cjs", [], { place, whenReady: (child) => child.kill("SIGTERM") });
    assert.equal(recorded.signal, "SIGTERM");
    const [result, ...others] = reading(place).verify();
    assert.deepEqual([result?.problems, others.length, result?.unsealed], [[], 0, 0]);
    assert.ok((result?.late.length ?? 0) >= 1, `sealed late: ${JSON.stringify(result?.late)}`);
    const words = reading(place)
      .records()
      .filter((record) => String(record.message).startsWith("word "));
    assert.ok(words.length > 500);
  },
);
