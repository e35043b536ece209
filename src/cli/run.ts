/** `sealtrace run`: starts a program with the recorder preloaded, and ends as the program ends. */
import { spawn, type ChildProcess } from "node:child_process";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import {
  configurationDirectory,
  loadConfiguration,
  readEnvironment,
  RUN_ORDER,
  type ConfigurationFlags,
} from "../config/index.ts";
import { fileSize, pathExists } from "../file-utils/essentials/index.ts";
import { SealtraceError } from "../record/index.ts";
import { prepareLogs } from "../store/index.ts";
import { PRELOAD_FLAG, type SupervisorNews } from "../supervisor.ts";
import { printSummary } from "./summary.ts";

const HELP = `Usage: sealtrace run [options] program [arguments]

Records a program (.js .mjs .cjs .ts) without changing it: its output and its exit code stay what they are.

  --summary            say what was recorded when the program has ended (to standard error)
  --logs-dirname DIR   where the record goes (default: logs)
  --level LEVEL        least severe level of log records (DEBUG INFO WARNING ERROR CRITICAL)
  --include GLOB       trace these files (may be repeated; default: the project's own)
  --exclude GLOB       but not these (may be repeated; default: **/node_modules/**)
  --no-tracing         log records only
  --help
`;

/** Descriptor of the pipe on which the program's recorder reports. */
const DESCRIPTOR = 3;
/** A terminal sends its signals to the whole group: so long the program has to say that it has got one already. */
const DELIVERY_MS = 100;
/** A program that has no listener for a signal and does not say within this time that it got it, has a loop that does not turn. */
const UNRESPONSIVE_MS = 1_000;
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Runs the command; resolves to the exit code, or ends this process by the signal that ended the program. */
export async function run(args: readonly string[]): Promise<number> {
  const { options, program, programArguments } = readArguments(args);
  if (options.help === true || program === undefined) {
    (program === undefined && options.help !== true ? process.stderr : process.stdout).write(HELP);
    return options.help === true ? 0 : 2;
  }
  const flags = flagsOf(options);
  const environment = readEnvironment();
  const configuration = loadConfiguration({ from: process.cwd(), environment, flags });
  checkProgram(program);
  if (configuration.logging.enable || configuration.tracing.enable) {
    prepareLogs(configuration.logging.logsDirectory, configurationDirectory(environment));
  }
  const child = spawn(
    process.execPath,
    [...process.execArgv, PRELOAD_FLAG, registerPath(), program, ...programArguments],
    {
      stdio: ["inherit", "inherit", "inherit", "pipe"],
      env: { ...environment, [RUN_ORDER]: JSON.stringify({ descriptor: DESCRIPTOR, flags }) },
    },
  );
  const supervision = new Supervision(child);
  const [code, signal] = await supervision.ended;
  if (options.summary === true && supervision.stream !== undefined) await printSummary(supervision.stream);
  const death = supervision.deathSignal ?? signal;
  if (death !== null) process.kill(process.pid, death);
  return code ?? 1;
}

interface Options {
  readonly summary?: boolean;
  readonly "logs-dirname"?: string;
  readonly level?: string;
  readonly include?: string[];
  readonly exclude?: string[];
  readonly "no-tracing"?: boolean;
  readonly help?: boolean;
}

