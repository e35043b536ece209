/** `sealtrace verify`: is every record as it was sealed? */
import { configurationDirectory, printable, readEnvironment } from "../config/index.ts";
import { readFileText } from "../file-utils/essentials/index.ts";
import {
  listStreams,
  verifyStream,
  type Problem,
  type StreamVerification,
  type VerifyOptions,
} from "../store/index.ts";
import { directoryArgument, parseCommandLine } from "./arguments.ts";
import { byteCount, count, counted, painterFor, type Painter } from "./terminal.ts";

const HELP = `Usage: sealtrace verify [options] [dir]

Is every record as it was sealed? Says what is wrong, and at which record.

  --key FILE   a verifier key (C2SP vkey) to trust, instead of this installation's
  --json       print JSON
  --help

Exit code: 0 everything is right, 1 something is not, 2 there is nothing to verify.
`;

const MAX_KEY_BYTES = 4096;

export function verify(args: readonly string[]): Promise<number> {
  return Promise.resolve(execute(args));
}

function execute(args: readonly string[]): number {
  const { values, positionals } = parseCommandLine("verify", args, {
    key: { type: "string" },
    json: { type: "boolean" },
    help: { type: "boolean", short: "h" },
  });
  if (values.help === true) {
    process.stdout.write(HELP);
    return 0;
  }
  const streams = listStreams(directoryArgument("verify", positionals));
  const options: VerifyOptions = {
    keysDirectory: configurationDirectory(readEnvironment()),
    ...(typeof values.key === "string" ? { verifierKey: readFileText(values.key, MAX_KEY_BYTES) } : {}),
  };
  const results: StreamVerification[] = [];
  const paint = painterFor(process.stdout);
  for (const { directory } of streams) {
    const result = verifyStream(directory, options);
    results.push(result);
    if (values.json !== true) process.stdout.write(`${report(result, paint).join("\n")}\n`);
  }
  if (values.json === true) process.stdout.write(`${JSON.stringify(results, undefined, 2)}\n`);
  return results.every((result) => result.ok) ? 0 : 1;
}

/** The line that says what the verification found, and those that explain it. */
function report(result: StreamVerification, paint: Painter): string[] {
  const lines = [`${paint("bold", printable(result.stream))}: ${verdict(result, paint)}`];
  const add = (text: string): void => {
    lines.push(`  ${text}`);
  };
  if (result.trust === "self-attested") {
    add(
      paint(
        "yellow",
        "self-attested: the key lies beside the log, so whoever could change the log could change it too",
      ),
    );
  }
  if (result.trace.chunks > 0) {
    add(
      `${counted(result.trace.events, "call event")} in ${counted(result.trace.chunks, "chunk")}, ${byteCount(result.trace.bytes)}`,
    );
  }
  if (result.active) add(`being written; ${counted(result.unsealed, "record")} not sealed yet`);
  for (const { from, to } of result.late)
    add(
      `${to - from === 1 ? `record ${from} was` : `records ${from} to ${to - 1} were`} sealed late: the writer died before it could`,
    );
  if (result.tornBytes > 0) add(`${counted(result.tornBytes, "byte")} of torn lines or chunks were set aside (torn/)`);
  if (result.closed !== undefined) {
    const { found, signed, successor } = result.closed;
    add(`closed: ${signed} records were signed, ${found} were found; ${printable(successor)} goes on`);
  }
  for (const problem of result.problems) add(paint("red", describe(problem)));
  if (result.moreProblems > 0) add(paint("red", `and ${counted(result.moreProblems, "more problem")}`));
  return lines;
}

/** `verified: N records, checkpoint <root> (pinned)`, or that it failed. */
export function verdict(result: StreamVerification, paint: Painter): string {
  const { ok, records, root, signedSize, problems, moreProblems } = result;
  if (!ok)
    return paint(
      "red",
      `FAILED: ${counted(problems.length + moreProblems, "problem")} in ${counted(records, "record")}`,
    );
  const key = result.trust === "pinned" ? "key pinned" : "self-attested";
  return `${paint("green", "verified")}: ${counted(records, "record")}, checkpoint ${root.slice(0, 12)}… over ${count(signedSize)} (${key})`;
}

function describe({ code, file, message, record, recordTo }: Problem): string {
  const range = recordTo === undefined ? `record ${record}` : `records ${record}–${recordTo}`;
  return `${code}${record === undefined ? "" : `, ${range}`}, ${printable(file)}: ${printable(message)}`;
}
