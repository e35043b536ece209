import { checkBytes } from "../../content-argument.ts";
import { SealtraceError } from "../../../record/index.ts";
import { DEFAULT_MAX_BYTES, limitExceeded, ReadingBudget } from "../../limits.ts";
import { runPickle } from "../machine/machine.ts";
import { PickleState, type MachineLimits } from "../machine/state.ts";
import { arrayBytes } from "./joblib.ts";
import { ScanNotes, type PickleScan, type ScanFinding } from "./report.ts";
import { Scanning } from "./scanning.ts";
import { contentOfNpy } from "./npy.ts";
import { readTar } from "./tar.ts";
import { unwrap, wrappingOf, type Unwrapped } from "./wrappings.ts";
import { findZipEnd, readZip } from "./zip.ts";

/** Levels of pickles and archives within each other. */
const MAX_NESTING = 16;
/** Members of archives that are meant to be pickles: one that can't be read is a finding there, and elsewhere simply no pickle. */
const PICKLE_NAME = /\.(?:pkl|pickle|p|pk|pt|pth|bin|ckpt|joblib|dat|data|model|sav|npy|npz)$/i;
/** The first of the pickles in a file of PyTorch's older format, after five of which come raw tensors. */
const TORCH_MAGIC = 0x1950a86a20f9469cfc6cn;
const TORCH_PICKLES = 5;

/** Tensors are not, and begin with any bytes. */
type Meant = "yes" | "perhaps" | "no";

/**
 * What a pickle would import and call, and how bad that is, without doing any of it. Looks into zip (PyTorch), tar, gzip, zlib and zstd, `.npy`, joblib's files, and
 * pickles within pickles. Data that ends early or breaks off is reported with everything before, and never safe; nor is what exceeds the limits.
 * Never throws for anything in the bytes.
 */
export function scanPickle(bytes: Uint8Array, limits: MachineLimits = {}): PickleScan {
  checkBytes(bytes);
  const scan = new Scan(limits);
  scan.content(bytes, "", 0, "yes");
  return scan.notes.report();
}

class Scan {
  readonly notes = new ScanNotes();
  readonly #limits: MachineLimits;
  readonly #budget: ReadingBudget;
  readonly #maxBytes: number;
  #bytes = 0;
  /** Bytes of members that aren't compressed, each time that one is looked at: they may lie on each other. */
  #stored = 0;

  constructor(limits: MachineLimits, budget: ReadingBudget = new ReadingBudget(limits)) {
    this.#limits = limits;
    this.#budget = budget;
    this.#maxBytes = limits.maxBytes ?? DEFAULT_MAX_BYTES;
  }

