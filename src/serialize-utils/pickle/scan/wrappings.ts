/** What pickles come wrapped in, by the first bytes and never by the name of the file (CVE-2025-10155). */
import { gunzipSync, inflateSync } from "node:zlib";
import { mostOutput } from "../../compression/codec.ts";
import { decompress } from "../../compression/compression.ts";

export type Wrapping = "zip" | "gzip" | "zlib" | "zstd" | "tar" | "npy" | "pickle" | { readonly unreadable: string };

const UNREADABLE: readonly (readonly [name: string, magic: string])[] = [
  ["bzip2", "BZh"],
  ["xz", "\xfd7zXZ\0"],
  ["lzma", "]\0\0"],
  ["lz4", "\x04\x22\x4d\x18"],
  ["7-Zip", "7z\xbc\xaf\x27\x1c"],
  ["RAR", "Rar!\x1a\x07"],
];

export function wrappingOf(bytes: Uint8Array): Wrapping {
  const head = Buffer.from(bytes.subarray(0, 265)).toString("latin1");
  if (head.startsWith("PK\x03\x04") || head.startsWith("PK\x05\x06")) return "zip";
  if (head.startsWith("\x1f\x8b")) return "gzip";
  if (head.startsWith("\x28\xb5\x2f\xfd")) return "zstd";
  if (head.startsWith("\x93NUMPY")) return "npy";
  if (head.slice(257, 262) === "ustar") return "tar";
  // Its other first bytes are opcodes of pickle too; "x" is none.
  if (head.startsWith("x") && (0x78 * 256 + head.charCodeAt(1)) % 31 === 0) return "zlib";
  const unreadable = UNREADABLE.find(([, magic]) => head.startsWith(magic));
  return unreadable === undefined ? "pickle" : { unreadable: unreadable[0] };
}

/** What was compressed, and what follows it. */
export interface Unwrapped {
  readonly content: Uint8Array;
  readonly rest: Uint8Array;
}

/** At most `maxBytes`; throws what `node:zlib` throws. A stream that is cut off gives what there is. */
export function unwrap(kind: "gzip" | "zlib" | "zstd", bytes: Uint8Array, maxBytes: number): Unwrapped {
  if (kind === "zstd") return { content: decompress(bytes, kind, { maxBytes }), rest: new Uint8Array(0) };
  const options = { maxOutputLength: mostOutput(maxBytes), finishFlush: SYNC_FLUSH, info: true };
  // With `info` they give more than their types say.
  const { buffer, engine } = (kind === "gzip" ? gunzipSync : inflateSync)(bytes, options) as unknown as {
    readonly buffer: Buffer;
    readonly engine: { readonly bytesWritten: number };
  };
  // Zeros between members of gzip are padding.
  const follows = bytes.subarray(engine.bytesWritten).findIndex((byte) => byte !== 0);
  return { content: buffer, rest: follows < 0 ? bytes.subarray(0, 0) : bytes.subarray(engine.bytesWritten + follows) };
}

/** `zlib.constants.Z_SYNC_FLUSH`. */
const SYNC_FLUSH = 2;
