/** `sealtrace logs`: the log records of one stream or of several, merged by time. */
import { once } from "node:events";
import { printable } from "../config/index.ts";
import { isLevel, LEVEL_NAMES, LEVELS, type Level } from "../record/index.ts";
import { listStreams, readRecords } from "../store/index.ts";
import {
  choiceOption,
  countOption,
  directoryArgument,
  parseCommandLine,
  timeOption,
  type CommandLine,
} from "./arguments.ts";
import { recordFields } from "./record-fields.ts";
import { painterFor, type Painter, type Style } from "./terminal.ts";

const HELP = `Usage: sealtrace logs [options] [dir]

The log records, pretty on a terminal, as JSON lines in a pipe. Several streams are merged by time; within one, records come in the
order in which they were sealed. Nothing is verified: see sealtrace verify.

  --level LEVEL     this level and above (DEBUG INFO WARNING ERROR CRITICAL)
  --logger NAME     this logger, or those that begin with it (http: http and http.client)
  --since TIME      from this time on (2026-01-31T12:00:00Z, or 10m: ten minutes ago)
  --until TIME      before this time
  --grep TEXT       records that contain the text, whatever the case
  --call SPAN       records written in this call
  --last N          only the last N
  --all             with what the writer says of itself (logger sealtrace)
  --json, --pretty  whatever the output is
  --help
`;

/** One record, read. */
interface LogRecord {
  readonly text: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly time: string;
}

export async function logs(args: readonly string[]): Promise<number> {
  const line = parseCommandLine("logs", args, {
    level: { type: "string" },
    logger: { type: "string" },
    since: { type: "string" },
    until: { type: "string" },
    grep: { type: "string" },
    call: { type: "string" },
    last: { type: "string" },
    all: { type: "boolean" },
    json: { type: "boolean" },
    pretty: { type: "boolean" },
    help: { type: "boolean", short: "h" },
  });
  if (line.values.help === true) {
    process.stdout.write(HELP);
    return 0;
  }
  const isWanted = filterOf(line);
  const last = countOption("logs", line, "last");
  const streams = listStreams(directoryArgument("logs", line.positionals)).map((stream) => stream.directory);
  const pretty = line.values.pretty === true || (line.values.json !== true && process.stdout.isTTY);
  const paint = painterFor(process.stdout);
  const wanted = mergeByTime(streams.map((stream) => readLog(stream).filter(isWanted)));
  for (const record of last === undefined ? wanted : lastOf(wanted, last)) {
    const more = process.stdout.write(`${pretty ? prettyRecord(record, paint) : record.text}\n`);
    if (!more) await once(process.stdout, "drain");
  }
  return 0;
}

function filterOf(line: CommandLine): (record: LogRecord) => boolean {
  const level = choiceOption("logs", line, "level", LEVEL_NAMES);
  const since = timeOption("logs", line, "since");
  const until = timeOption("logs", line, "until");
  const { logger, grep, call, all } = line.values;
  const text = typeof grep === "string" ? grep.toLowerCase() : undefined;
  return (record) => {
    const { fields, time } = record;
    const name = String(fields["log.logger"]);
    if (name === "sealtrace" && all !== true && logger !== "sealtrace") return false;
    if (level !== undefined && severity(fields) < LEVELS[level]) return false;
    if (typeof logger === "string" && name !== logger && !name.startsWith(`${logger}.`)) return false;
    if ((since !== undefined && time < since) || (until !== undefined && time >= until)) return false;
    if (typeof call === "string" && fields["span.id"] !== call) return false;
    return text === undefined || record.text.toLowerCase().includes(text);
  };
}

function severity(fields: LogRecord["fields"]): number {
  const level = fields["log.level"];
  return isLevel(level) ? LEVELS[level] : 0;
}

function* readLog(stream: string): Generator<LogRecord> {
  for (const record of readRecords(stream)) {
    const text = record.text();
    const fields = recordFields(text);
    // What is no record is for `verify` to say.
    if (fields !== undefined) yield { text, fields, time: String(fields["@timestamp"]) };
  }
}

/** Records of several logs, each in its own order, the earliest of those next in line first. */
function* mergeByTime(logs: readonly Iterator<LogRecord>[]): Generator<LogRecord> {
  const heads = logs.flatMap((log) => {
    const next = log.next();
    return next.done === true ? [] : [{ log, record: next.value }];
  });
  while (heads.length > 0) {
    let earliest = 0;
    for (let i = 1; i < heads.length; i += 1) {
      if ((heads[i] as Head).record.time < (heads[earliest] as Head).record.time) earliest = i;
    }
    const head = heads[earliest] as Head;
    yield head.record;
    const next = head.log.next();
    if (next.done === true) heads.splice(earliest, 1);
    else head.record = next.value;
  }
}

interface Head {
  readonly log: Iterator<LogRecord>;
  record: LogRecord;
}

function lastOf<T>(items: Iterable<T>, count: number): T[] {
  const kept: T[] = [];
  for (const item of items) {
    kept.push(item);
    if (kept.length >= count * 2) kept.splice(0, kept.length - count);
  }
  return kept.slice(-count);
}

const LEVEL_STYLES: Readonly<Record<Level, Style>> = {
  DEBUG: "dim",
  INFO: "green",
  WARNING: "yellow",
  ERROR: "red",
  CRITICAL: "magenta",
};

/** Fields that have a place of their own, or say nothing to a reader. */
const SHOWN_ELSEWHERE = new Set([
  "@timestamp",
  "log.level",
  "message",
  "log.logger",
  "service.name",
  "process.pid",
  "trace.id",
  "span.id",
  "error.type",
  "error.message",
  "error.stack_trace",
  "seal",
]);

/** A record for people: one line, and the stack of its error below it. */
function prettyRecord({ fields, time }: LogRecord, paint: Painter): string {
  const level = String(fields["log.level"]);
  const style = LEVEL_STYLES[level as Level] as Style | undefined;
  const more = Object.entries(fields)
    .filter(([name]) => !SHOWN_ELSEWHERE.has(name))
    .map(
      ([name, value]) =>
        `${paint("dim", `${printable(name)}=`)}${printable(typeof value === "string" ? value : JSON.stringify(value))}`,
    );
  const start = [
    paint("dim", printable(time.slice(11, 23))),
    style === undefined ? printable(level).padEnd(8) : paint(style, level.padEnd(8)),
    paint("cyan", printable(String(fields["log.logger"]))),
    indented(String(fields.message)),
  ];
  return [...start, ...more].join(" ") + errorOf(fields, paint);
}

function errorOf(fields: LogRecord["fields"], paint: Painter): string {
  const { "error.stack_trace": stack, "error.type": type, "error.message": message } = fields;
  if (typeof type !== "string") return "";
  const text = typeof stack === "string" && stack !== "" ? stack : `${type}: ${String(message)}`;
  return `\n    ${paint("dim", indented(text))}`;
}

/** A text of several lines, its later lines set in. */
function indented(text: string): string {
  return text
    .split("\n")
    .map((line) => printable(line))
    .join("\n    ");
}
