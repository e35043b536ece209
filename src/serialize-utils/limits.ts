import { SealtraceError } from "../record/index.ts";

/** What a reader of bytes from anywhere takes. What wants more is refused with SEALTRACE_LIMIT_EXCEEDED, which names the limit. */
export interface ReadingLimits {
  /** Levels of nesting. Default: 512. */
  readonly maxDepth?: number | undefined;
  /** Bytes of the content, and of what it is decompressed to. Default: 256 MiB. */
  readonly maxBytes?: number | undefined;
  /** Values: numbers, strings, containers, whatever stands in the content. Default: 20 million. */
  readonly maxValues?: number | undefined;
  /** Milliseconds until the reader gives up. Default: 60,000. */
  readonly maxMilliseconds?: number | undefined;
}

export const DEFAULT_MAX_DEPTH = 512;
export const DEFAULT_MAX_BYTES: number = 256 * 1024 * 1024;
export const DEFAULT_MAX_VALUES = 20_000_000;
export const DEFAULT_MAX_MILLISECONDS = 60_000;

const SAID: Readonly<Record<keyof ReadingLimits, string>> = {
  maxDepth: "is nested more than $ levels deep",
  maxBytes: "is larger than $ bytes",
  maxValues: "holds more than $ values",
  maxMilliseconds: "takes longer than $ ms to read",
};

/** `where` ends the sentence: "at byte 12". */
export function limitExceeded(limit: keyof ReadingLimits, value: number, where = ""): SealtraceError {
  const said = SAID[limit].replace("$", String(value));
  return new SealtraceError(
    "SEALTRACE_LIMIT_EXCEEDED",
    `It ${said}${where === "" ? "" : `, ${where}`}. If that is right, raise ${limit}.`,
  );
}

/** Throws SEALTRACE_USAGE for what is no limit: NaN, above all, would let everything pass. */
export function checkLimits({ maxDepth, maxBytes, maxValues, maxMilliseconds }: ReadingLimits): void {
  checkLimit("maxDepth", maxDepth);
  checkLimit("maxBytes", maxBytes);
  checkLimit("maxValues", maxValues);
  checkLimit("maxMilliseconds", maxMilliseconds);
}

function checkLimit(name: keyof ReadingLimits, value: unknown): void {
  if (value === undefined || (typeof value === "number" && value >= 0)) return;
  throw new SealtraceError(
    "SEALTRACE_USAGE",
    `${name} is a number from 0 on, or Infinity, not ${typeof value === "number" ? value : `a ${typeof value}`}.`,
  );
}

/** Values and time that a reader has left. Depth is the reader's own to count. */
export class ReadingBudget {
  readonly #maxValues: number;
  readonly #maxMilliseconds: number;
  readonly #end: number;
  #values = 0;
  #ticks = 0;
  #nextLook: number = VALUES_BETWEEN_LOOKS;

  constructor(limits: ReadingLimits = {}) {
    checkLimits(limits);
    const { maxValues = DEFAULT_MAX_VALUES, maxMilliseconds = DEFAULT_MAX_MILLISECONDS } = limits;
    this.#maxValues = maxValues;
    this.#maxMilliseconds = maxMilliseconds;
    this.#end = performance.now() + maxMilliseconds;
  }

  /** Before the values are made: also those that a length only claims. Throws SEALTRACE_LIMIT_EXCEEDED. */
  spend(values: number): void {
    this.#values += values;
    if (this.#values > this.#maxValues) throw limitExceeded("maxValues", this.#maxValues);
    if (this.#values >= this.#nextLook) this.look();
  }

  /** Of work that makes no values. Throws SEALTRACE_LIMIT_EXCEEDED when the time is over. */
  tick(): void {
    this.#ticks += 1;
    if (this.#ticks % VALUES_BETWEEN_LOOKS === 0) this.look();
  }

  /** At the clock, at once: for work of which each step may take long. Throws SEALTRACE_LIMIT_EXCEEDED. */
  look(): void {
    this.#nextLook = this.#values + VALUES_BETWEEN_LOOKS;
    if (performance.now() > this.#end) throw limitExceeded("maxMilliseconds", this.#maxMilliseconds);
  }
}

/** Looking at the clock costs as much as reading several values. */
const VALUES_BETWEEN_LOOKS = 4096;
