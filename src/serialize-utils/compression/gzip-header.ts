import { SealtraceError } from "../../record/index.ts";

/**
 * The length of a gzip header (RFC 1952, 2.3) that begins at an offset; undefined when its end is not there. Throws SEALTRACE_INVALID_DATA for what is no gzip.
 */
export function gzipHeaderEnd(bytes: Uint8Array, from: number): number | undefined {
  if (!MAGIC_AND_METHOD.every((byte, i) => from + i >= bytes.length || bytes[from + i] === byte)) {
    throw damaged("it does not begin as gzip does");
  }
  if (bytes.length < from + FIXED_LENGTH) return undefined;
  const flags = bytes[from + 3] as number;
  if ((flags & RESERVED) !== 0) throw damaged("its header has a reserved flag set");
  let at = from + FIXED_LENGTH;
  if ((flags & HAS_EXTRA) !== 0) at += 2 + (bytes[at] ?? 0) + 256 * (bytes[at + 1] ?? 0);
  for (const text of [HAS_NAME, HAS_COMMENT]) {
    if ((flags & text) === 0) continue;
    const end = bytes.indexOf(0, at);
    if (end < 0) return undefined;
    at = end + 1;
  }
  if ((flags & HAS_CHECKSUM) !== 0) at += 2;
  return at <= bytes.length ? at : undefined;
}

function damaged(what: string): SealtraceError {
  return new SealtraceError("SEALTRACE_INVALID_DATA", `It can't be decompressed: ${what}.`);
}

const FIXED_LENGTH = 10;
const MAGIC_AND_METHOD = [0x1f, 0x8b, 8];
const HAS_CHECKSUM = 2;
const HAS_EXTRA = 4;
const HAS_NAME = 8;
const HAS_COMMENT = 16;
const RESERVED = 0b1110_0000;
