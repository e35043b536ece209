import { MAX_LINE_BYTES } from "../record/index.ts";
import { checkFormat } from "./format-file.ts";
import { requireStream } from "./list-streams.ts";
import { listSegments, readSegmentLines } from "./segments.ts";

/** One record as it is stored. */
export interface StoredRecord {
  /** Its place in the stream. Where records are missing, what the segments' names say. */
  readonly index: number;
  /** The line without its newline. Valid until the next record is asked for. */
  readonly line: Buffer;
  /** The line as text: JSON. */
  text(): string;
}

/**
 * The records of a stream, in order and in flat memory, from index `from` (default 0) up to, not including, `to` (default: the end).
 * Nothing is verified. A last line without newline, which a writer may be writing, is left out, and so is a line longer than any can be.
 * Throws SEALTRACE_NOT_A_STREAM, SEALTRACE_FORMAT_TOO_NEW, or what the file system says.
 */
export function* readRecords(
  directory: string,
  options: { readonly from?: number; readonly to?: number } = {},
): Generator<StoredRecord> {
  const stream = requireStream(directory);
  checkFormat(stream);
  const { from = 0, to = Infinity } = options;
  const segments = listSegments(stream);
  const first = segments.findLastIndex((segment) => segment <= from);
  let current = -1;
  let index = 0;
  for (const { bytes, segment, terminated, length } of readSegmentLines(stream, segments.slice(Math.max(0, first)))) {
    if (segment !== current) index = current = segment;
    if (index >= to) return;
    if (index >= from && terminated && length <= MAX_LINE_BYTES)
      yield { index, line: bytes, text: () => bytes.toString() };
    index += 1;
  }
}