const OPTIONS = {
  summary: { type: "boolean" },
  "logs-dirname": { type: "string" },
  level: { type: "string" },
  include: { type: "string", multiple: true },
  exclude: { type: "string", multiple: true },
  "no-tracing": { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

/** Everything after the program belongs to the program. */
function readArguments(args: readonly string[]): {
  options: Options;
  program: string | undefined;
  programArguments: readonly string[];
} {
  const { tokens } = parseArgs({
    args: [...args],
    options: OPTIONS,
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  const first = tokens.find((token) => token.kind === "positional");
  const own = first === undefined ? args : args.slice(0, first.index);
  try {
    const { values } = parseArgs({ args: [...own], options: OPTIONS, allowPositionals: true });
    const program = first === undefined ? undefined : args[first.index];
    return { options: values, program, programArguments: first === undefined ? [] : args.slice(first.index + 1) };
  } catch (cause) {
    const message = cause instanceof Error ? cause.message.split(". ")[0] : String(cause);
    throw new SealtraceError("SEALTRACE_USAGE", `${message}. See: sealtrace run --help`, { cause });
  }
}

function flagsOf(options: Options): ConfigurationFlags {
  const flags: Record<string, unknown> = {};
  if (options["logs-dirname"] !== undefined) flags["logging.logs_dirname"] = resolve(options["logs-dirname"]);
  if (options.level !== undefined) flags["logging.level"] = options.level.toUpperCase();
  if (options.include !== undefined) flags["tracing.include"] = options.include;
  if (options.exclude !== undefined) flags["tracing.exclude"] = options.exclude;
  if (options["no-tracing"] === true) flags["tracing.enable"] = false;
  return flags;
}

function checkProgram(program: string): void {
  try {
    createRequire(resolve("program.js")).resolve(resolve(program));
  } catch (cause) {
    const path = resolve(program);
    const says =
      pathExists(path) && fileSize(path) === undefined
        ? `${path} is a directory without a program to start in it. Give the program's file.`
        : `There is no program ${path}. Check its path.`;
    throw new SealtraceError("SEALTRACE_PROGRAM_MISSING", says, { cause });
  }
}

function registerPath(): string {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  return fileURLToPath(new URL(`../public/register.${extension}`, import.meta.url));
}

/** Watches over the program: hands signals on, and sees to it that it dies of what it would have died of. */
class Supervision {
  readonly ended: Promise<readonly [code: number | null, signal: NodeJS.Signals | null]>;
  /** Set when the program had to be killed because it did not react to this signal. */
  deathSignal: NodeJS.Signals | undefined;
  stream: { readonly directory: string; readonly written: number } | undefined;
  readonly #child: ChildProcess;
  readonly #handled = new Set<string>();
  readonly #arrived = new Map<string, number>();

  constructor(child: ChildProcess) {
    this.#child = child;
    const lines = createInterface({ input: child.stdio[DESCRIPTOR] as Readable });
    lines.on("line", (line) => {
      this.#learn(JSON.parse(line) as SupervisorNews);
    });
    const forward = (signal: NodeJS.Signals): void => {
      void this.#handOn(signal);
    };
    for (const signal of SIGNALS) process.on(signal, forward);
    this.ended = new Promise((settle, fail) => {
      child.on("error", fail);
      child.on("close", (code, signal) => {
        for (const name of SIGNALS) process.removeListener(name, forward);
        settle([code, signal]);
      });
    });
  }

  #learn(news: SupervisorNews): void {
    if (news.type === "stream") this.stream = news;
    else if (news.type === "signal") this.#arrived.set(news.signal, (this.#arrived.get(news.signal) ?? 0) + 1);
    else if (news.handles) this.#handled.add(news.signal);
    else this.#handled.delete(news.signal);
  }

  async #handOn(signal: NodeJS.Signals): Promise<void> {
    const before = this.#arrived.get(signal) ?? 0;
    const arrives = async (milliseconds: number): Promise<boolean> => {
      const deadline = Date.now() + milliseconds;
      while (Date.now() < deadline && (this.#arrived.get(signal) ?? 0) === before) {
        await new Promise((resume) => setTimeout(resume, 5));
      }
      return (this.#arrived.get(signal) ?? 0) > before;
    };
    // Only a terminal sends to both of us.
    if (process.stdin.isTTY && (await arrives(DELIVERY_MS))) return;
    this.#child.kill(signal);
    if (this.#handled.has(signal) || (await arrives(UNRESPONSIVE_MS)) || this.#handled.has(signal)) return;
    this.deathSignal = signal;
    this.#child.kill("SIGKILL");
  }
}
