/** Runs `test/fixtures/file-utils/temporaries.ts` and its like, each with a directory for temporaries of its own. */
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { after, before } from "node:test";
import { fileURLToPath } from "node:url";
import { temporaryDirectory } from "./temporary.ts";

export interface ProgramOptions {
  readonly user?: number;
  readonly umask?: number;
  readonly cwd?: string;
  /** Called when it has said this; default: what it made. */
  readonly heard?: string;
  readonly whenHeard?: (child: ChildProcess) => void;
}

export interface Program {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
  /** What it said beside that, each line parsed. */
  readonly said: readonly unknown[];
  /** The paths that it said it made. */
  readonly made: readonly string[];
  /** Those of them in its temporary directory: others may sweep in memory at the same time. */
  readonly own: readonly string[];
  readonly modes: readonly string[];
}

const FIXTURES = new URL("../fixtures/file-utils/", import.meta.url);

/** The program's end, and what it said. `place` is its temporary directory. */
export function runProgram(place: string, args: readonly string[], options: ProgramOptions = {}): Promise<Program> {
  const program = fileURLToPath(new URL("temporaries.ts", FIXTURES));
  return outcomeOf(startProgram(place, [program, ...args], options), place, options);
}

const compileCache = temporaryDirectory();

export function startProgram(
  place: string,
  args: readonly string[],
  { user, umask, cwd }: ProgramOptions = {},
): ChildProcess {
  // Most of the time that they take is that of taking away types.
  const env = { ...process.env, TMPDIR: place, TEMP: place, TMP: place, NODE_COMPILE_CACHE: compileCache };
  for (const name of ["NODE_OPTIONS", "NODE_V8_COVERAGE", "NODE_TEST_CONTEXT"]) Reflect.deleteProperty(env, name);
  const before = umask === undefined ? undefined : process.umask(umask);
  try {
    return spawn(process.execPath, args, {
      env,
      cwd,
      stdio: ["ignore", "pipe", "pipe"],
      timeout: 120_000,
      killSignal: "SIGKILL",
      ...(user === undefined ? {} : { uid: user, gid: user }),
    });
  } finally {
    if (before !== undefined) process.umask(before);
  }
}

function outcomeOf(
  child: ChildProcess,
  place: string,
  { heard = '{"made":', whenHeard }: ProgramOptions,
): Promise<Program> {
  const { promise, resolve, reject } = Promise.withResolvers<Program>();
  let stdout = "";
  let stderr = "";
  let isHeard = false;
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    if (isHeard || !stdout.includes(heard)) return;
    isHeard = true;
    whenHeard?.(child);
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  child.once("error", reject);
  child.once("close", (code, signal) => {
    const lines = stdout.split("\n").filter((line) => line !== "");
    const said = lines.map((line) => JSON.parse(line) as string | { made?: string[]; modes?: string[] });
    const first = said.find((line) => typeof line === "object" && "made" in line) as {
      made: string[];
      modes: string[];
    };
    resolve({
      code,
      signal,
      stderr,
      said: said.filter((line) => line !== first),
      made: first.made,
      own: within(place, first.made),
      modes: first.modes,
    });
  });
  return promise;
}

const VARIABLES = ["TMPDIR", "TEMP", "TMP"];

/** A directory that this process takes for the system's one for temporaries, while the tests of the file run. */
export function ownTemporaryPlace(): string {
  const place = temporaryDirectory();
  const inherited = VARIABLES.map((name) => process.env[name]);
  before(() => {
    for (const name of VARIABLES) process.env[name] = place;
  });
  after(() => {
    for (const [i, name] of VARIABLES.entries()) {
      if (inherited[i] === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = inherited[i];
    }
  });
  return place;
}

/** What of these paths is in this directory. */
export function within(place: string, paths: readonly string[]): string[] {
  return paths.filter((path) => path.startsWith(place));
}

/** What of these paths is there. */
export function present(paths: readonly string[]): string[] {
  return paths.filter((path) => existsSync(path));
}

/** What lies in the bases of a temporary directory, but for the one thing that stays. */
export function remains(place: string): string[] {
  return readdirSync(place, { recursive: true, encoding: "utf8" })
    .filter((name) => !/^sealtrace-[^/\\]+$/.test(name) && !name.endsWith("sweep.lock"))
    .map((name) => join(place, name));
}
