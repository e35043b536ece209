/** A recorded program and its supervisor, killed at random moments. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { it } from "node:test";
import { CLI, PROGRAMS, reading, runRecorded } from "../support/recording.ts";
import { newPlace, type Place } from "../support/stream.ts";

/** Bytes of all segments that lie there. */
function storedBytes({ logs }: Place): number {
  if (!existsSync(logs)) return 0;
  return readdirSync(logs, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ndjson"))
    .reduce((sum, name) => sum + statSync(join(logs, name)).size, 0);
}

/** Starts the program under `sealtrace run` and kills both so many milliseconds after the writer has begun to store what it says. */
function killAfter(place: Place, milliseconds: number): Promise<void> {
  const before = storedBytes(place);
  const child = spawn(process.execPath, [CLI, "run", "--logs-dirname", place.logs, "talks-forever.cjs"], {
    cwd: PROGRAMS,
    env: { ...process.env, SEALTRACE_CONFIG_DIR: place.keys },
    stdio: "ignore",
    detached: true,
  });
  // More than a start and a recovery write.
  const watch = setInterval(() => {
    if (storedBytes(place) < before + 4096) return;
    clearInterval(watch);
    setTimeout(() => process.kill(-(child.pid as number), "SIGKILL"), milliseconds);
  }, 5);
  return new Promise((resolve, reject) => {
    child.on("close", (code, signal) => {
      clearInterval(watch);
      if (signal === "SIGKILL") resolve();
      else reject(new Error(`the program ended by itself: ${code} ${signal}`));
    });
  });
}

it(
  "SIGKILL, ten times: the next run recovers, everything verifies, and what was sealed late is said",
  { skip: process.platform === "win32" && "Windows has no process groups to kill" },
  async () => {
    const place = newPlace();
    for (let i = 0; i < 10; i += 1) await killAfter(place, Math.random() * 400);
    const recorded = await runRecorded("talks-forever.cjs", [], { place, whenReady: (child) => child.kill("SIGTERM") });
    assert.equal(recorded.signal, "SIGTERM");
    const [result, ...others] = reading(place).verify();
    assert.deepEqual([result?.problems, others.length, result?.unsealed], [[], 0, 0]);
    assert.ok((result?.late.length ?? 0) >= 1, `sealed late: ${JSON.stringify(result?.late)}`);
    const words = reading(place)
      .records()
      .filter((record) => String(record.message).startsWith("word "));
    // Each of the ten had stored some before it was killed.
    assert.ok(words.length >= 100, `${words.length} words`);
  },
);
