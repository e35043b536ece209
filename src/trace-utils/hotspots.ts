import type { FunctionInfo } from "../record/index.ts";
import type { Trace } from "./open-trace.ts";
import { readEvents } from "./read-events.ts";

/** What the calls of one function took, all together. Times are nanoseconds. */
export interface Hotspot {
  readonly function: FunctionInfo;
  readonly calls: number;
  /** Calls that ended with an exception. */
  readonly errors: number;
  /** Calls whose end was not recorded; their time does not count. */
  readonly unfinished: number;
  /** Time during which no call made by it was going on. For an async function, waiting counts. */
  readonly self: number;
  /** Time from begin to end; of recursive calls only the outermost counts. */
  readonly total: number;
}

export interface HotspotOptions {
  /** Default: `self`. */
  readonly sort?: "self" | "total";
  /** Default: all. */
  readonly limit?: number;
}

export interface Hotspots {
  readonly functions: readonly Hotspot[];
  /** How many functions were called. */
  readonly functionCount: number;
  readonly calls: number;
  readonly errors: number;
}

interface Sum {
  readonly function: FunctionInfo;
  calls: number;
  errors: number;
  ended: number;
  self: number;
  total: number;
}

/** The functions on the way from a root to a call. Calls on the same way share one. */
interface Path {
  readonly functions: ReadonlySet<string>;
  readonly next: Map<string, Path>;
}

interface OpenCall {
  readonly key: string;
  readonly sum: Sum;
  readonly start: bigint;
  readonly parent: OpenCall | undefined;
  readonly path: Path;
  readonly isOutermost: boolean;
  openChildren: number;
  /** Since when no child has been open. */
  selfSince: bigint;
  self: bigint;
}

/** The functions of a trace by the time they took. Needs memory for the functions and for the calls that are open at one time. */
export function hotspots(trace: Trace, options: HotspotOptions = {}): Hotspots {
  const { sort = "self", limit = Infinity } = options;
  const sums = new Map<string, Sum>();
  const open = new Map<string, OpenCall>();
  const start: Path = { functions: new Set(), next: new Map() };
  for (const event of readEvents(trace)) {
    if (event.kind === "enter") {
      const parent = event.parent === undefined ? undefined : open.get(event.parent);
      const sum = sumOf(sums, event.function as FunctionInfo);
      if (parent !== undefined) beginChild(parent, event.time);
      open.set(event.call, begin(event.call, sum, event.time, parent, parent?.path ?? start));
      continue;
    }
    const call = open.get(event.call);
    if (call === undefined) continue;
    open.delete(event.call);
    end(call, event.time, event.kind === "throw");
  }
  const all = [...sums.values()].map(({ ended, ...sum }) => ({ ...sum, unfinished: sum.calls - ended }));
  return {
    functions: all.sort((a, b) => b[sort] - a[sort] || b.calls - a.calls).slice(0, limit),
    functionCount: all.length,
    calls: all.reduce((total, { calls }) => total + calls, 0),
    errors: all.reduce((total, { errors }) => total + errors, 0),
  };
}

function sumOf(sums: Map<string, Sum>, info: FunctionInfo): Sum {
  const key = keyOf(info);
  let sum = sums.get(key);
  if (sum === undefined) sums.set(key, (sum = { function: info, calls: 0, errors: 0, ended: 0, self: 0, total: 0 }));
  return sum;
}

function keyOf({ name, file, line, column }: FunctionInfo): string {
  return `${file}:${line}:${column}:${name}`;
}

function begin(key: string, sum: Sum, time: bigint, parent: OpenCall | undefined, before: Path): OpenCall {
  sum.calls += 1;
  const name = keyOf(sum.function);
  const isOutermost = !before.functions.has(name);
  const path = isOutermost ? extend(before, name) : before;
  return { key, sum, start: time, parent, path, isOutermost, openChildren: 0, selfSince: time, self: 0n };
}

function extend(path: Path, name: string): Path {
  let next = path.next.get(name);
  if (next === undefined)
    path.next.set(name, (next = { functions: new Set(path.functions).add(name), next: new Map() }));
  return next;
}

function beginChild(parent: OpenCall, time: bigint): void {
  if (parent.openChildren === 0) parent.self += time - parent.selfSince;
  parent.openChildren += 1;
}

function end(call: OpenCall, time: bigint, threw: boolean): void {
  const { sum, parent } = call;
  if (call.openChildren === 0) call.self += time - call.selfSince;
  sum.ended += 1;
  sum.self += Number(call.self);
  if (call.isOutermost) sum.total += Number(time - call.start);
  if (threw) sum.errors += 1;
  if (parent === undefined) return;
  parent.openChildren -= 1;
  if (parent.openChildren === 0) parent.selfSince = time;
}
