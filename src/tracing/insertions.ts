/** Text to be put into a source. It contains no line terminator, so that lines keep their numbers. */
export interface Insertion {
  /** Offset in the original text, UTF-16 units. */
  readonly offset: number;
  readonly text: string;
  /** The offset that positions in the inserted text stand for; default: where it is inserted. */
  readonly anchor?: number | undefined;
  /** True when the anchor also stands for the position right behind the inserted text. */
  readonly beforeName?: boolean;
}

/** A place in a text; both numbers are 1-based, columns in UTF-16 units. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/**
 * Node prints the source line of an uncaught exception unless the line contains this. A line with insertions isn't what
 * the author wrote, so that we print the original one ourselves.
 */
const HIDE_LINE = "/*node-do-not-add-exception-line*/";

const LINE_END = /\r\n|[\n\r\u2028\u2029]/g;

/** Offsets at which the lines of a text begin. */
export function lineStarts(text: string): number[] {
  const starts = [0];
  for (const end of text.matchAll(LINE_END)) starts.push(end.index + end[0].length);
  return starts;
}

/** The place of an offset. */
export function placeOf(starts: readonly number[], offset: number): Place {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] as number) <= offset) low = middle;
    else high = middle - 1;
  }
  return { line: low + 1, column: offset - (starts[low] as number) + 1 };
}

/** A text and what is inserted into it, and the way back from places in the result to places in the original. */
export class ChangedText {
  readonly original: string;
  readonly lineStarts: readonly number[];
  /** In order of their offsets; those at one offset stay in order. Each line's first one is marked. */
  readonly #insertions: readonly Insertion[];
  /** By insertion, the length of all before it. */
  readonly #grown: readonly number[];

  constructor(original: string, insertions: readonly Insertion[]) {
    this.original = original;
    this.lineStarts = lineStarts(original);
    let marked = 0;
    let length = 0;
    const grown: number[] = [];
    this.#insertions = insertions
      .toSorted((a, b) => a.offset - b.offset)
      .map((insertion) => {
        const { line } = placeOf(this.lineStarts, insertion.offset);
        const text = line === marked ? insertion.text : HIDE_LINE + insertion.text;
        marked = line;
        grown.push(length);
        length += text.length;
        return { ...insertion, text };
      });
    this.#grown = grown;
  }

  /** The text with the insertions in it. */
  changed(): string {
    const parts: string[] = [];
    let from = 0;
    for (const { offset, text } of this.#insertions) {
      parts.push(this.original.slice(from, offset), text);
      from = offset;
    }
    parts.push(this.original.slice(from));
    return parts.join("");
  }

  /** The original of a part of the changed text. */
  originalSlice(start: number, end: number): string {
    const [from, to] = [start, end].map((offset) => {
      const [insertion, behind] = this.#locate(offset);
      return insertion === undefined ? offset : insertion.offset + Math.max(behind, 0);
    });
    return this.original.slice(from, to);
  }

  /** The last insertion that begins at or before an offset in the changed text, and how far behind its end that is. */
  #locate(offset: number): [insertion: Insertion | undefined, behind: number] {
    const after = this.#count((insertion, i) => insertion.offset + (this.#grown[i] as number) <= offset);
    const last = this.#insertions[after - 1];
    if (last === undefined) return [undefined, 0];
    return [last, offset - last.offset - (this.#grown[after - 1] as number) - last.text.length];
  }

  /** Offset in the original text of a position in the changed one; within an insertion, its anchor. */
  #originalPosition(offset: number): number {
    const [insertion, behind] = this.#locate(offset);
    if (insertion === undefined) return offset;
    if (behind < 0 || (behind === 0 && insertion.beforeName === true)) return insertion.anchor ?? insertion.offset;
    return insertion.offset + behind;
  }

  /** Column in the original line of a column in the changed one. */
  originalColumn({ line, column }: Place): number {
    const start = this.lineStarts[line - 1];
    if (start === undefined) return column;
    const before = this.#count(({ offset }) => offset < start);
    const grown = this.#grown[before] ?? (this.#grown.at(-1) ?? 0) + (this.#insertions.at(-1)?.text.length ?? 0);
    return Math.max(this.#originalPosition(start + grown + column - 1) - start + 1, 1);
  }

  /** True when the line has an insertion. */
  isChangedLine(line: number): boolean {
    const start = this.lineStarts[line - 1] ?? Infinity;
    const next = this.#insertions[this.#count(({ offset }) => offset < start)];
    return next !== undefined && next.offset < (this.lineStarts[line] ?? Infinity);
  }

  /** How many insertions, from the first on, are so; all that are must come first. */
  #count(holds: (insertion: Insertion, index: number) => boolean): number {
    let low = 0;
    let high = this.#insertions.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (holds(this.#insertions[middle] as Insertion, middle)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
