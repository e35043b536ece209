import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { SealtraceError } from "../record/index.ts";
import { fileSystemError } from "./errors.ts";

/** Up to `length` bytes of a file from an offset; fewer when it ends before. */
export function readRange(path: string, offset: number, length: number): Buffer {
  return withFile(path, (descriptor) => {
    const bytes = Buffer.allocUnsafe(length);
    let done = 0;
    while (done < length) {
      const read = readSync(descriptor, bytes, done, length - done, offset + done);
      if (read === 0) break;
      done += read;
    }
    return bytes.subarray(0, done);
  });
}

/** A whole file of at most `maxBytes`; throws a SealtraceError when it is larger or can't be read. */
export function readFileBytes(path: string, maxBytes: number): Buffer {
  const size = withFile(path, (descriptor) => fstatSync(descriptor).size);
  if (size > maxBytes) {
    throw new SealtraceError("SEALTRACE_CORRUPT", `${path} has ${size} bytes; more than ${maxBytes} can't be right.`);
  }
  // One byte more tells when the file has grown meanwhile.
  return readRange(path, 0, maxBytes + 1).subarray(0, maxBytes);
}

/** A whole UTF-8 file of at most `maxBytes`; throws a SealtraceError when it is larger, no UTF-8, or can't be read. */
export function readFileText(path: string, maxBytes: number): string {
  const bytes = readFileBytes(path, maxBytes);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new SealtraceError("SEALTRACE_CORRUPT", `${path} is not UTF-8 text.`, { cause });
  }
}

function withFile<T>(path: string, use: (descriptor: number) => T): T {
  try {
    const descriptor = openSync(path, "r");
    try {
      return use(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    throw fileSystemError(error, path, "read");
  }
}
