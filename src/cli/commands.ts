/** Which command is in which file, and what becomes of their errors. */
import { nearestNames, printable } from "../config/index.ts";
import { SealtraceError } from "../record/index.ts";
import { VERSION } from "../version.ts";

type Command = (args: readonly string[]) => Promise<number>;

const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  run: async () => (await import("./run.ts")).run,
  logs: async () => (await import("./logs.ts")).logs,
  trace: async () => (await import("./trace.ts")).trace,
  verify: async () => (await import("./verify.ts")).verify,
  config: async () => (await import("./config.ts")).config,
  files: async () => (await import("./files.ts")).files,
  keys: async () => (await import("./keys.ts")).keys,
  encrypt: async () => (await import("./encrypt.ts")).encrypt,
  decrypt: async () => (await import("./decrypt.ts")).decrypt,
  sign: async () => (await import("./sign.ts")).sign,
  check: async () => (await import("./check.ts")).check,
  convert: async () => (await import("./convert.ts")).convert,
  scan: async () => (await import("./scan.ts")).scan,
};

const HELP = `Usage: sealtrace <command> [options]

A flight recorder for Node.js: records what a program does, sealed.

  run [options] program [args]   record a program (.js .mjs .cjs .ts), unchanged
  logs [dir]                     the log records, pretty or JSON
  trace tree [dir]               the calls, as a tree
  trace top [dir]                the slowest functions
  verify [dir]                   is every record as it was sealed?
  config init|check|show         tracing.json
  files locks [dir]              who holds the locks of the files in a directory
  keys new                       keys to encrypt and sign files with
  encrypt|decrypt [file]         files with age
  sign|check file                files with minisign
  convert in out                 json, ndjson, yaml, msgpack, cbor, pickle
  scan file                      what would this pickle do?

  --help      also after a command
  --version

dir is a logs directory or one stream in it; "logs" if left out.
Exit codes: 0 fine, 1 the check found something, 2 wrong use or configuration;
run ends as its program ends.
`;

/** Runs a command line; sets the exit code. */
export async function runCommand(args: readonly string[]): Promise<void> {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    // A reader that has seen enough (head, less) is no error; what a check has found by then still counts.
    if (error.code === "EPIPE") process.exit();
    process.stderr.write(`sealtrace: The output could not be written: ${printable(error.message)}\n`);
    process.exit(2);
  });
  try {
    process.exitCode = await dispatch(args);
  } catch (error) {
    if (!(error instanceof SealtraceError)) throw error;
    process.stderr.write(`sealtrace: ${printable(error.message)}\n`);
    process.exitCode = 2;
  }
}

async function dispatch([name, ...rest]: readonly string[]): Promise<number> {
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    (name === undefined ? process.stderr : process.stdout).write(HELP);
    return name === undefined ? 2 : 0;
  }
  if (name === "--version" || name === "-v") {
    process.stdout.write(`${VERSION}\n`);
    return 0;
  }
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (load === undefined) {
    const [guess] = nearestNames(name, Object.keys(COMMANDS));
    throw new SealtraceError(
      "SEALTRACE_USAGE",
      `There is no command ${name}.${guess === undefined ? "" : ` Did you mean ${guess}?`} See: sealtrace --help`,
    );
  }
  const command = await load();
  return command(rest);
}
