/**
 * What Node would have printed above an uncaught exception, the source line and where in it. Instrumented lines tell
 * Node not to print them (see `HIDE_LINE`), and where the exception was first thrown it can't know, as instrumented
 * functions throw it on.
 */
import { findSourceMap } from "node:module";
import { fileURLToPath } from "node:url";
import { types } from "node:util";
import { isMainThread } from "node:worker_threads";
import { placeOf, type Place } from "./insertions.ts";
import { fileByName, fileByNumber } from "./source-file.ts";
import { preparedStacks } from "./stack-trace.ts";
import { passedThroughUs, throwSiteOf } from "./throw-sites.ts";

interface Location extends Place {
  /** As Node calls the script: a path, or a URL for an ES module. */
  readonly script: string;
  /** The line's text; undefined when we don't have it. */
  readonly text: string | undefined;
}

export function installCrashReport(writeStderr: (text: string) => void): void {
  // A worker's exception is its parent's to report.
  if (!isMainThread) return;
  const report = (error: unknown, origin: NodeJS.UncaughtExceptionOrigin): void => {
    try {
      if (process.listenerCount("uncaughtException") > 0 || process.hasUncaughtExceptionCaptureCallback()) return;
      const location = origin === "unhandledRejection" ? rejectionLocation(error) : exceptionLocation(error);
      if (location !== undefined) writeStderr(describe(location, types.isNativeError(error)));
    } catch {
      // Then there is one line less on stderr.
    }
  };
  process.on("uncaughtExceptionMonitor", report);
}

function exceptionLocation(error: unknown): Location | undefined {
  const frames = framesOf(error);
  const site = throwSiteOf(error);
  const file = site === undefined ? undefined : fileByNumber(site.file);
  if (site !== undefined && file !== undefined) {
    const place = placeOf(file.text.lineStarts, site.offset);
    const script = frames.find((frame) => fileByName(frame.script) === file)?.script;
    const thrown = script ?? (file.dialect === "module" ? file.url : file.name);
    return mapped({ ...place, script: thrown, text: textOf(file.name, place.line) });
  }
  const top = frames[0];
  if (top === undefined || !(passedThroughUs(error) || isHidden(top))) return undefined;
  return throwLocation(top, error);
}

/** With `--enable-source-maps` Node shows the source that the file was made of. */
function mapped(location: Location): Location {
  if (!process.sourceMapsEnabled) return location;
  const map = findSourceMap(location.script);
  const entry = map?.findEntry(location.line - 1, location.column - 1);
  if (map === undefined || entry === undefined || !("originalSource" in entry)) return location;
  const { originalSource, originalLine, originalColumn } = entry;
  const script = originalSource.startsWith("file:") ? fileURLToPath(originalSource) : originalSource;
  const content = map.payload.sourcesContent[map.payload.sources.findIndex((name) => originalSource.endsWith(name))];
  return { script, line: originalLine + 1, column: originalColumn + 1, text: content?.split("\n")[originalLine] };
}

/** Of a rejection Node knows no more than the stack, and not even that when its text was already made. */
function rejectionLocation(error: unknown): Location | undefined {
  const before = preparedStacks();
  const top = framesOf(error)[0];
  if (preparedStacks() === before || top === undefined || !isHidden(top)) return undefined;
  return knowsItsText(error as Error) ? undefined : top;
}

/**
 * True for the syntax errors of texts that are no files (`JSON.parse`, `eval`), which carry the line they are about.
 */
function knowsItsText(error: Error): boolean {
  if (!(error instanceof SyntaxError)) return false;
  const [first = ""] = /^ {4}at .*$/m.exec(error.stack ?? "") ?? [];
  return !first.endsWith("(<anonymous>)") || /^ {4}at (?:JSON\.parse|new Function) /.test(first);
}

function isHidden({ script, line }: Location): boolean {
  const file = fileByName(script);
  return file?.text.isChangedLine(line) === true;
}

const FRAME = /^ {4}at (?:.*\()?(.+):(\d+):(\d+)\)?$/gm;

function framesOf(error: unknown): Location[] {
  if (!types.isNativeError(error) || typeof error.stack !== "string") return [];
  return Array.from(error.stack.matchAll(FRAME), ([, script = "", line, column]) => {
    const place = { line: Number(line), column: Number(column) };
    return { ...place, script, text: textOf(script, place.line) };
  });
}

/** Where Node's own code threw an exception that it made in this frame: the throw statement is what Node would show. */
function throwLocation(frame: Location, error: unknown): Location {
  if (!frame.script.startsWith("node:") || frame.text === undefined) return frame;
  const made = /\b(?:const|let) (\w+) = new /.exec(frame.text)?.[1];
  if (made !== undefined) return nextThrow(frame, made) ?? frame;
  const column = frame.text.indexOf("throw ") + 1;
  if (column > 0) return { ...frame, column };
  const { code } = error as { code?: unknown };
  const checked = typeof code === "string" && code.startsWith("ERR_") && !/\bbinding\w*\./.test(frame.text);
  // Checks of arguments are thrown on by one place that leaves their own frames out.
  const hider = { ...frame, script: "node:internal/errors", line: 1 };
  return (checked ? nextThrow(hider, "error", Infinity) : undefined) ?? frame;
}

/** The next `throw name` within some lines. */
function nextThrow(from: Location, name: string, lines = 10): Location | undefined {
  for (let line = from.line; line < from.line + lines; line += 1) {
    const text = textOf(from.script, line);
    if (text === undefined) return undefined;
    const column = text.indexOf(`throw ${name};`) + 1;
    if (column > 0) return { script: from.script, line, column, text };
  }
  return undefined;
}

/** A line of an instrumented file, or of one of Node's own modules. */
function textOf(script: string, line: number): string | undefined {
  const file = fileByName(script);
  if (file !== undefined) return lineText(file.text.original, file.text.lineStarts, line);
  if (!script.startsWith("node:")) return undefined;
  const natives = (process as unknown as { binding?(name: string): Record<string, unknown> }).binding?.("natives");
  const text = natives?.[script.slice("node:".length)];
  return typeof text === "string" ? text.split("\n")[line - 1] : undefined;
}

function lineText(text: string, starts: readonly number[], line: number): string {
  return text.slice(starts[line - 1], starts[line]).replace(/[\r\n\u2028\u2029]+$/, "");
}

/** In the form of Node's `GetErrorSource`. */
function describe({ script, line, column, text }: Location, isError: boolean): string {
  const marker = text === undefined ? "" : `${text}\n${text.slice(0, column - 1).replace(/[^\t]/g, " ")}^\n`;
  return isError ? `${script}:${line}\n${marker}\n` : `\n${script}:${line}\n${marker}`;
}
