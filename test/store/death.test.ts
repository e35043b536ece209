import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { cpSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { listStreams, verifyStream } from "../../src/store/index.ts";
import { newPlace, openTestStream, storedLines, type Place } from "../support/stream.ts";

const fixture = (name: string): string => fileURLToPath(new URL(`../fixtures/store/${name}`, import.meta.url));

interface Session {
  /** Records that the dead writer had stored, as far as it could tell. */
  readonly stored: number;
  readonly died: boolean;
}

function session(place: Place, deathAt: number, half = false): Session {
  const { stdout, signal, stderr } = spawnSync(
    process.execPath,
    [fixture("writing-session.ts"), place.logs, place.keys],
    {
      env: { DEATH_AT: String(deathAt), DEATH_HALF: half ? "1" : "0", NODE_NO_WARNINGS: "1" },
      encoding: "utf8",
    },
  );
  assert.equal(stderr, "");
  const counts = [...stdout.matchAll(/^(?:stored|closed) (\d+)/gm)].map((match) => Number(match[1]));
  return { stored: counts.at(-1) ?? 0, died: signal === "SIGKILL" };
}

/** Starts a writer on what a death has left, and checks that all is right then. */
function startAgain(place: Place, before: Session, hint: string): void {
  const tornBefore = unsaidTail(place);
  const writer = openTestStream(place, { segmentRecords: 8 });
  writer.close();
  const streams = listStreams(place.logs);
  assert.equal(streams.length, 1, hint);
  const [{ directory }] = streams as [(typeof streams)[0]];
  const result = verifyStream(directory, { keysDirectory: place.keys });
  assert.deepEqual(result.problems, [], hint);
  assert.ok(result.records > before.stored, `${hint}: ${result.records} records, ${before.stored} were stored`);
  const unknown = new Set(storedLines(directory).map((line) => (JSON.parse(line) as { number?: number }).number));
  for (let number = 1; number < before.stored; number += 1) {
    const control = /"log.logger":"sealtrace"/.test(storedLines(directory)[number] as string);
    assert.ok(control || unknown.has(number), `${hint}: record ${number} is lost`);
  }
  assert.ok(result.tornBytes >= tornBefore, `${hint}: ${tornBefore} bytes of a torn line, ${result.tornBytes} said`);
}

/** Bytes after the last newline of the last segment. */
function unsaidTail(place: Place): number {
  let bytes = 0;
  for (const stream of safeList(place.logs)) {
    const last = safeList(join(place.logs, stream))
      .filter((name) => name.endsWith(".ndjson"))
      .at(-1);
    if (last === undefined) continue;
    const content = readFileSync(join(place.logs, stream, last));
    bytes += content.length - (content.lastIndexOf(10) + 1);
  }
  return bytes;
}

function safeList(directory: string): string[] {
  return statSync(directory, { throwIfNoEntry: false })?.isDirectory() === true ? readdirSync(directory).sort() : [];
}

/** A death that leaves a torn line in a stream that has been signed. */
function crashInALine(): { place: Place; life: Session } {
  for (let deathAt = 50; ; deathAt += 1) {
    const place = newPlace();
    const life = session(place, deathAt, true);
    assert.ok(life.died, "no death left a torn line");
    if (unsaidTail(place) > 0 && life.stored >= 6) return { place, life };
  }
}

describe("a writer that dies", () => {
  for (const half of [false, true]) {
    it(`at any operation on a new stream${half ? ", half-way through its writes" : ""}: nothing stored is lost`, () => {
      let deathAt = 1;
      for (; ; deathAt += 1) {
        const place = newPlace();
        const life = session(place, deathAt, half);
        if (!life.died) break;
        startAgain(place, life, `death at operation ${deathAt}`);
      }
      assert.ok(deathAt > 60, `only ${deathAt} operations`);
    });
  }

  it("at any operation of the recovery after a death in the middle of a write: nothing stored is lost", () => {
    const { place: crashed, life: first } = crashInALine();
    let deathAt = 1;
    for (; ; deathAt += 1) {
      const place = newPlace();
      cpSync(join(crashed.logs, ".."), join(place.logs, ".."), { recursive: true });
      const second = session(place, deathAt, deathAt % 2 === 0);
      if (!second.died || second.stored > first.stored + 4) break;
      startAgain(
        place,
        { stored: Math.max(first.stored, second.stored), died: true },
        `death at operation ${deathAt} of the recovery`,
      );
    }
    assert.ok(deathAt > 10, `only ${deathAt} operations`);
  });

  it("by SIGKILL at a random moment, a hundred times: nothing stored is lost", async () => {
    await Promise.all([killRepeatedly(newPlace(), 50), killRepeatedly(newPlace(), 50)]);
  });
});

async function killRepeatedly(place: Place, times: number): Promise<void> {
  let stored = 0;
  for (let i = 0; i < times; i += 1) stored = Math.max(stored, await runAndKill(place, Math.random() * 60));
  openTestStream(place).close();
  const streams = listStreams(place.logs);
  assert.equal(streams.length, 1);
  const result = verifyStream((streams[0] as (typeof streams)[0]).directory, { keysDirectory: place.keys });
  assert.deepEqual(result.problems, []);
  assert.ok(result.records >= stored, `${result.records} records, ${stored} were stored`);
  assert.ok(result.late.length > 0, "no records were sealed late in all that");
}

/** Kills a writer so many milliseconds after it has opened its stream; resolves to how many records it had stored. */
function runAndKill(place: Place, milliseconds: number): Promise<number> {
  const child = spawn(process.execPath, [fixture("endless-session.ts"), place.logs, place.keys], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.setEncoding("utf8");
  child.stdout.once("data", () => setTimeout(() => child.kill("SIGKILL"), milliseconds));
  child.stdout.on("data", (text: string) => {
    output = (output + text).slice(-200);
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      if (signal !== "SIGKILL") reject(new Error(`the writer ended by itself: ${code}`));
      else resolve(Number(/stored (\d+)\n[^\n]*$/.exec(output)?.[1] ?? 0));
    });
  });
}
