import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { listLocks } from "../../../src/file-utils/index.ts";
import { temporaryDirectory } from "../../support/temporary.ts";

const TORTURER = fileURLToPath(new URL("../../fixtures/file-utils/lock-torturer.ts", import.meta.url));
const MACHINE = new URL("../../fixtures/file-utils/lock-network.mjs", import.meta.url).href;

interface Plan {
  readonly path: string;
  readonly seconds: number;
  readonly lease?: number;
  /** What happens to a process from time to time. */
  readonly mischief: readonly ("kill" | "stop")[];
}

/** Runs one torturer to its end, which may be a violent one; resolves to the counts that it was sure of, and whether it was killed. */
async function runOne(
  { path, seconds, lease, mischief }: Plan,
  machine: number,
  end: number,
): Promise<{ sure: number; killed: boolean }> {
  // Nobody knows of the queues of other machines; so leases are fought for.
  const preload = lease === undefined ? [] : ["--import", `${MACHINE}?machine=${machine}`];
  const args = [...preload, TORTURER, path, String(seconds), ...(lease === undefined ? [] : [String(lease)])];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (said += text));
  const closed = once(child, "close");
  let killed = false;
  while (!killed && child.exitCode === null && performance.now() < end) {
    await Promise.race([setTimeout(100 + Math.random() * 400), closed]);
    // Only who has begun is worth it.
    const what = said === "" ? undefined : mischief[Math.floor(Math.random() * mischief.length)];
    if (what === "stop") {
      child.kill("SIGSTOP");
      await setTimeout(Math.random() * 200);
      child.kill("SIGCONT");
    }
    if (what === "kill") killed = child.kill("SIGKILL");
  }
  const [code, signal] = (await closed) as [number | null, string | null];
  if (signal === "SIGKILL") appendFileSync(`${path}.dead`, `${child.pid}\n`);
  else assert.equal(code, 0);
  return { sure: said.split("counted\n").length - 1, killed: signal === "SIGKILL" };
}

async function torture(processes: number, plan: Plan): Promise<{ sure: number; killed: number; counted: number }> {
  const { path, seconds } = plan;
  writeFileSync(path, "0".padStart(12, "0"));
  writeFileSync(`${path}.dead`, "");
  const end = performance.now() + seconds * 1_000;
  let sure = 0;
  let killed = 0;
  const keepOneRunning = async (_: unknown, machine: number): Promise<void> => {
    do {
      const outcome = await runOne(
        { ...plan, seconds: Math.max(0.1, (end - performance.now()) / 1_000) },
        machine,
        end,
      );
      sure += outcome.sure;
      killed += Number(outcome.killed);
    } while (performance.now() < end);
  };
  await Promise.all(Array.from({ length: processes }, keepOneRunning));
  if (existsSync(`${path}.violations`)) assert.fail(readFileSync(`${path}.violations`, "utf8"));
  return { sure, killed, counted: Number(readFileSync(path, "utf8")) };
}

describe("torture", () => {
  it("by processes and threads that are killed and stopped finds no two holders, and loses nothing", async (test) => {
    const path = join(temporaryDirectory(), "counter");
    const { sure, killed, counted } = await torture(3, { path, seconds: 4, mischief: ["kill", "stop", "stop"] });
    test.diagnostic(`${counted} counts, ${killed} processes killed`);
    assert.ok(killed > 0 && sure > 0);
    // Each of the two threads of a killed process may have counted without having said so, each in its two parts.
    assert.ok(counted >= sure && counted <= sure + 4 * killed, `${sure} sure, ${counted} counted, ${killed} killed`);
    assert.deepEqual(
      listLocks(join(path, "..")).map(({ held }) => held),
      ["free"],
    );
  });

  it("of leases on several machines, without pauses longer than a lease, finds no two holders, and loses nothing", async (test) => {
    const path = join(temporaryDirectory(), "counter");
    const { sure, counted } = await torture(3, { path, seconds: 2, lease: 20_000, mischief: [] });
    test.diagnostic(`${counted} counts`);
    assert.ok(sure > 0);
    assert.equal(counted, sure);
  });
});
