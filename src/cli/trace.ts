/** `sealtrace trace tree|top`: the calls as a tree, and the slowest functions. */
import { isAbsolute, relative } from "node:path";
import { printable } from "../config/index.ts";
import type { FunctionInfo } from "../record/index.ts";
import { readRecords } from "../store/index.ts";
import {
  callTree,
  hotspots,
  openTrace,
  type CallNode,
  type CallTree,
  type Hotspot,
  type Hotspots,
  type Trace,
} from "../trace-utils/index.ts";
import {
  choiceOption,
  countOption,
  directoryArgument,
  parseCommandLine,
  wrongUse,
  type CommandLine,
} from "./arguments.ts";
import { parsed, recordFields } from "./record-fields.ts";
import { count, counted, duration, fit, painterFor, table, widthOf, type Painter } from "./terminal.ts";

const HELP = `Usage: sealtrace trace tree [options] [dir]
       sealtrace trace top [options] [dir]

tree: the calls with arguments, results, exceptions and durations, across await; log records where they were written.
  --function TEXT     calls of functions whose name contains the text, and what they called
  --errors            only calls that ended with an exception, and their callers
  --min MILLISECONDS  only calls that took so long, and their callers
  --depth N           so many levels
  --limit N           so many lines (default 1000 on a terminal)
  --full              don't cut values

top: the functions by the time they took.
  --by self|total     self: while nothing called by it was going on (default)
  --limit N           so many functions (default 20)

  --json              print JSON
  --help
`;

export function trace(args: readonly string[]): Promise<number> {
  return Promise.resolve(execute(args));
}

function execute([name, ...rest]: readonly string[]): number {
  if (name === undefined || name === "--help" || name === "-h") {
    (name === undefined ? process.stderr : process.stdout).write(HELP);
    return name === undefined ? 2 : 0;
  }
  if (name !== "tree" && name !== "top") throw wrongUse("trace", `There is no command trace ${printable(name, 60)}`);
  const line = parseCommandLine("trace", rest, {
    function: { type: "string" },
    errors: { type: "boolean" },
    min: { type: "string" },
    depth: { type: "string" },
    limit: { type: "string" },
    full: { type: "boolean" },
    by: { type: "string" },
    json: { type: "boolean" },
    help: { type: "boolean", short: "h" },
  });
  if (line.values.help === true) {
    process.stdout.write(HELP);
    return 0;
  }
  const print = name === "tree" ? treePrinter(line) : topPrinter(line);
  const opened = openTrace(directoryArgument("trace", line.positionals));
  print(opened);
  for (const { file, error } of opened.errors)
    process.stderr.write(`sealtrace: ${printable(file)}: ${printable(error.message)}\n`);
  return opened.errors.length > 0 ? 1 : 0;
}

type Print = (opened: Trace) => void;

function topPrinter(line: CommandLine): Print {
  const sort = choiceOption("trace", line, "by", ["self", "total"]) ?? "self";
  const limit = countOption("trace", line, "limit") ?? 20;
  return (opened) => {
    const found = hotspots(opened, { sort, limit });
    if (line.values.json === true) process.stdout.write(`${JSON.stringify(found, undefined, 2)}\n`);
    else printHotspots(found);
  };
}

function printHotspots(found: Hotspots): void {
  const [head, ...rows] = hotspotTable(found.functions);
  const paint = painterFor(process.stdout);
  if (rows.length === 0) process.stdout.write("No calls were recorded.\n");
  else process.stdout.write(`${[paint("bold", head as string), ...rows].join("\n")}\n`);
}

/** A heading, and a line for each function. */
export function hotspotTable(functions: readonly Hotspot[]): string[] {
  const rows = functions.map((hotspot) => [
    duration(hotspot.self),
    duration(hotspot.total),
    count(hotspot.calls),
    duration(hotspot.total / Math.max(1, hotspot.calls - hotspot.unfinished)),
    hotspot.errors === 0 ? "" : count(hotspot.errors),
    printable(hotspot.function.name),
    place(hotspot.function),
  ]);
  return table([["self", "total", "calls", "average", "errors", "function", "at"], ...rows], [0, 1, 2, 3, 4]);
}

/** Files of the project are recorded relative to it; others are shown from here, where they lie here. */
function place({ file, line }: FunctionInfo): string {
  const path = isAbsolute(file) ? relative(process.cwd(), file) : file;
  return `${printable(path.startsWith("..") || path === "" ? file : path)}:${line}`;
}

/** A log record as the tree shows it. */
interface Note {
  readonly time: bigint;
  readonly level: string;
  readonly text: string;
}

