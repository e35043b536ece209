/**
 * `npm run fuzz -- [TARGET...] [--seconds N] [--seed N]`: hands changed inputs to every decoder (`targets/`), for so many seconds altogether. A decoder that throws
 * anything but a SealtraceError, hangs, or dies of its memory is a finding: the input is stored in `findings/`, and is to be moved to
 * `testdata/fuzz/TARGET/` with the fix, where it is tried first ever after. Ends with 1 if there was one.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { MAX_INPUT, type Assignment, type Outcome } from "./assignment.ts";

const HERE = fileURLToPath(new URL(".", import.meta.url));
/** How long one input may take, on a busy machine, with the tight limits that targets set. */
const HANG_MILLISECONDS = 20_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seconds: { type: "string", default: "60" }, seed: { type: "string" } },
});
const all = readdirSync(join(HERE, "targets")).map((file) => basename(file, ".ts"));
const chosen = positionals.length === 0 ? all : positionals;
const seconds = Number(values.seconds);
const seed = values.seed === undefined ? Date.now() % 2 ** 31 : Number(values.seed);
if (chosen.some((name) => !all.includes(name)) || !(seconds > 0) || !Number.isInteger(seed)) {
  console.error(`Usage: npm run fuzz -- [${all.join("|")}] [--seconds N] [--seed N]`);
  process.exit(2);
}

let findings = 0;
for (const name of chosen) {
  const { runs, kept, failure } = await fuzz(name, (seconds * 1_000) / chosen.length);
  console.log(`${name}: ${runs} inputs, ${kept} outcomes${failure === undefined ? "" : `\n${failure}`}`);
  if (failure !== undefined) findings += 1;
}
console.log(`${chosen.length - findings} passed, ${findings} failed`);
process.exitCode = findings === 0 ? 0 : 1;

async function fuzz(name: string, milliseconds: number): Promise<Outcome> {
  const shared = new SharedArrayBuffer(8 + MAX_INPUT);
  const assignment: Assignment = {
    file: pathToFileURL(join(HERE, "targets", `${name}.ts`)).href,
    milliseconds,
    seed,
    shared,
    regressions: join(HERE, "..", "testdata", "fuzz", name),
  };
  const outcome = await watch(new Worker(new URL("./worker.ts", import.meta.url), {
    workerData: assignment,
    resourceLimits: { maxOldGenerationSizeMb: 1_024 },
  }), shared); // prettier-ignore
  if (outcome.failure === undefined) return outcome;
  return { ...outcome, failure: `${outcome.failure}\n${save(name, shared)}` };
}

/** What the worker says, or that it hangs or died. */
function watch(worker: Worker, shared: SharedArrayBuffer): Promise<Outcome> {
  const counters = new Int32Array(shared, 0, 2);
  return new Promise((resolve) => {
    let seen = -1;
    const over = (failure: string): void => {
      resolve({ runs: Atomics.load(counters, 0), kept: 0, failure });
    };
    const watchdog = setInterval(() => {
      const runs = Atomics.load(counters, 0);
      if (runs === seen) {
        over(`One input took longer than ${HANG_MILLISECONDS / 1_000} s.`);
        void worker.terminate();
      }
      seen = runs;
    }, HANG_MILLISECONDS);
    worker.once("message", resolve);
    worker.once("error", (error) => {
      over(`The thread died: ${String(error)}`);
    });
    worker.once("exit", () => {
      clearInterval(watchdog);
      over("The thread ended without a word.");
    });
  });
}

function save(name: string, shared: SharedArrayBuffer): string {
  const length = new Int32Array(shared, 0, 2)[1] as number;
  const input = Buffer.from(new Uint8Array(shared, 8, length));
  const directory = join(HERE, "findings", name);
  mkdirSync(directory, { recursive: true });
  const path = join(directory, createHash("sha256").update(input).digest("hex").slice(0, 16));
  writeFileSync(path, input);
  return `Seed ${seed}; the input of ${length} bytes is in fuzz/findings/${name}: ${input.toString("base64").slice(0, 400)}`;
}
