/** Runs one target until its time is over. The input at hand lies in shared memory, where whoever watches finds it when this thread hangs or dies. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "node:util";
import { parentPort, workerData } from "node:worker_threads";
import { MAX_INPUT, type Assignment, type Outcome } from "./assignment.ts";
import { mutate } from "./mutate.ts";
import { Random } from "./random.ts";
import type { Target } from "./target.ts";

const { file, milliseconds, seed, shared, regressions } = workerData as Assignment;
const counters = new Int32Array(shared, 0, 2);
const current = new Uint8Array(shared, 8);

parentPort?.postMessage(await fuzz((await import(file)) as Target));

async function fuzz(target: Target): Promise<Outcome> {
  const random = new Random(seed);
  const corpus = (await target.seeds()).map((bytes) => bytes.subarray(0, MAX_INPUT));
  const outcomes = new Set<string>();
  let runs = 0;
  const attempt = async (bytes: Uint8Array): Promise<string | undefined> => {
    current.set(bytes);
    counters[1] = bytes.length;
    runs = Atomics.add(counters, 0, 1) + 1;
    // A copy that is exactly as long as its buffer: a decoder that reads on finds nothing.
    const said = await target.run(Uint8Array.from(bytes));
    return typeof said === "string" ? said.replace(/\d+/g, "0").slice(0, 200) : undefined;
  };
  try {
    for (const bytes of [...savedInputs(), ...corpus]) await attempt(bytes);
    const end = performance.now() + milliseconds;
    while (performance.now() < end) {
      const bytes = mutate(random.pick(corpus), random.pick(corpus), random, MAX_INPUT);
      const outcome = await attempt(bytes);
      if (outcome === undefined || outcomes.has(outcome) || outcomes.size > 2_000) continue;
      outcomes.add(outcome);
      corpus.push(bytes);
    }
    return { runs, kept: outcomes.size };
  } catch (error) {
    return { runs, kept: outcomes.size, failure: inspect(error) };
  }
}

function savedInputs(): Uint8Array[] {
  try {
    return readdirSync(regressions).map((name) => readFileSync(join(regressions, name)));
  } catch {
    return [];
  }
}
