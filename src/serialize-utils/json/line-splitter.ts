import { bufferOf } from "../encoding/buffer-of.ts";
import { isUtf8 } from "node:buffer";
import { SealtraceError } from "../../record/index.ts";
import { decodeUtf8 } from "../essentials/utf8.ts";

/** Cuts bytes into lines of text. Of a line that can't be one, the error stands in its place. */
export class LineSplitter {
  /** Lines that were handed out. */
  count = 0;
  readonly #maxLineBytes: number;
  readonly #skips: boolean;
  /** The beginning of a line. */
  #parts: Uint8Array[] = [];
  #length = 0;
  /** The line is too long already: its rest is skipped. */
  #isTooLong = false;

  /** `skips`: the rest of a line that is too long is passed over. Otherwise it is told as soon as it is known, for the line may never end. */
  constructor(maxLineBytes: number, skips: boolean) {
    this.#maxLineBytes = maxLineBytes;
    this.#skips = skips;
  }

  *split(chunk: Uint8Array): Generator<string | SealtraceError, void, void> {
    const first = chunk.indexOf(NEWLINE);
    if (first < 0) {
      this.#keep(chunk);
      if (this.#isTooLong && !this.#skips) yield this.#take();
      return;
    }
    this.#keep(chunk.subarray(0, first));
    yield this.#take();
    const last = chunk.lastIndexOf(NEWLINE);
    if (last > first) yield* this.#wholeLines(chunk.subarray(first + 1, last));
    this.#keep(chunk.subarray(last + 1));
  }

  /** What comes after the last newline. */
  *end(): Generator<string | SealtraceError, void, void> {
    if (this.#length > 0 || this.#isTooLong) yield this.#take();
  }

  #keep(bytes: Uint8Array): void {
    this.#length += bytes.length;
    if (this.#isTooLong || this.#length > this.#maxLineBytes) {
      this.#isTooLong = true;
      this.#parts = [];
    } else if (bytes.length > 0) {
      // A copy: who gave the chunk may use its memory again.
      this.#parts.push(bytes.slice());
    }
  }

  #take(): string | SealtraceError {
    const bytes = Buffer.concat(this.#parts);
    const isTooLong = this.#isTooLong;
    this.#parts = [];
    this.#length = 0;
    this.#isTooLong = false;
    this.count += 1;
    if (isTooLong) return lineTooLong(this.#maxLineBytes);
    try {
      return this.count === 1 ? decodeUtf8(bytes) : decodeLine(bytes);
    } catch (error) {
      return error as SealtraceError;
    }
  }

  /** All at once, which is much faster, unless one is wrong. */
  *#wholeLines(bytes: Uint8Array): Generator<string | SealtraceError, void, void> {
    if (bytes.length <= this.#maxLineBytes && isUtf8(bytes)) {
      for (const line of textOf(bytes).split("\n")) {
        this.count += 1;
        yield line;
      }
      return;
    }
    for (let start = 0, end = 0; end >= 0; start = end + 1) {
      end = bytes.indexOf(NEWLINE, start);
      this.#keep(bytes.subarray(start, end < 0 ? bytes.length : end));
      yield this.#take();
    }
  }
}

const NEWLINE = 10;

/** Leaves a byte order mark where it is: only at the very beginning it is one. */
function decodeLine(bytes: Uint8Array): string {
  return isUtf8(bytes) ? textOf(bytes) : decodeUtf8(bytes);
}

function textOf(bytes: Uint8Array): string {
  return bufferOf(bytes).toString();
}

function lineTooLong(maxLineBytes: number): SealtraceError {
  return new SealtraceError(
    "SEALTRACE_LIMIT_EXCEEDED",
    `It is longer than ${maxLineBytes} bytes. If that is right, raise maxLineBytes.`,
  );
}
