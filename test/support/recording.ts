/** Runs programs of `test/fixtures/programs`, as they are and recorded, and reads what was recorded. */
import { spawn, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { listStreams, readRecords, verifyStream, type StreamVerification } from "../../src/store/index.ts";
import { newPlace, type Place } from "./stream.ts";

export const PROGRAMS: string = fileURLToPath(new URL("../fixtures/programs/", import.meta.url));
export const CLI: string = fileURLToPath(import.meta.resolve("../../src/cli/main.ts"));

export interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface RunOptions {
  readonly place?: Place;
  readonly input?: string;
  /** Where it is started; default: where the programs are. */
  readonly directory?: string;
  /** Arguments of Node, before the program. */
  readonly nodeArguments?: readonly string[];
  /** Options of `sealtrace run`, before the program. */
  readonly options?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Number of the user and the group that it runs as. */
  readonly user?: number;
  /** Called once the program has written "ready" to standard error. */
  readonly whenReady?: (child: ChildProcess) => void;
}

/** The program under plain Node. */
export function runPlain(program: string, args: readonly string[] = [], options: RunOptions = {}): Promise<Outcome> {
  return start([...(options.nodeArguments ?? []), program, ...args], options);
}

export interface Recording extends Outcome {
  readonly place: Place;
  /** Every record of every stream, as text. */
  lines(): string[];
  records(): Readonly<Record<string, unknown>>[];
  verify(): StreamVerification[];
}

/** The program under `sealtrace run`. */
export async function runRecorded(
  program: string,
  args: readonly string[] = [],
  options: RunOptions = {},
): Promise<Recording> {
  const place = options.place ?? newPlace();
  const own = ["run", "--logs-dirname", place.logs, ...(options.options ?? []), program, ...args];
  const environment = { SEALTRACE_CONFIG_DIR: place.keys, ...options.environment };
  const outcome = await start([...(options.nodeArguments ?? []), CLI, ...own], { ...options, environment });
  return { ...outcome, ...reading(place) };
}

/** What lies in a place, read. */
export function reading(place: Place): Pick<Recording, "place" | "lines" | "records" | "verify"> {
  const streams = (): string[] => listStreams(place.logs).map(({ directory }) => directory);
  const lines = (): string[] =>
    streams().flatMap((stream) => Array.from(readRecords(stream), (record) => record.text()));
  return {
    place,
    lines,
    records: () => lines().map((line) => JSON.parse(line) as Record<string, unknown>),
    verify: () => streams().map((stream) => verifyStream(stream, { keysDirectory: place.keys })),
  };
}

/** Node with these arguments, in the directory of the programs. */
export function start(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const inherited = { ...process.env };
  for (const name of ["NODE_OPTIONS", "FORCE_COLOR", "NODE_V8_COVERAGE", "NODE_TEST_CONTEXT"])
    Reflect.deleteProperty(inherited, name);
  const child = spawn(process.execPath, args, {
    cwd: options.directory ?? PROGRAMS,
    env: { ...inherited, ...options.environment },
    stdio: "pipe",
    ...(options.user === undefined ? {} : { uid: options.user, gid: options.user }),
  });
  const output = { stdout: "", stderr: "" };
  let announced = false;
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    output.stderr += text;
    if (announced || !output.stderr.includes("ready\n")) return;
    announced = true;
    options.whenReady?.(child);
  });
  child.stdin.on("error", () => undefined).end(options.input ?? "");
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      resolve({ ...output, code, signal });
    });
  });
}
