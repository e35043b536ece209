/** `sealtrace config`: makes, checks and explains the configuration. */
import { dirname, join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import {
  CONFIGURATION_FILE,
  initialFile,
  KEYS,
  loadConfiguration,
  printable,
  readConfigurationFile,
  readEnvironment,
  type Configuration,
  type ConfigurationSource,
} from "../config/index.ts";
import { createFile, pathExists } from "../file-utils/essentials/index.ts";
import { SealtraceError } from "../record/index.ts";

const HELP = `Usage: sealtrace config init|check|show [options]

  init          write a ${CONFIGURATION_FILE} with every key and its default into the working directory
  check [file]  is the file right? Without file: is all that holds here right, the nearest ${CONFIGURATION_FILE} and the environment?
  show          every key, its value, and where it comes from

  --json        print JSON
  --help

Exit code: 0 fine, 2 wrong use or configuration.
`;

const COMMANDS: Readonly<Record<string, Command>> = { init, check, show };

/** Returns what to print. */
type Command = (asJson: boolean, file: string | undefined) => string;

/** Runs the command; resolves to the exit code. Rejects with a SealtraceError for wrong use and for a wrong configuration. */
export function config(args: readonly string[]): Promise<number> {
  return new Promise((settle) => {
    settle(execute(args));
  });
}

function execute(args: readonly string[]): number {
  const { json, help, words } = readArguments(args);
  const [name, ...rest] = words;
  if (help || name === undefined) {
    (help ? process.stdout : process.stderr).write(HELP);
    return help ? 0 : 2;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) throw wrongUse(`There is no command config ${printable(name, 60)}.`);
  const extra = rest[command === check ? 1 : 0];
  if (extra !== undefined) throw wrongUse(`config ${name} takes no argument ${printable(extra, 60)}.`);
  process.stdout.write(`${command(json, rest[0])}\n`);
  return 0;
}

function readArguments(args: readonly string[]): { json: boolean; help: boolean; words: readonly string[] } {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { json: { type: "boolean" }, help: { type: "boolean", short: "h" } },
      allowPositionals: true,
    });
    return { json: values.json === true, help: values.help === true, words: positionals };
  } catch (cause) {
    const message = cause instanceof Error ? (cause.message.split(". ")[0] ?? "") : String(cause);
    throw wrongUse(`${printable(message)}.`, cause);
  }
}

function wrongUse(message: string, cause?: unknown): SealtraceError {
  return new SealtraceError("SEALTRACE_USAGE", `${message} See: sealtrace config --help`, { cause });
}

function init(asJson: boolean): string {
  const file = resolve(CONFIGURATION_FILE);
  const taken = `${printable(file)} exists already: edit it, or remove it first.`;
  if (pathExists(file)) throw new SealtraceError("SEALTRACE_USAGE", taken);
  try {
    createFile(file, initialFile(schemaFrom(dirname(file))), 0o644);
  } catch (cause) {
    if (pathExists(file)) throw new SealtraceError("SEALTRACE_USAGE", taken, { cause });
    throw cause;
  }
  return asJson ? toJson({ file }) : `Wrote ${printable(file)}`;
}

/** The schema of the nearest installation, as a path that is right on every machine that has the project. */
function schemaFrom(directory: string): string {
  const schema = join("node_modules", "sealtrace", "schemas", "tracing.schema.json");
  for (let at = directory; at !== dirname(at); at = dirname(at)) {
    const path = relative(directory, join(at, schema)).replaceAll("\\", "/");
    if (pathExists(join(at, schema))) return path.startsWith("../") ? path : `./${path}`;
  }
  return `./${schema.replaceAll("\\", "/")}`;
}

function check(asJson: boolean, path: string | undefined): string {
  const file = path === undefined ? load().file : resolve(path);
  if (path !== undefined) readConfigurationFile(resolve(path));
  if (asJson) return toJson({ file: file ?? null, valid: true });
  return file === undefined
    ? `There is no ${CONFIGURATION_FILE} in ${printable(process.cwd())} or above it: the defaults hold.`
    : `${printable(file)} is right.`;
}

function show(asJson: boolean): string {
  const configuration = load();
  const { file, root, logging, sources } = configuration;
  if (asJson) return toJson({ file: file ?? null, root, logs_directory: logging.logsDirectory, keys: sources });
  const rows = KEYS.map(({ name }) => [name, toJson(sources[name].value), origin(sources[name])] as const);
  const nameWidth = Math.max(...rows.map(([name]) => name.length));
  const valueWidth = Math.min(40, Math.max(...rows.map(([, value]) => value.length)));
  const lines = rows.map(([name, value, from]) => `${name.padEnd(nameWidth)}  ${value.padEnd(valueWidth)}  ${from}`);
  return [`file  ${printable(file ?? "none")}`, `logs  ${printable(logging.logsDirectory)}`, "", ...lines].join("\n");
}

function origin({ source, where }: ConfigurationSource): string {
  return printable(where ?? source);
}

function load(): Configuration {
  return loadConfiguration({ from: process.cwd(), environment: readEnvironment() });
}

/** One line; escaped where JSON itself would let a terminal be steered. */
function toJson(value: unknown): string {
  return printable(JSON.stringify(value));
}
