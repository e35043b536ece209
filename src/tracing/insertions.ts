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
 * Node prints the source line of an uncaught exception unless the line contains this. A line with insertions isn't what the author wrote, so
 * that we print the original one ourselves.
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

/** The insertions in order of their offsets (those at one offset stay in order), each line's first one marked. */
export function arrange(insertions: readonly Insertion[], starts: readonly number[]): Insertion[] {
  const sorted = insertions.toSorted((a, b) => a.offset - b.offset);
  let marked = 0;
  return sorted.map((insertion) => {
    const { line } = placeOf(starts, insertion.offset);
    if (line === marked) return insertion;
    marked = line;
    return { ...insertion, text: HIDE_LINE + insertion.text };
  });
}

/** The text with arranged insertions in it. */
export function insertInto(text: string, insertions: readonly Insertion[]): string {
  const parts: string[] = [];
  let from = 0;
  for (const { offset, text: inserted } of insertions) {
    parts.push(text.slice(from, offset), inserted);
    from = offset;
  }
  parts.push(text.slice(from));
  return parts.join("");
}

/** Offset in the original text of an offset in the text with insertions; within an insertion, its anchor. */
export function originalOffset(insertions: readonly Insertion[], offset: number): number {
  let grown = 0;
  for (const insertion of insertions) {
    const start = insertion.offset + grown;
    if (offset < start) break;
    const length = insertion.text.length;
    if (offset < start + length + (insertion.beforeName === true ? 1 : 0)) return insertion.anchor ?? insertion.offset;
    grown += length;
  }
  return offset - grown;
}

/** Column in the original line of a column in the line with insertions. */
export function originalColumn(
  insertions: readonly Insertion[],
  starts: readonly number[],
  { line, column }: Place,
): number {
  const start = starts[line - 1];
  if (start === undefined) return column;
  const end = starts[line] ?? Infinity;
  const within = insertions.filter(({ offset }) => offset >= start && offset < end);
  const shifted = within.map((insertion) => {
    const { offset, anchor = offset } = insertion;
    return { ...insertion, offset: offset - start, anchor: Math.max(anchor - start, 0) };
  });
  return originalOffset(shifted, column - 1) + 1;
}

/** True when the line has an insertion. */
export function isChangedLine(insertions: readonly Insertion[], starts: readonly number[], line: number): boolean {
  const start = starts[line - 1] ?? Infinity;
  const end = starts[line] ?? Infinity;
  return insertions.some(({ offset }) => offset >= start && offset < end);
}
