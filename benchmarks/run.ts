/**
 * `npm run bench -- [NAME...] [--json] [--rounds N]`: what sealtrace costs, as ratios against pinned peers. Each round starts both contenders, one
 * after the other and in turns, as processes of their own; what counts is the median of the rounds' ratios. (Those of `files` and `serialize`
 * take turns within one process.) Absolute times say more about the machine than about the code, so none are shown.
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { APPEND_SCRIPT, FILE_ROWS } from "./files/rows.ts";
import type { Row } from "./row.ts";
import { SERIALIZE_ROWS, STREAM_GOAL_MB, STREAM_SCRIPT } from "./serialize/rows.ts";

interface Contender {
  readonly script: string;
  readonly nodeOptions?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

interface Benchmark {
  readonly name: string;
  readonly what: string;
  /** Of the CPU time of the program's own thread. */
  readonly goal: number;
  readonly ours: Contender;
  readonly peer: Contender;
}

interface Measurement {
  /** Nanoseconds of the program's thread, per operation. */
  readonly cpu: number;
  /** Nanoseconds that pass, per operation. */
  readonly time: number;
}

const here = fileURLToPath(new URL(".", import.meta.url));
const register = pathToFileURL(join(here, "..", "dist", "public", "register.js")).href;

const BENCHMARKS: readonly Benchmark[] = [
  {
    name: "log",
    what: "a sealed log record with 8 fields, against pino 10 (async)",
    goal: 0.4,
    ours: { script: "log/sealtrace.mjs" },
    peer: { script: "log/pino.mjs" },
  },
  {
    name: "trace",
    what: "an exactly traced call, sealed, against an OpenTelemetry startActiveSpan",
    goal: 0.2,
    ours: {
      script: "trace/sealtrace.mjs",
      nodeOptions: ["--import", register],
      environment: { SEALTRACE_TRACING_INCLUDE: "trace/compute.mjs,trace/round.mjs" },
    },
    peer: { script: "trace/opentelemetry.mjs" },
  },
];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: "boolean", default: false }, rounds: { type: "string", default: "7" } },
});
const rounds = Number(values.rounds);
const NAMES = [...BENCHMARKS.map(({ name }) => name), "files", "serialize"];
if (positionals.some((name) => !NAMES.includes(name)) || !Number.isInteger(rounds) || rounds < 1) {
  console.error(`Usage: npm run bench -- [${NAMES.join("|")}] [--json] [--rounds N]`);
  process.exit(2);
}
installPeers();
const isChosen = (name: string): boolean => positionals.length === 0 || positionals.includes(name);
const rows = [];
for (const benchmark of BENCHMARKS) if (isChosen(benchmark.name)) rows.push(await compare(benchmark));
const fileRows = isChosen("files") ? await compareWithin(FILE_ROWS) : [];
const appended = isChosen("files") ? await run<Appended>({ script: APPEND_SCRIPT }) : [];
const serializeRows = isChosen("serialize") ? await compareWithin(SERIALIZE_ROWS) : [];
const streamed = isChosen("serialize") ? await run<Streamed>({ script: STREAM_SCRIPT }) : [];
if (values.json) {
  console.log(JSON.stringify([...rows, ...fileRows, ...appended, ...serializeRows, ...streamed], undefined, 2));
} else {
  for (const row of rows) print(row);
  if (fileRows.length > 0) console.log("files: time that passed");
  for (const row of fileRows) printWithin(row);
  for (const { lines, lost, torn } of appended) {
    console.log(`  ${lines} lines appended by 16 processes to one file: ${lost} lost, ${torn} torn (goal 0, 0)`);
  }
  if (serializeRows.length > 0) console.log("serialize: speed");
  for (const row of serializeRows) printWithin(row);
  for (const { megabytes, peak_rss_mb: peak } of streamed) {
    console.log(`  ${megabytes} MB as a stream through all stages and back: at most ${peak} MB of memory (goal <= ${STREAM_GOAL_MB})`); // prettier-ignore
  }
}

interface Comparison {
  readonly name: string;
  readonly what: string;
  readonly ratio: number;
  readonly goal: number;
  readonly lowest: number;
  readonly highest: number;
  readonly timeRatio: number;
  readonly rounds: number;
}

interface RowResult extends Row {
  readonly ratio: number;
  readonly lowest: number;
  readonly highest: number;
  readonly rounds: number;
}

interface Appended {
  readonly lines: number;
  readonly lost: number;
  readonly torn: number;
}

