/** Runs programs with calls recorded, in this process. */
import { mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { createCensor } from "../../src/redaction/index.ts";
import { EVENT, type FunctionInfo, type RecordSink, type TraceEvents } from "../../src/record/index.ts";
import { startTracing, type TracingHandle } from "../../src/tracing/index.ts";
import { temporaryDirectory } from "../support/temporary.ts";

export interface SeenCall {
  readonly id: number;
  readonly kind: "root" | "enter";
  /** Id of the calling call; of a root, of the call that caused it. */
  readonly parent: number;
  readonly info: FunctionInfo;
  readonly arguments: string;
  readonly start: bigint;
  end?: { readonly kind: "return" | "throw"; readonly text: string; readonly time: bigint };
}

/** A sink that remembers calls and insists on the rules of the stream of events. */
export class SeenCalls implements RecordSink {
  calls: SeenCall[] = [];
  batches = 0;
  /** Of all batches so far. */
  readonly byId: Map<number, SeenCall> = new Map<number, SeenCall>();
  readonly #functions = new Map<number, FunctionInfo>();

  writeLine(): void {
    throw new Error("tracing writes no lines");
  }

  writeFunctions(functions: readonly FunctionInfo[]): void {
    for (const info of functions) this.#functions.set(info.id, info);
  }

  writeEvents(events: TraceEvents): void {
    this.batches += 1;
    for (let i = 0; i < events.count; i += 1) {
      const id = events.calls[i] as number;
      const text = events.texts[i] as string;
      const time = events.times[i] as bigint;
      const kind = events.kinds[i];
      if (/[\n\r]/.test(text)) throw new Error(`text with a newline: ${text}`);
      if (kind === EVENT.RETURN || kind === EVENT.THROW) {
        const call = this.byId.get(id);
        if (call === undefined) throw new Error(`the end of call ${id}, which never began`);
        if (call.end !== undefined) throw new Error(`a second end of call ${id}`);
        call.end = { kind: kind === EVENT.RETURN ? "return" : "throw", text, time };
        continue;
      }
      const info = this.#functions.get(events.functions[i] as number);
      if (info === undefined) throw new Error("a function that was not announced");
      const root = kind === EVENT.ROOT;
      if (root && !/^[0-9a-f]{32}( |$)/.test(text)) throw new Error(`a root without a trace id: ${text}`);
      const call: SeenCall = {
        id,
        kind: root ? "root" : "enter",
        parent: events.parents[i] as number,
        info,
        arguments: root ? text.slice(33) : text,
        start: time,
      };
      this.calls.push(call);
      this.byId.set(id, call);
    }
  }
}

export const seen: SeenCalls = new SeenCalls();
const directory = temporaryDirectory();
const tracedDirectory = join(directory, "traced");
const plainDirectory = join(directory, "plain");
for (const path of [tracedDirectory, plainDirectory]) {
  mkdirSync(path);
  writeFileSync(join(path, "package.json"), '{"type":"commonjs"}');
}

export const handle: TracingHandle = startTracing({
  sink: seen,
  censor: createCensor(),
  events: { call: true, return: true },
  include: (path) => path.startsWith(tracedDirectory),
  writeStderr: () => undefined,
});

let files = 0;

/** Writes a module and loads it, instrumented or not; what it exports. `extension` says what kind it is. */
export async function load(
  text: string,
  extension: "cjs" | "mjs" | "ts" | "mts",
  traced = true,
): Promise<Record<string, unknown>> {
  files += 1;
  const path = join(traced ? tracedDirectory : plainDirectory, `module${files}.${extension}`);
  writeFileSync(path, text);
  if (extension === "mjs" || extension === "mts")
    return (await import(pathToFileURL(path).href)) as Record<string, unknown>;
  return createRequire(path)(path) as Record<string, unknown>;
}

/** The calls that a piece of a program makes. */
export async function callsDuring(run: () => unknown): Promise<SeenCall[]> {
  handle.flush();
  seen.calls = [];
  await run();
  handle.flush();
  return seen.calls;
}
