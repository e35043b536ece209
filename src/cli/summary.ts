/** What `sealtrace run --summary` says when the program has ended. */
import { basename, dirname, relative } from "node:path";
import { configurationDirectory, printable, readEnvironment } from "../config/index.ts";
import { readRecords, verifyStream } from "../store/index.ts";
import { hotspots, openTrace, readEvents, type Trace } from "../trace-utils/index.ts";
import { recordFields } from "./record-fields.ts";
import { byteCount, count, counted, fit, painterFor, type Painter } from "./terminal.ts";
import { errorText, hotspotTable } from "./trace.ts";
import { verdict } from "./verify.ts";

const FUNCTIONS_SHOWN = 8;
const ERRORS_SHOWN = 6;
const WIDTH = 110;

/** What the recorder did to the program's sources, as the record of its end says. */
interface Instrumented {
  readonly files: number;
  readonly functions: number;
  /** Files and functions that had to be left as they are. */
  readonly skipped: string;
}

/** What this run has added to its stream. */
interface RunRecords {
  readonly logRecords: number;
  readonly bytes: number;
  /** `file:offset` of its chunks of calls. */
  readonly chunks: ReadonlySet<string>;
  readonly problems: Counter;
  readonly instrumented: Instrumented | undefined;
}

/** Prints, to standard error, what the run that added the last `written` records to this stream has recorded. */
export function printSummary({
  directory,
  written,
}: {
  readonly directory: string;
  readonly written: number;
}): Promise<void> {
  const verification = verifyStream(directory, { keysDirectory: configurationDirectory(readEnvironment()) });
  const run = readRun(directory, Math.max(0, verification.records - written));
  const trace = openTrace(directory, { only: (file, offset) => run.chunks.has(`${file}:${offset}`) });
  const found = hotspots(trace, { limit: FUNCTIONS_SHOWN });
  const paint = painterFor(process.stderr);
  const { files, functions, skipped } = run.instrumented ?? { files: 0, functions: 0, skipped: "" };
  const lines = [
    "",
    heading("recorded", paint) +
      `${counted(found.calls, "call")} of ${counted(found.functionCount, "function")}, ${counted(run.logRecords, "log record")}, ${byteCount(run.bytes)}`,
    heading("", paint) +
      paint("dim", `${counted(functions, "function")} in ${counted(files, "file")} instrumented${skipped}`),
  ];
  if (found.functions.length > 0) {
    const [head, ...rows] = hotspotTable(found.functions);
    lines.push(
      "",
      heading("slowest", paint) + paint("dim", head as string),
      ...rows.map((row) => heading("", paint) + fit(row, WIDTH)),
    );
  }
  const errors = [...countErrors(trace).entries(), ...run.problems.entries()];
  if (errors.length > 0) {
    lines.push("");
    errors.slice(0, ERRORS_SHOWN).forEach(([text, times], i) => {
      lines.push(
        heading(i === 0 ? "errors" : "", paint) +
          paint("red", fit(printable(text), WIDTH)) +
          (times > 1 ? paint("dim", ` ×${count(times)}`) : ""),
      );
    });
    if (errors.length > ERRORS_SHOWN)
      lines.push(heading("", paint) + paint("dim", `and ${counted(errors.length - ERRORS_SHOWN, "other")}`));
  }
  lines.push("", heading("seal", paint) + verdict(verification, paint));
  const logs = shownPath(dirname(directory));
  const where = logs === "logs" ? "" : ` ${logs}`;
  lines.push(
    "",
    heading("next", paint) + `npx sealtrace trace tree${where} ${paint("dim", "# what happened, call by call")}`,
    heading("", paint) + `npx sealtrace logs --level WARNING${where} ${paint("dim", "# what went wrong")}`,
    heading("", paint) +
      `npx sealtrace verify${where} ${paint("dim", `# is ${basename(directory)} as it was sealed?`)}`,
    "",
  );
  process.stderr.write(`${lines.join("\n")}\n`);
  return Promise.resolve();
}

function heading(text: string, paint: Painter): string {
  return `${paint("bold", text.padEnd(9))} `;
}

function shownPath(path: string): string {
  const short = relative(process.cwd(), path);
  return short === "" ? "." : short.startsWith("..") ? path : short;
}

type Counter = Map<string, number>;

function add(counter: Counter, text: string): void {
  counter.set(text, (counter.get(text) ?? 0) + 1);
}

function readRun(directory: string, from: number): RunRecords {
  const chunks = new Set<string>();
  const problems: Counter = new Map();
  let [logRecords, bytes] = [0, 0];
  let instrumented: RunRecords["instrumented"];
  for (const record of readRecords(directory, { from })) {
    bytes += record.line.length + 1;
    const fields = recordFields(record.text()) ?? {};
    const action = fields["event.action"];
    if (fields["log.logger"] === "sealtrace") {
      if (action !== "trace-chunk") continue;
      chunks.add(`${String(fields["sealtrace.trace.file"])}:${String(fields["sealtrace.trace.offset"])}`);
      bytes += Number(fields["sealtrace.trace.bytes"]);
      continue;
    }
    logRecords += 1;
    if (action === "process-end" && fields["sealtrace.instrumented.files"] !== undefined) {
      instrumented = readInstrumented(fields);
    }
    const level = fields["log.level"];
    if (level === "ERROR" || level === "CRITICAL") add(problems, `${level.toLowerCase()}: ${problemText(fields)}`);
  }
  return { logRecords, bytes, chunks, problems, instrumented };
}

function readInstrumented(fields: Readonly<Record<string, unknown>>): Instrumented {
  const number = (name: string): number => Number(fields[`sealtrace.instrumented.${name}`]);
  const skipped = [counted(number("skipped_functions"), "function"), counted(number("skipped_files"), "file")]
    .filter((text) => !text.startsWith("0 "))
    .join(" and ");
  return {
    files: number("files"),
    functions: number("functions"),
    skipped: skipped === "" ? "" : `, ${skipped} could not be`,
  };
}

function problemText(fields: Readonly<Record<string, unknown>>): string {
  const { message, "error.message": cause } = fields;
  return typeof cause !== "string" || String(message).includes(cause)
    ? String(message)
    : `${String(message)}: ${cause}`;
}

/** The exceptions that calls ended with, counted where they arose and not in every caller that they passed through. */
function countErrors(trace: Trace): Counter {
  const errors: Counter = new Map();
  const open = new Map<string, { readonly name: string; readonly parent: string | undefined; passed?: string }>();
  for (const event of readEvents(trace)) {
    if (event.kind === "enter") {
      open.set(event.call, { name: event.function?.name ?? "?", parent: event.parent });
      continue;
    }
    const call = open.get(event.call);
    open.delete(event.call);
    if (event.kind !== "throw" || call === undefined) continue;
    const text = errorText(event.text());
    if (call.passed !== text) add(errors, `${call.name} threw ${text}`);
    const parent = call.parent === undefined ? undefined : open.get(call.parent);
    if (parent !== undefined) parent.passed = text;
  }
  return errors;
}