interface Streamed {
  readonly megabytes: number;
  readonly peak_rss_mb: number;
}

/** Rows whose scripts measure both contenders themselves. */
async function compareWithin(chosen: readonly Row[]): Promise<RowResult[]> {
  const ratios = new Map<string, number[]>();
  const scripts = new Set(chosen.map(({ script }) => script));
  for (let round = 0; round < rounds; round += 1) {
    for (const script of scripts) {
      for (const { name, own, theirs } of await run<{ name: string; own: number; theirs: number }>({ script })) {
        const key = `${script} ${name}`;
        ratios.set(key, [...(ratios.get(key) ?? []), own / theirs]);
      }
    }
  }
  return chosen.map((row) => {
    const times = ratios.get(`${row.script} ${row.name}`) ?? [];
    const all = row.speedGoal === undefined ? times : times.map((time) => 1 / time);
    if (all.length === 0) return { ...row, ratio: Number.NaN, lowest: Number.NaN, highest: Number.NaN, rounds: 0 };
    return { ...row, ratio: median(all), lowest: Math.min(...all), highest: Math.max(...all), rounds };
  });
}

function printWithin({ what, ratio, goal, speedGoal, lowest, highest, rounds: count }: RowResult): void {
  console.log(`  ${what}`);
  if (Number.isNaN(ratio)) {
    console.log("    not measured: the peer is missing here");
    return;
  }
  console.log(
    `    ${ratio.toFixed(3)}  (${verdict(ratio, goal, speedGoal)}; ${count} rounds, ${lowest.toFixed(3)} to ${highest.toFixed(3)})`,
  );
}

function verdict(ratio: number, goal?: number, speedGoal?: number): string {
  if (speedGoal !== undefined) return `goal >= ${speedGoal}: ${ratio >= speedGoal ? "reached" : "missed"}`;
  return goal === undefined ? "no goal" : `goal <= ${+goal.toFixed(3)}: ${ratio <= goal ? "reached" : "missed"}`;
}

async function compare({ name, what, goal, ours, peer }: Benchmark): Promise<Comparison> {
  const cpu: number[] = [];
  const time: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const first = round % 2 === 0 ? ours : peer;
    const [one] = (await run<Measurement>(first)) as [Measurement];
    const [other] = (await run<Measurement>(first === ours ? peer : ours)) as [Measurement];
    const [own, theirs] = first === ours ? [one, other] : [other, one];
    cpu.push(own.cpu / theirs.cpu);
    time.push(own.time / theirs.time);
  }
  return {
    name,
    what,
    ratio: median(cpu),
    goal,
    lowest: Math.min(...cpu),
    highest: Math.max(...cpu),
    timeRatio: median(time),
    rounds,
  };
}

/** What the script tells, a JSON text a line. */
function run<T>({ script, nodeOptions = [], environment = {} }: Contender): Promise<T[]> {
  const directory = mkdtempSync(join(tmpdir(), "sealtrace-bench-"));
  const child = spawn(process.execPath, [...nodeOptions, join(here, script), directory], {
    cwd: here,
    env: {
      ...process.env,
      SEALTRACE_LOGGING_LOGS_DIRNAME: directory,
      SEALTRACE_CONFIG_DIR: `${directory}-keys`,
      ...environment,
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      for (const path of [directory, `${directory}-keys`]) rmSync(path, { recursive: true, force: true });
      if (code === 0)
        resolve(output.trimEnd().split("\n").map((line) => JSON.parse(line) as T)); // prettier-ignore
      else reject(new Error(`${script} ended with ${code}`));
    });
  });
}

function installPeers(): void {
  if (existsSync(join(here, "node_modules"))) return;
  console.error("Installing the peers into benchmarks/node_modules ...");
  const { status } = spawnSync("npm", ["ci"], {
    cwd: here,
    stdio: ["ignore", "ignore", "inherit"],
    shell: process.platform === "win32",
  });
  if (status !== 0) process.exit(1);
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

function print({ name, what, ratio, goal, lowest, highest, timeRatio, rounds: count }: Comparison): void {
  console.log(`${name}: ${what}`);
  console.log(
    `  CPU of the program's thread  ${ratio.toFixed(3)}  (${verdict(ratio, goal)}; ${count} rounds, ${lowest.toFixed(3)} to ${highest.toFixed(3)})`,
  );
  console.log(`  time that passed             ${timeRatio.toFixed(3)}`);
}
