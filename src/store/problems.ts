/** What verification found wrong. The codes are part of the interface. */
export type ProblemCode =
  | "format-missing"
  | "format-damaged"
  | "key-missing"
  | "key-malformed"
  | "key-differs"
  | "checkpoint-missing"
  | "checkpoint-malformed"
  | "checkpoint-signature"
  | "checkpoint-order"
  | "checkpoint-differs"
  | "root-mismatch"
  | "record-changed"
  | "records-missing"
  | "record-inserted"
  | "records-swapped"
  | "record-order"
  | "line-too-long"
  | "torn-line"
  | "segment-name"
  | "records-unsealed"
  | "closed-note"
  | "trace-missing"
  | "trace-changed"
  | "trace-unsealed"
  | "trace-record";

export interface Problem {
  readonly code: ProblemCode;
  /** Index of the first record concerned. */
  readonly record?: number;
  /** ... and of the last one, where there are several. */
  readonly recordTo?: number;
  /** Relative to the stream. */
  readonly file: string;
  /** A sentence. */
  readonly message: string;
}

/** One damage can show in every record after it: what is kept is enough to act on. */
const MOST_PROBLEMS = 100;

export class ProblemList {
  readonly items: Problem[] = [];
  /** How many there were beyond those kept. */
  more = 0;

  add(code: ProblemCode, file: string, message: string, record?: number, recordTo?: number): void {
    if (this.items.length === MOST_PROBLEMS) {
      this.more += 1;
      return;
    }
    const to = recordTo === undefined || recordTo === record ? {} : { recordTo };
    this.items.push({ code, file, message, ...(record === undefined ? {} : { record }), ...to });
  }

  get isEmpty(): boolean {
    return this.items.length === 0;
  }
}