  /** Anything. `meant` says whether whoever wrote it says that it is a pickle. */
  content(bytes: Uint8Array, where: string, depth: number, meant: Meant): void {
    this.#guard(where, 0, () => {
      if (depth > MAX_NESTING) throw limitExceeded("maxDepth", MAX_NESTING);
      this.#spendBytes(depth === 0 ? bytes.length : 0);
      const kind = wrappingOf(bytes);
      if (kind === "zip") {
        this.#zip(bytes, where, depth);
        this.#alsoPickle(bytes, where, depth);
      } else if (kind === "tar") {
        this.#tar(bytes, where, depth);
        this.#alsoPickle(bytes, where, depth);
      } else if (kind === "npy") this.#npy(bytes, where, depth);
      else if (kind === "pickle") {
        // A zip may follow a pickle, and which of them is read depends on the reader.
        const isZip = findZipEnd(bytes) >= 0;
        if (isZip) this.#zip(bytes, where, depth);
        this.#pickles(bytes, where, depth, meant);
      } else if (typeof kind === "string") this.#unwrapped(kind, bytes, where, depth, meant);
      else {
        if (meant !== "no")
          this.#found("suspicious", `it is compressed by ${kind.unreadable}, which can't be looked into`, 0, where);
        this.#alsoPickle(bytes, where, depth);
      }
    });
  }

  /** One pickle after the other. */
  #pickles(bytes: Uint8Array, where: string, depth: number, meant: Meant): void {
    const names = this.notes.size;
    const isLikely = meant === "yes" || (meant === "perhaps" && bytes[0] === 0x80 && (bytes[1] ?? 6) <= 5);
    let isTorch = false;
    let count = 0;
    for (let at = 0; at < bytes.length || count === 0; count += 1) {
      if (isTorch && count === TORCH_PICKLES) return;
      const { state, value, error } = this.#one(bytes, at, where, depth);
      if (error !== undefined) {
        // In what nobody called a pickle, bytes that aren't one say nothing.
        if (count > 0 || isLikely || this.notes.size > names) this.#failed(error, count, at, where);
        return;
      }
      isTorch ||= count === 0 && value === TORCH_MAGIC;
      this.notes.pickles += 1;
      at = state.pos;
    }
  }

  #one(
    bytes: Uint8Array,
    at: number,
    where: string,
    depth: number,
  ): { state: PickleState; value?: unknown; error?: unknown } {
    const scanning = new Scanning({
      notes: this.notes,
      where,
      nested: (inner, from) => {
        if (looksLikePickle(inner)) this.content(inner, join(where, `bytes at ${from}`), depth + 1, "perhaps");
      },
      skipArray: (wrapper, from) => {
        this.#skipArray(state, wrapper, from, where, depth);
      },
    });
    const state: PickleState = new PickleState(bytes, at, scanning, this.#limits, this.#budget);
    try {
      return { state, value: runPickle(state) };
    } catch (error) {
      return { state, error };
    } finally {
      scanning.finish();
    }
  }

  #skipArray(state: PickleState, wrapper: object, at: number, where: string, depth: number): void {
    const array = arrayBytes(wrapper);
    if (array === undefined)
      throw new SealtraceError("SEALTRACE_INVALID_DATA", `the size of an array can't be told, at byte ${at}`);
    if (state.frameEnd <= state.pos) state.frameEnd = Infinity;
    if (array.bytes === "objects") {
      if (depth >= MAX_NESTING) throw limitExceeded("maxDepth", MAX_NESTING);
      const inner = this.#one(state.bytes, state.pos, where, depth + 1);
      if (inner.error !== undefined) throw inner.error as Error;
      state.pos = inner.state.pos;
      return;
    }
    const padding = array.isPadded ? 1 + (state.bytes[state.pos] ?? 0) : 0;
    state.take(padding + array.bytes, at);
  }

  #zip(bytes: Uint8Array, where: string, depth: number): void {
    const options = {
      spendBytes: (count: number) => {
        this.#spendBytes(count);
      },
      spendStored: (count: number) => {
        this.#stored += count;
        if (this.#stored > 2 * this.#maxBytes) throw limitExceeded("maxBytes", this.#maxBytes);
      },
      bytesLeft: () => this.#maxBytes - this.#bytes,
      problem: (message: string, at: number) => {
        this.#found("suspicious", message, at, where);
      },
    };
    for (const { name, at, content, problems } of readZip(bytes, options)) {
      this.#budget.spend(1);
      for (const problem of problems) this.#found("suspicious", problem, at, join(where, name));
      this.content(content, join(where, name), depth + 1, meantBy(name));
    }
  }

  /** By its first bytes an archive may be a pickle as well ("PK" are opcodes), or have its mark in the middle of a text (tar). Only what it imports says that it is one. */
  #alsoPickle(bytes: Uint8Array, where: string, depth: number): void {
    const scan = new Scan(this.#limits, this.#budget);
    scan.#bytes = this.#bytes;
    scan.#pickles(bytes, where, depth, "no");
    this.#bytes = scan.#bytes;
    const { names } = scan.notes.report();
    for (const name of names) this.notes.name(name);
    if (names.length > 0) this.#found("suspicious", "it is an archive, and a pickle as well", 0, where);
  }

  #tar(bytes: Uint8Array, where: string, depth: number): void {
    const problem = (message: string, at: number): void => {
      this.#found("suspicious", message, at, where);
    };
    for (const { name, content } of readTar(bytes, problem)) {
      this.#budget.spend(1);
      this.content(content, join(where, name), depth + 1, meantBy(name));
    }
  }

  #npy(bytes: Uint8Array, where: string, depth: number): void {
    const npy = contentOfNpy(bytes);
    if (npy === undefined) throw new SealtraceError("SEALTRACE_DATA_TRUNCATED", "it ends within its header");
    const { start, end } = npy;
    if (end === undefined) this.#pickles(bytes.subarray(start), join(where, "objects"), depth, "yes");
    else if (end < bytes.length) this.content(bytes.subarray(end), join(where, "after the array"), depth + 1, "yes");
  }

  #unwrapped(kind: "gzip" | "zlib" | "zstd", bytes: Uint8Array, where: string, depth: number, meant: Meant): void {
    const { content, rest } = this.#unwrap(kind, bytes);
    this.content(content, join(where, kind), depth + 1, meant);
    if (rest.length > 0) this.content(rest, join(where, `after ${kind}`), depth + 1, "yes");
  }

  #unwrap(kind: "gzip" | "zlib" | "zstd", bytes: Uint8Array): Unwrapped {
    try {
      const unwrapped = unwrap(kind, bytes, this.#maxBytes - this.#bytes);
      this.#spendBytes(unwrapped.content.length);
      return unwrapped;
    } catch (cause) {
      if (cause instanceof SealtraceError) throw cause;
      if ((cause as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE")
        throw limitExceeded("maxBytes", this.#maxBytes);
      throw new SealtraceError(
        "SEALTRACE_INVALID_DATA",
        `it can't be decompressed (${kind}): ${(cause as Error).message}`,
        { cause },
      );
    }
  }

  #failed(error: unknown, count: number, at: number, where: string): void {
    if (!(error instanceof SealtraceError)) throw error;
    const follows = count > 0 ? `what follows pickle ${count} is not another: ` : "";
    this.#found("suspicious", `${follows}${error.message}`, at, where);
  }

  #spendBytes(count: number): void {
    this.#bytes += count;
    if (this.#bytes > this.#maxBytes) throw limitExceeded("maxBytes", this.#maxBytes);
  }

  #found(verdict: ScanFinding["verdict"], message: string, at: number, where: string): void {
    this.notes.finding({ verdict, message, at, where });
  }

  #guard(where: string, at: number, look: () => void): void {
    try {
      look();
    } catch (error) {
      this.#failed(error, 0, at, where);
    }
  }
}

/** The raw numbers of a tensor in a file of PyTorch's are `archive/data/0`. */
function meantBy(name: string): Meant {
  if (/\/data\/\d+$/.test(name)) return "no";
  return PICKLE_NAME.test(name) ? "yes" : "perhaps";
}

function looksLikePickle(bytes: Uint8Array): boolean {
  return bytes.length >= 2 && (bytes[0] === 0x80 || bytes.at(-1) === 0x2e || wrappingOf(bytes) !== "pickle");
}

function join(where: string, name: string): string {
  return where === "" ? name : `${where} > ${name}`;
}
