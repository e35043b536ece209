import { isUtf8 } from "node:buffer";
import { SealtraceError } from "../../record/index.ts";

/** The text of UTF-8 bytes, without a byte order mark. Throws SEALTRACE_INVALID_DATA, naming the byte, when they are none. */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    if (isUtf8(bytes)) {
      throw new SealtraceError(
        "SEALTRACE_INVALID_DATA",
        `It is longer than a text can be here (${bytes.length} bytes): read it as binary, or as a stream.`,
        { cause },
      );
    }
    const known = encodingByMark(bytes);
    throw new SealtraceError(
      "SEALTRACE_INVALID_DATA",
      `It is not UTF-8 text, from about byte ${firstInvalidByte(bytes)} on${known === undefined ? "" : ` (it looks like ${known})`}. Convert it, or read it as binary.`,
      { cause },
    );
  }
}

/** The text as UTF-8. Throws SEALTRACE_INVALID_DATA for half a surrogate pair, which UTF-8 has no bytes for. */
export function encodeUtf8(text: string): Buffer {
  if (text.isWellFormed()) return Buffer.from(text);
  throw new SealtraceError(
    "SEALTRACE_INVALID_DATA",
    "The text has a lone surrogate, which can't be written as UTF-8: use text.toWellFormed() if it may be replaced.",
  );
}

function encodingByMark([first, second]: Uint8Array): string | undefined {
  if (first === 0xff && second === 0xfe) return "UTF-16, little-endian";
  return first === 0xfe && second === 0xff ? "UTF-16, big-endian" : undefined;
}

/** Halves the piece in which decoding fails. */
function firstInvalidByte(bytes: Uint8Array): number {
  let valid = 0;
  let end = bytes.length;
  while (end - valid > 1) {
    const middle = (valid + end) >> 1;
    if (startsValidly(bytes, middle)) valid = middle;
    else end = middle;
  }
  return valid;
}

/** Whether no error lies in the first `length` bytes; a character that goes on after them is none. */
function startsValidly(bytes: Uint8Array, length: number): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, length), { stream: true });
    return true;
  } catch {
    return false;
  }
}