function treePrinter(line: CommandLine): Print {
  const isWanted = wantedCalls(line);
  const depth = countOption("trace", line, "depth") ?? Infinity;
  const limit = countOption("trace", line, "limit") ?? (process.stdout.isTTY ? 1_000 : Infinity);
  const width = line.values.full === true ? undefined : (widthOf(process.stdout) ?? 200);
  return (opened) => {
    const tree = callTree(opened);
    const notes = readNotes(opened.streams, tree);
    const keep = selection(tree, isWanted);
    if (line.values.json === true) {
      for (const root of tree.roots)
        if (keep(root)) process.stdout.write(`${[...jsonOf(root, keep, notes)].join("")}\n`);
      return;
    }
    const printer = new TreePrinter({ notes, keep, depth, limit, width, paint: painterFor(process.stdout) });
    for (const root of tree.roots) printer.printRoot(root);
    if (printer.omitted > 0) process.stdout.write(`… ${counted(printer.omitted, "more line")} (--limit shows more)\n`);
    if (tree.omitted > 0) process.stdout.write(`… ${counted(tree.omitted, "more call")} did not fit into memory\n`);
    if (tree.roots.length === 0) process.stdout.write("No calls were recorded.\n");
    else if (!tree.roots.some(keep)) process.stdout.write("No recorded call is like that.\n");
  };
}

/** The log records by the call that they were written in. */
function readNotes(streams: readonly string[], tree: CallTree): Map<string, Note[]> {
  const notes = new Map<string, Note[]>();
  for (const stream of streams) {
    for (const record of readRecords(stream)) {
      if (!record.line.includes('"span.id":"')) continue;
      const { "span.id": call, "@timestamp": time, "log.level": level, message } = recordFields(record.text()) ?? {};
      if (typeof call !== "string" || !tree.calls.has(call)) continue;
      const milliseconds = typeof time === "string" ? Date.parse(time) || 0 : 0;
      const note = { time: BigInt(milliseconds) * 1_000_000n, level: shown(level), text: shown(message) };
      const known = notes.get(call);
      if (known === undefined) notes.set(call, [note]);
      else known.push(note);
    }
  }
  return notes;
}

