/** What verification learns from the control records: which trace bytes are sealed, what was sealed late, what was set aside. */
import { fileSize, listDirectory } from "../file-utils/essentials/index.ts";
import { checkChunk } from "./chunk-digest.ts";
import { parseControlRecord, readChunkReference, type ChunkReference } from "./control-record.ts";
import { layout, traceIndex } from "./layout.ts";
import type { ProblemList } from "./problems.ts";

export interface LateRange {
  readonly from: number;
  readonly to: number;
}

export interface TraceTotals {
  readonly chunks: number;
  readonly events: number;
  readonly bytes: number;
}

/** Every recovery can add one; nobody reads more. */
const MOST_RANGES = 1_000;

export class ControlVerifier {
  readonly late: LateRange[] = [];
  tornBytes = 0;
  readonly #stream: string;
  readonly #problems: ProblemList;
  /** Trace file to the end of what records cover in it. */
  readonly #covered = new Map<string, number>();
  #trace = { chunks: 0, events: 0, bytes: 0 };

  constructor(stream: string, problems: ProblemList) {
    this.#stream = stream;
    this.#problems = problems;
  }

  get trace(): TraceTotals {
    return this.#trace;
  }

  /** Looks at one record; most are none of ours. */
  read(line: Buffer, index: number): void {
    const control = parseControlRecord(line);
    if (control === undefined) return;
    const { action, fields } = control;
    if (action === "trace-chunk") this.#readChunk(readChunkReference(fields), index);
    else if (action === "recovery") this.#readRecovery(fields);
  }

  /** Looks for trace bytes that no record covers. A writer at work seals a chunk right after it has written it. */
  end(active: boolean): void {
    if (active) return;
    for (const name of listDirectory(layout.traceDirectory(this.#stream))) {
      if (traceIndex(name) === undefined) continue;
      const extra = (fileSize(layout.trace(this.#stream, name)) ?? 0) - (this.#covered.get(name) ?? 0);
      if (extra > 0) this.#problems.add("trace-unsealed", `trace/${name}`, `${extra} bytes of it are under no record`);
    }
  }

  #readChunk(reference: ChunkReference | undefined, index: number): void {
    if (reference === undefined) {
      this.#problems.add("trace-record", "trace", `record ${index} names a chunk of calls, but not which`, index);
      return;
    }
    const { file, offset, bytes, events } = reference;
    const before = this.#covered.get(file) ?? 0;
    if (offset > before) {
      this.#problems.add(
        "trace-unsealed",
        `trace/${file}`,
        `bytes ${before} to ${offset - 1} of it are under no record`,
        index,
      );
    }
    this.#covered.set(file, Math.max(before, offset + bytes));
    const { chunks, events: sum, bytes: total } = this.#trace;
    this.#trace = { chunks: chunks + 1, events: sum + events, bytes: total + bytes };
    const state = checkChunk(this.#stream, reference);
    if (state === "right") return;
    const what = state === "missing" ? "is not there" : "was changed";
    this.#problems.add(
      `trace-${state}`,
      `trace/${file}`,
      `the chunk of calls at byte ${offset} ${what} (sealed by record ${index})`,
      index,
    );
  }

  #readRecovery(fields: Readonly<Record<string, unknown>>): void {
    const number = (name: string): number => {
      const value = fields[name];
      return Number.isSafeInteger(value) ? (value as number) : 0;
    };
    const [from, to] = [number("sealtrace.late.from"), number("sealtrace.late.to")];
    if (to > from && this.late.length < MOST_RANGES) this.late.push({ from, to });
    this.tornBytes += number("sealtrace.torn_bytes") + number("sealtrace.trace_torn_bytes");
  }
}
