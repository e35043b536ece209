/**
 * Finds out, from the index and the link to the record before that every line carries, what happened to a sequence of records, and at
 * which one. This proves nothing (the tree does): it tells where to look.
 */
import type { ProblemCode, ProblemList } from "./problems.ts";
import { NO_PREVIOUS, previousOf, type SealField } from "./seal-field.ts";

export interface SequenceLine {
  /** What the line says of itself; undefined when it has no seal. */
  readonly seal: SealField | undefined;
  readonly leaf: Buffer;
  /** The segment that the line is in. */
  readonly file: string;
}

export class RecordSequence {
  readonly #problems: ProblemList;
  /** Index that the next line to be judged must have. */
  #expected = 0;
  /** What that line must say of the line before; undefined when that is not known. */
  #link: string | undefined = NO_PREVIOUS;
  /** The line is judged together with the one after it. */
  #waiting: SequenceLine | undefined;
  #firstBad = Infinity;

  constructor(problems: ProblemList) {
    this.#problems = problems;
  }

  /** Least index of a record with which something is wrong. */
  get firstBad(): number {
    return this.#firstBad;
  }

  add(line: SequenceLine): void {
    const judged = this.#waiting;
    this.#waiting = line;
    if (judged !== undefined && this.#judge(judged, line)) this.#waiting = undefined;
  }

  /** Judges the last line. Returns the index after the last record. */
  end(): number {
    if (this.#waiting !== undefined) this.#judge(this.#waiting, undefined);
    this.#waiting = undefined;
    return this.#expected;
  }

  /** True when the line after it was judged too. */
  #judge(line: SequenceLine, after: SequenceLine | undefined): boolean {
    const expected = this.#expected;
    const claimed = line.seal?.index;
    if (claimed === expected) {
      this.#accept(line, expected, !this.#linkFits(line, after));
      return false;
    }
    return this.#judgeOutOfPlace(line, claimed, after);
  }

  #judgeOutOfPlace(line: SequenceLine, claimed: number | undefined, after: SequenceLine | undefined): boolean {
    const expected = this.#expected;
    const next = after?.seal?.index;
    if (claimed === expected + 1 && next === expected) {
      this.#bad(
        "records-swapped",
        line,
        `records ${expected} and ${expected + 1} have changed places`,
        expected,
        expected + 1,
      );
      this.#accept(after as SequenceLine, expected + 1, true);
      return true;
    }
    if (next === expected || (claimed === expected - 1 && next !== expected + 1)) {
      const what = claimed === undefined ? "a line without a seal" : `a line that says it is record ${claimed}`;
      this.#bad("record-inserted", line, `${what} was inserted before record ${expected}`, expected);
      this.#link = undefined;
      return false;
    }
    // A line that follows its predecessor directly has not lost it: then its own index was changed.
    const follows = this.#link !== undefined && line.seal?.previous === this.#link;
    if (claimed !== undefined && claimed > expected && next !== expected + 1 && !follows) {
      const range = claimed - 1 === expected ? `record ${expected} is` : `records ${expected} to ${claimed - 1} are`;
      this.#bad("records-missing", line, `${range} missing`, expected, claimed - 1);
      this.#accept(line, claimed, true);
      return false;
    }
    if (claimed !== undefined && claimed < expected && next === claimed + 1) {
      this.#bad("record-order", line, `record ${claimed} stands after record ${expected - 1}`, claimed);
      this.#accept(line, claimed);
      return false;
    }
    const says = claimed === undefined ? "has no readable seal" : `says that it is record ${claimed}`;
    this.#bad("record-changed", line, `the line in the place of record ${expected} ${says}`, expected);
    this.#accept(line, expected, true);
    return false;
  }

  /** A link that does not fit: the record before was changed, or, if the record after does not fit this one either, this one. */
  #linkFits(line: SequenceLine, after: SequenceLine | undefined): boolean {
    if (this.#link === undefined || line.seal?.previous === this.#link) return true;
    const index = this.#expected;
    const afterFits = after?.seal?.previous === previousOf(line.leaf);
    if (index === 0 || (after !== undefined && !afterFits)) {
      this.#bad("record-changed", line, `record ${index} was changed`, index);
      return false;
    }
    if (afterFits) this.#bad("record-changed", line, `record ${index - 1} was changed`, index - 1);
    else this.#bad("record-changed", line, `record ${index - 1} or record ${index} was changed`, index - 1, index);
    return true;
  }

  #accept(line: SequenceLine, index: number, tainted = false): void {
    this.#expected = index + 1;
    this.#link = tainted ? undefined : previousOf(line.leaf);
  }

  #bad(code: ProblemCode, line: SequenceLine, message: string, record: number, to?: number): void {
    this.#firstBad = Math.min(this.#firstBad, record);
    this.#problems.add(code, line.file, message, record, to);
  }
}
