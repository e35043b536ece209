/** What the machine works on: position, stack, marks and memo. The stack is one flat array; a mark is an index into it. */
import {
  DEFAULT_MAX_DEPTH,
  DEFAULT_MAX_VALUES,
  limitExceeded,
  ReadingBudget,
  type ReadingLimits,
} from "../../limits.ts";
import type { PickleHandlers } from "./handlers.ts";
import { malformed, truncated } from "./malformed.ts";
import { PickleMemo } from "./memo.ts";
import { StringReader } from "./string-reader.ts";

export interface MachineLimits extends ReadingLimits {
  /** Values kept by PUT and MEMOIZE. Default: 20 million. */
  readonly maxMemo?: number | undefined;
}

/** Bytes between two looks at budget and clock; no opcode pushes more than one value, or is shorter than a byte. */
const STEP = 65_536;

export class PickleState {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly strings: StringReader;
  readonly handlers: PickleHandlers;
  readonly memo: PickleMemo;
  readonly maxDepth: number;
  readonly stack: unknown[] = [];
  /** Levels of containers in the value of each slot of the stack; 0 also above its top. */
  depths: Int32Array = new Int32Array(2 * STEP);
  readonly marks: number[] = [];
  /** For each mark, the entry of the memo that holds the new container below it, which nothing else knows; or -1. */
  readonly #openings: number[] = [];
  /** What was so for the mark that was popped last. */
  opening = -1;
  sp = 0;
  /** The topmost mark, below which no opcode reaches. */
  fence = 0;
  pos: number;
  /** Where the loop has to look up: end of the data, of the frame, or the next look at the budget. */
  stop: number;
  frameEnd: number = Infinity;
  /** Values pushed since the last look at the budget. */
  values = 0;
  protocol = 0;
  /** Whether a container came out of the memo, so that depths on the stack aren't all there is. */
  isShared = false;
  /** Whether something that has been replaced may stand in other values. */
  mustReplace = false;
  readonly #budget: ReadingBudget;
  readonly #replaced = new Map<unknown, unknown>();
  readonly #fetched = new Set<unknown>();

