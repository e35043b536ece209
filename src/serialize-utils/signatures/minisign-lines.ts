/** Minisign's files (jedisct1.github.io/minisign): lines of comments, each before a line of base64. */
import { decodeCanonicalBase64 } from "../encoding/canonical-base64.ts";

export const UNTRUSTED = "untrusted comment: ";
export const TRUSTED = "trusted comment: ";

/** Longer ones the minisign command can't read. */
export const MAX_UNTRUSTED_BYTES = 1000;
export const MAX_TRUSTED_BYTES = 8000;

/** The lines of a file, which may end in CRLF and has nothing after the last. Undefined when there are more or fewer. */
export function linesOf(text: string, count: number): string[] | undefined {
  const lines = text.replace(/\r?\n$/, "").split(/\r?\n/);
  return lines.length === count ? lines : undefined;
}

/** Base64 of so many bytes. */
export function bytesOf(line: string | undefined, length: number): Buffer | undefined {
  const bytes = line === undefined || line.length > length * 2 ? undefined : decodeCanonicalBase64(line, "padded");
  return bytes?.length === length ? bytes : undefined;
}

/** Whether it is one line that shows as it is: no control characters but tabs. */
export function isCommentLine(text: string, maxBytes: number): boolean {
  return text.isWellFormed() && !/[^\P{Cc}\t]/u.test(text) && Buffer.byteLength(text) <= maxBytes;
}
