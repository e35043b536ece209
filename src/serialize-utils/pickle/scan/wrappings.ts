/** What pickles come wrapped in, by the first bytes and never by the name of the file (CVE-2025-10155). */
import { gunzipSync, inflateSync, zstdDecompressSync } from "node:zlib";

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

/** At most `maxBytes`; throws what `node:zlib` throws. A stream that is cut off gives what there is. */
export function unwrap(kind: "gzip" | "zlib" | "zstd", bytes: Uint8Array, maxBytes: number): Uint8Array {
  const maxOutputLength = Math.max(1, maxBytes);
  if (kind === "zstd") return zstdDecompressSync(bytes, { maxOutputLength });
  const options = { maxOutputLength, finishFlush: 2 };
  return kind === "gzip" ? gunzipSync(bytes, options) : inflateSync(bytes, options);
}

export function* readTar(
  bytes: Uint8Array,
): Generator<{ readonly name: string; readonly content: Uint8Array; readonly at: number }> {
  const text = (from: number, length: number): string =>
    Buffer.from(bytes.subarray(from, from + length))
      .toString("latin1")
      .replace(/\0.*$/s, "");
  for (let at = 0; at + 512 <= bytes.length;) {
    const name = text(at, 100);
    const size = Number.parseInt(text(at + 124, 12).trim() || "0", 8);
    if (name === "" || !(size >= 0)) return;
    yield { name, content: bytes.subarray(at + 512, at + 512 + size), at };
    at += 512 * (1 + Math.ceil(size / 512));
  }
}

/** Where a `.npy` file's pickle begins: undefined for an array of plain elements. */
export function pickleInNpy(bytes: Uint8Array): number | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < 12) return undefined;
  const isNew = (bytes[6] as number) >= 2;
  const start = isNew ? 12 : 10;
  const end = start + (isNew ? view.getUint32(8, true) : view.getUint16(8, true));
  const header = Buffer.from(bytes.subarray(start, end)).toString("latin1");
  // Also within records.
  return /'[|<>=]?O\d*'|object/.test(header) ? end : undefined;
}
