import { closeSync, openSync, readSync } from "node:fs";
import { fileSystemError } from "../system/errors.ts";

export interface FileLine {
  /** Without its newline; at most `maxBytes` of it. Valid until the next line is asked for. */
  readonly bytes: Buffer;
  /** Of its first byte, in the file. */
  readonly offset: number;
  /** Bytes of the whole line in the file, without its newline. */
  readonly length: number;
  /** False for a last line without newline. */
  readonly terminated: boolean;
}

const CHUNK_BYTES = 256 * 1024;
const NEWLINE = 10;

/**
 * The lines of a file from an offset (which must be the start of a line) up to an end, in flat memory: of a line longer than `maxBytes`
 * only its start is kept. Throws a SealtraceError when the file can't be read.
 */
export function* readLines(
  path: string,
  options: { readonly maxBytes: number; readonly offset?: number; readonly end?: number },
): Generator<FileLine> {
  const { maxBytes, end = Infinity } = options;
  const chunk = Buffer.allocUnsafe(Math.max(CHUNK_BYTES, maxBytes + 1));
  let descriptor: number;
  try {
    descriptor = openSync(path, "r");
  } catch (error) {
    throw fileSystemError(error, path, "read");
  }
  try {
    let lineOffset = options.offset ?? 0;
    let position = lineOffset;
    // The start of the current line, when it began in an earlier chunk; and how long it is so far.
    let kept = Buffer.alloc(0);
    let length = 0;
    for (;;) {
      const read = readSync(descriptor, chunk, 0, Math.min(chunk.length, end - position), position);
      if (read === 0) break;
      position += read;
      let start = 0;
      for (let at = chunk.indexOf(NEWLINE); at >= 0 && at < read; at = chunk.indexOf(NEWLINE, start)) {
        const part = chunk.subarray(start, at);
        const bytes = length === 0 ? part.subarray(0, maxBytes) : keep(kept, part, maxBytes);
        const whole = length + part.length;
        yield { bytes, offset: lineOffset, length: whole, terminated: true };
        lineOffset += whole + 1;
        start = at + 1;
        kept = Buffer.alloc(0);
        length = 0;
      }
      const rest = chunk.subarray(start, read);
      kept = keep(kept, rest, maxBytes);
      length += rest.length;
    }
    if (length > 0) yield { bytes: kept, offset: lineOffset, length, terminated: false };
  } catch (error) {
    throw fileSystemError(error, path, "read");
  } finally {
    closeSync(descriptor);
  }
}

function keep(kept: Buffer, part: Buffer, maxBytes: number): Buffer<ArrayBuffer> {
  return Buffer.concat([kept, part.subarray(0, Math.max(0, maxBytes - kept.length))]);
}