  constructor(
    bytes: Uint8Array,
    start: number,
    handlers: PickleHandlers,
    limits: MachineLimits,
    budget: ReadingBudget,
  ) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.strings = new StringReader(bytes);
    this.handlers = handlers;
    this.memo = new PickleMemo(limits.maxMemo ?? DEFAULT_MAX_VALUES);
    this.maxDepth = limits.maxDepth ?? DEFAULT_MAX_DEPTH;
    this.#budget = budget;
    this.pos = start;
    this.stop = start;
  }

  /** At `stop`, before an opcode. */
  lookUp(pos: number, sp: number, values: number): void {
    const { length } = this.bytes;
    if (pos > this.frameEnd) this.handlers.badFrame("a value crosses the end of its frame", pos);
    if (pos >= this.frameEnd) this.frameEnd = Infinity;
    if (pos >= length) throw truncated("there is no STOP", length);
    this.#budget.spend(values);
    if (sp + 2 * STEP > this.depths.length) {
      const larger = new Int32Array(Math.max(sp + 2 * STEP, 2 * this.depths.length));
      larger.set(this.depths);
      this.depths = larger;
    }
    this.stop = Math.min(length, pos + STEP, this.frameEnd);
  }

  /** At the clock. */
  look(): void {
    this.#budget.look();
  }

  /** Values that a length only claims so far. */
  spend(values: number): void {
    this.#budget.spend(values);
  }

  /** The bytes that follow, which must all be there. */
  take(length: number, at: number): number {
    const start = this.pos;
    if (length > this.bytes.length - start) {
      throw truncated(`${length} bytes are announced, ${this.bytes.length - start} are there`, at);
    }
    this.pos = start + length;
    return start;
  }

  /** A line of text, without its end, as Latin-1. */
  takeLine(at: number): string {
    const end = this.bytes.indexOf(0x0a, this.pos);
    if (end < 0) throw truncated("a line has no end", at);
    const line = Buffer.from(this.bytes.buffer, this.bytes.byteOffset + this.pos, end - this.pos).toString("latin1");
    this.pos = end + 1;
    return line;
  }

  takeUtf8Line(at: number): string {
    const start = this.pos;
    this.takeLine(at);
    return this.strings.read(start, this.pos - 1, at);
  }

  /** Eight bytes, little-endian: more than there can be bytes is refused by who takes them. */
  takeLength8(at: number): number {
    return Number(this.view.getBigUint64(this.take(8, at), true));
  }

  push(value: unknown, depth = 0): void {
    if (depth > this.maxDepth) throw limitExceeded("maxDepth", this.maxDepth, `at byte ${this.pos}`);
    this.stack[this.sp] = value;
    this.depths[this.sp] = depth;
    this.sp += 1;
    this.values += 1;
  }

  /** Whether so many values lie above the topmost mark. */
  need(count: number, at: number): void {
    if (this.sp - count < this.fence) throw malformed("an opcode takes more values than there are", at);
  }

  pop(at: number): unknown {
    this.need(1, at);
    this.sp -= 1;
    this.depths[this.sp] = 0;
    return this.stack[this.sp];
  }

  /** Marks are as many as containers are open, or twice: what holds the arguments of what is nested. */
  mark(sp: number, opening: number, at: number): void {
    if (this.marks.length > 2 * this.maxDepth) throw limitExceeded("maxDepth", this.maxDepth, `at byte ${at}`);
    this.marks.push(sp);
    this.#openings.push(opening);
    this.fence = sp;
  }

  /** Takes the topmost mark away: where it was. */
  popMark(at: number): number {
    const mark = this.marks.pop();
    if (mark === undefined) throw malformed("an opcode wants a MARK, and there is none", at);
    this.opening = this.#openings.pop() as number;
    const { length } = this.marks;
    this.fence = length === 0 ? 0 : (this.marks[length - 1] as number);
    return mark;
  }

  /** Takes away everything from `from` on: the values, and how deep the deepest of them is. */
  cut(from: number): { readonly values: unknown[]; readonly depth: number } {
    let depth = 0;
    for (let i = from; i < this.sp; i += 1) {
      depth = Math.max(depth, this.depths[i] as number);
      this.depths[i] = 0;
    }
    const values = this.stack.slice(from, this.sp);
    this.sp = from;
    return { values, depth };
  }

  /** Lets the value on top be so deep at least. */
  deepen(depth: number): void {
    const top = this.sp - 1;
    if (depth > this.maxDepth) throw limitExceeded("maxDepth", this.maxDepth, `at byte ${this.pos}`);
    if (depth > (this.depths[top] as number)) this.depths[top] = depth;
  }

  /** An object out of the memo: it may have been replaced since, and its depth is unknown. */
  fetched(value: unknown): unknown {
    this.isShared = true;
    this.#fetched.add(value);
    return this.#replaced.size === 0 ? value : this.resolve(value);
  }

  /** After popMark: whether the container below it, still empty, may be made anew, now that it is known what comes into it. */
  mayRemake(target: unknown): boolean {
    return this.opening >= 0 && !(this.isShared && this.#fetched.has(target));
  }

  /** From now on `value` stands for `old`. Where that has already been put into something is seen to at the end. */
  replace(old: unknown, value: unknown): void {
    if (old === value) return;
    this.#replaced.set(old, value);
    if (this.#fetched.has(old)) this.mustReplace = true;
  }

  resolve(value: unknown): unknown {
    let result = value;
    while (this.#replaced.has(result)) result = this.#replaced.get(result);
    return result;
  }

  get replacements(): ReadonlyMap<unknown, unknown> {
    return this.#replaced;
  }
}