/** A field that should be a text. */
function shown(value: unknown): string {
  if (value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** What the options ask for; undefined when they ask for everything. */
interface Wanted {
  readonly isWanted: (node: CallNode) => boolean;
  /** What a wanted call has called is shown too. */
  readonly withCallees: boolean;
}

function wantedCalls(line: CommandLine): Wanted | undefined {
  const { function: name, errors } = line.values;
  const shortest = countOption("trace", line, "min");
  if (typeof name !== "string" && errors !== true && shortest === undefined) return undefined;
  return {
    isWanted: (node) =>
      (typeof name !== "string" || node.function.name.includes(name)) &&
      (errors !== true || node.error !== undefined) &&
      (shortest === undefined || (node.end !== undefined && node.end - node.start >= BigInt(shortest) * 1_000_000n)),
    withCallees: errors !== true && shortest === undefined,
  };
}

/** Which calls are shown: those that are wanted, and the callers that lead to them. */
function selection(tree: CallTree, wanted: Wanted | undefined): (node: CallNode) => boolean {
  if (wanted === undefined) return () => true;
  const kept = new Set<CallNode>();
  const inWanted = new Set<CallNode>();
  // A call comes after its caller. Nothing here recurses: calls are nested as deeply as the program's were.
  const calls = [...tree.calls.values()];
  for (const node of calls) {
    if (!inWanted.has(node) && !wanted.isWanted(node)) continue;
    kept.add(node);
    if (wanted.withCallees) for (const child of node.children) inWanted.add(child);
  }
  for (const node of calls.reverse()) if (node.children.some((child) => kept.has(child))) kept.add(node);
  return (node) => kept.has(node);
}

/** A call and what it has called, as one line of JSON in pieces. */
function* jsonOf(
  root: CallNode,
  keep: (node: CallNode) => boolean,
  notes: ReadonlyMap<string, readonly Note[]>,
): Generator<string> {
  const waiting: (CallNode | string)[] = [root];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (typeof next === "string") {
      yield next;
      continue;
    }
    yield `${JSON.stringify(asJson(next, notes)).slice(0, -1)},"children":[`;
    waiting.push("]}");
    const children = next.children.filter(keep).reverse();
    children.forEach((child, i) => {
      waiting.push(child);
      if (i < children.length - 1) waiting.push(",");
    });
  }
}

/** Everything but the calls that it made. */
function asJson(node: CallNode, notes: ReadonlyMap<string, readonly Note[]>): object {
  const { id, traceId, cause, pid, thread, start, end, result, error } = node;
  const value = (text: string | undefined): unknown => (text === undefined || text === "" ? undefined : parsed(text));
  return {
    id,
    traceId,
    cause,
    name: node.function.name,
    file: node.function.file,
    line: node.function.line,
    pid,
    thread,
    start: String(start),
    duration: end === undefined ? undefined : Number(end - start),
    arguments: value(node.arguments),
    result: value(result),
    error: value(error),
    records: notes.get(id)?.map(({ level, text }) => ({ level, message: text })),
  };
}

interface TreeOptions {
  readonly notes: ReadonlyMap<string, readonly Note[]>;
  readonly keep: (node: CallNode) => boolean;
  readonly depth: number;
  readonly limit: number;
  readonly width: number | undefined;
  readonly paint: Painter;
}

type Entry = { readonly node: CallNode } | { readonly note: Note };

/** A line that waits, with what stands before it and before those under it. */
interface Branch {
  readonly entry: Entry;
  readonly lead: string;
  readonly childLead: string;
  readonly depth: number;
}

class TreePrinter {
  omitted = 0;
  readonly #options: TreeOptions;
  #lines = 0;

  constructor(options: TreeOptions) {
    this.#options = options;
  }

  printRoot(root: CallNode): void {
    if (!this.#options.keep(root)) return;
    const waiting: Branch[] = [{ entry: { node: root }, lead: "", childLead: "", depth: 1 }];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const { entry, lead, childLead, depth } = next;
      if ("note" in entry) {
        this.#line(lead, this.#describeNote(entry.note, lead.length));
        continue;
      }
      this.#line(lead, this.#describe(entry.node, lead.length));
      if (depth >= this.#options.depth) continue;
      const entries = this.#entriesOf(entry.node);
      for (const [i, below] of [...entries.entries()].reverse()) {
        const isLast = i === entries.length - 1;
        const [branch, after] = isLast ? ["└─ ", "   "] : ["├─ ", "│  "];
        waiting.push({ entry: below, lead: childLead + branch, childLead: childLead + after, depth: depth + 1 });
      }
    }
  }

  /** What happened in a call, in order. */
  #entriesOf(node: CallNode): Entry[] {
    const calls: [bigint, Entry][] = node.children
      .filter(this.#options.keep)
      .map((child) => [child.start, { node: child }]);
    const notes: [bigint, Entry][] = (this.#options.notes.get(node.id) ?? []).map((note) => [note.time, { note }]);
    return [...calls, ...notes].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, entry]) => entry);
  }

  #line(lead: string, text: string): void {
    this.#lines += 1;
    if (this.#lines > this.#options.limit) this.omitted += 1;
    else process.stdout.write(`${this.#options.paint("dim", lead)}${text}\n`);
  }

  #describe(node: CallNode, indent: number): string {
    const { paint } = this.#options;
    const time = node.end === undefined ? "did not end" : duration(Number(node.end - node.start));
    const room = this.#options.width === undefined ? Infinity : Math.max(40, this.#options.width - indent);
    const name = printable(node.function.name);
    const outcome = node.error === undefined ? "" : ` threw ${printable(errorText(node.error))}`;
    const result = node.result === undefined ? "" : ` → ${printable(node.result)}`;
    const cause = node.cause === undefined ? "" : ` (caused by ${node.cause})`;
    const left = room - name.length - time.length - cause.length - 4;
    const values = fit(
      printable(argumentText(node.arguments)),
      Math.max(10, Math.floor(outcome + result === "" ? left : left * 0.6)),
    );
    const after = fit(outcome + result, Math.max(10, left - values.length));
    const shownAfter = node.error === undefined ? after : paint("red", after);
    return `${paint("bold", name)}(${values})${shownAfter} ${paint("dim", time + cause)}`;
  }

  #describeNote({ level, text }: Note, indent: number): string {
    const { paint, width } = this.#options;
    const shown = `${printable(level)} ${printable(text)}`;
    return paint(
      level === "ERROR" || level === "CRITICAL" ? "red" : level === "WARNING" ? "yellow" : "cyan",
      width === undefined ? shown : fit(shown, Math.max(40, width - indent)),
    );
  }
}

/** `{"x":1,"y":2}` as `x: 1, y: 2`. */
function argumentText(text: string): string {
  if (text === "") return "…";
  try {
    return Object.entries(JSON.parse(text) as Record<string, unknown>)
      .map(([name, value]) => `${name}: ${JSON.stringify(value)}`)
      .join(", ");
  } catch {
    return text;
  }
}

/** `{"type":"TypeError","message":"no",...}` as `TypeError: no`. */
export function errorText(text: string): string {
  try {
    const { type, message } = JSON.parse(text) as { type: unknown; message: unknown };
    return `${String(type)}: ${typeof message === "string" ? message : JSON.stringify(message)}`;
  } catch {
    return text;
  }
}
