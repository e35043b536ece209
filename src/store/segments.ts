/** The segments of a stream as one sequence of lines. */
import { basename } from "node:path";
import { listDirectory, readLines, type FileLine } from "../file-utils/essentials/index.ts";
import { MAX_LINE_BYTES } from "../record/index.ts";
import { layout, segmentIndex } from "./layout.ts";

export interface SegmentLine extends FileLine {
  /** Index of the segment's first record, as its name says. */
  readonly segment: number;
  /** The segment's name. */
  readonly file: string;
}

/** First indexes of the segments, as their names say, in order. */
export function listSegments(stream: string): number[] {
  return listDirectory(stream)
    .flatMap((name) => segmentIndex(name) ?? [])
    .sort((a, b) => a - b);
}

/** The lines of these segments, in order; of a line that is longer than any may be, only its start is kept. */
export function* readSegmentLines(stream: string, segments: readonly number[]): Generator<SegmentLine> {
  for (const segment of segments) {
    const path = layout.segment(stream, segment);
    const file = basename(path);
    for (const line of readLines(path, { maxBytes: MAX_LINE_BYTES })) yield { ...line, segment, file };
  }
}
