/** `sealtrace files`: what is going on with the files in a directory. */
import { printable } from "../config/index.ts";
import { describeHolder, listLocks, type LockInfo } from "../file-utils/index.ts";
import { parseCommandLine, wrongUse } from "./arguments.ts";
import { counted } from "./terminal.ts";

const HELP = `Usage: sealtrace files locks [options] [dir]

The locks of the files in a directory (the working directory if left out): by
whom each is held, since when, and how many threads wait for it.

  --all         also those that are free
  --json        print JSON
  --help

Exit code: 0 fine, 2 wrong use.
`;

/** Runs the command; resolves to the exit code. Rejects with a SealtraceError for wrong use and for a directory that can't be read. */
export function files(args: readonly string[]): Promise<number> {
  return new Promise((settle) => {
    settle(execute(args));
  });
}

function execute(args: readonly string[]): number {
  const { values, positionals } = parseCommandLine("files", args, {
    all: { type: "boolean" },
    json: { type: "boolean" },
    help: { type: "boolean", short: "h" },
  });
  const [name, directory = ".", ...extra] = positionals;
  if (values.help === true || name === undefined) {
    (values.help === true ? process.stdout : process.stderr).write(HELP);
    return values.help === true ? 0 : 2;
  }
  if (name !== "locks") throw wrongUse("files", `There is no command files ${printable(name, 60)}.`);
  if (extra[0] !== undefined) throw wrongUse("files", `One directory is enough: ${printable(extra.join(" "), 200)}`);
  const locks = listLocks(directory).filter(({ held }) => values.all === true || held !== "free");
  process.stdout.write(
    values.json === true ? `${printable(JSON.stringify(locks))}\n` : describeLocks(locks, directory),
  );
  return 0;
}

function describeLocks(locks: readonly LockInfo[], directory: string): string {
  if (locks.length === 0) return `No file in ${printable(directory)} is locked.\n`;
  return locks.map(describeLock).join("");
}

function describeLock({ path, held, holders, waiters, token }: LockInfo): string {
  const lease = token === undefined ? "" : `, a lease with token ${token}`;
  const waiting = waiters === 0 ? "" : `, ${counted(waiters, "thread")} waiting`;
  const lines = holders.map((holder) => `  ${printable(describeHolder(holder))}\n`);
  return `${printable(path)}  ${held}${lease}${waiting}\n${lines.join("")}`;
}
