/**
 * Reads zip archives for the scanner: as tolerantly as the least careful reader of them, and telling where they are not what they say. Checksums, flags and names that
 * don't fit are findings, never a reason not to look (CVE-2025-10156).
 */
import { bufferOf } from "../../encoding/buffer-of.ts";
import { crc32, inflateRawSync } from "node:zlib";
import { mostOutput } from "../../compression/codec.ts";

export interface ZipMember {
  readonly name: string;
  readonly at: number;
  readonly content: Uint8Array;
  /** What is wrong with it. */
  readonly problems: readonly string[];
}

export interface ZipOptions {
  /** Throws when so many bytes are more than there may be. */
  readonly spendBytes: (bytes: number) => void;
  /** The same for bytes that take no room of their own. */
  readonly spendStored: (bytes: number) => void;
  readonly bytesLeft: () => number;
  readonly problem: (message: string, at: number) => void;
}

interface Entry {
  readonly name: string;
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly compressed: number;
  readonly size: number;
  readonly header: number;
}

const END = 0x06054b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
const LOCAL_HEADER = 30;
const CENTRAL_HEADER = 46;
const END_RECORD = 22;

/** Where the archive's end record is; -1 if there is none. */
export function findZipEnd(bytes: Uint8Array): number {
  const view = viewOf(bytes);
  const first = Math.max(0, bytes.length - END_RECORD - 0xffff);
  for (let at = bytes.length - END_RECORD; at >= first; at -= 1) {
    if (bytes[at] === 0x50 && view.getUint32(at, true) === END) return at;
  }
  return -1;
}

/** All members, also those that the directory doesn't list. */
export function* readZip(bytes: Uint8Array, options: ZipOptions): Generator<ZipMember> {
  const end = findZipEnd(bytes);
  if (end < 0) options.problem("the archive has no directory at its end", 0);
  const entries = end < 0 ? [] : readDirectory(bytes, end, options);
  const taken: [from: number, to: number][] = [];
  for (const entry of entries) {
    const member = readMember(bytes, entry, options);
    taken.push([entry.header, member.end]);
    yield { name: entry.name, at: entry.header, content: member.content, problems: member.problems };
  }
  yield* readUnlisted(bytes, taken, options);
}

function readDirectory(bytes: Uint8Array, end: number, options: ZipOptions): Entry[] {
  const view = viewOf(bytes);
  const large = findZip64(bytes, end);
  const directoryEnd = large ?? end;
  const is64 =
    large !== undefined &&
    (view.getUint32(end + 12, true) === 0xffff_ffff || view.getUint32(end + 16, true) === 0xffff_ffff);
  const directorySize = is64 ? Number(view.getBigUint64(large + 40, true)) : view.getUint32(end + 12, true);
  const directoryOffset = is64 ? Number(view.getBigUint64(large + 48, true)) : view.getUint32(end + 16, true);
  // What stands before the archive shifts it: the directory ends where the end record begins.
  const start = directoryEnd - directorySize;
  const shift = start - directoryOffset;
  const entries: Entry[] = [];
  let at = start >= 0 && shift >= 0 ? start : -1;
  if (at < 0) options.problem("the directory of the archive is not where its end says", end);
  while (at >= 0 && at + CENTRAL_HEADER <= directoryEnd) {
    if (view.getUint32(at, true) !== CENTRAL) {
      options.problem("the directory of the archive is damaged", at);
      break;
    }
    const nameLength = view.getUint16(at + 28, true);
    const extraLength = view.getUint16(at + 30, true);
    const next = at + CENTRAL_HEADER + nameLength + extraLength + view.getUint16(at + 32, true);
    const sizes = sizesOf(
      view,
      at,
      at + CENTRAL_HEADER + nameLength,
      Math.min(extraLength, directoryEnd - at - CENTRAL_HEADER - nameLength),
    );
    entries.push({
      name: textOf(bytes, at + CENTRAL_HEADER, nameLength),
      flags: view.getUint16(at + 8, true),
      method: view.getUint16(at + 10, true),
      crc: view.getUint32(at + 16, true),
      ...sizes,
      header: sizes.header + shift,
    });
    at = next;
  }
  return entries;
}

/** Where the end record of 64 bits is, before that of 32: by its place, not by what leads to it, for what stands before the archive shifts it. */
function findZip64(bytes: Uint8Array, end: number): number | undefined {
  const view = viewOf(bytes);
  const locator = end - 20;
  if (locator < 56 || view.getUint32(locator, true) !== 0x07064b50) return undefined;
  return [locator - 56, Number(view.getBigUint64(locator + 8, true))].find(
    (at) => at + 56 <= locator && view.getUint32(at, true) === 0x06064b50,
  );
}

/** Sizes and place, which for large ones are in the extra field. */
function sizesOf(
  view: DataView,
  at: number,
  extra: number,
  extraLength: number,
): { compressed: number; size: number; header: number } {
  const values = [view.getUint32(at + 24, true), view.getUint32(at + 20, true), view.getUint32(at + 42, true)];
  for (let field = extra; field + 4 <= extra + extraLength; field += 4 + view.getUint16(field + 2, true)) {
    if (view.getUint16(field, true) !== 1) continue;
    let from = field + 4;
    const to = Math.min(extra + extraLength, from + view.getUint16(field + 2, true));
    values.forEach((value, i) => {
      if (value !== 0xffff_ffff || from + 8 > to) return;
      values[i] = Number(view.getBigUint64(from, true));
      from += 8;
    });
  }
  const [size, compressed, header] = values as [number, number, number];
  return { size, compressed, header };
}

function readMember(
  bytes: Uint8Array,
  entry: Entry,
  options: ZipOptions,
): { content: Uint8Array; problems: string[]; end: number } {
  const view = viewOf(bytes);
  const problems: string[] = [];
  const { header, name } = entry;
  if (!(header >= 0 && header + LOCAL_HEADER <= bytes.length) || view.getUint32(header, true) !== LOCAL) {
    return { content: new Uint8Array(0), problems: ["it is not where the directory says"], end: header };
  }
  const nameLength = view.getUint16(header + 26, true);
  const start = header + LOCAL_HEADER + nameLength + view.getUint16(header + 28, true);
  const end = Math.min(bytes.length, start + entry.compressed);
  if (textOf(bytes, header + LOCAL_HEADER, nameLength) !== name)
    problems.push("its name differs between directory and header");
  if (((entry.flags | view.getUint16(header + 6, true)) & 1) !== 0) problems.push("it says that it is encrypted");
  if (start + entry.compressed > bytes.length) problems.push("it is cut off");
  const stored = bytes.subarray(Math.min(start, bytes.length), end);
  const content = expand(stored, entry.method, options, problems);
  if (content.length !== entry.size) problems.push(`it has ${content.length} bytes, not ${entry.size}`);
  if (crc32(content) !== entry.crc) problems.push("its checksum is wrong");
  return { content, problems, end };
}

function expand(stored: Uint8Array, method: number, options: ZipOptions, problems: string[]): Uint8Array {
  if (method === 0) {
    options.spendStored(stored.length);
    return stored;
  }
  if (method !== 8) {
    problems.push(`it is compressed by method ${method}, which can't be looked into`);
    return new Uint8Array(0);
  }
  const left = options.bytesLeft();
  try {
    const content = inflateRawSync(stored, { maxOutputLength: mostOutput(left), finishFlush: SYNC_FLUSH });
    options.spendBytes(content.length);
    return content;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") options.spendBytes(left + 1);
    problems.push("it can't be decompressed");
    return new Uint8Array(0);
  }
}

/** `zlib.constants.Z_SYNC_FLUSH`: what is cut off is decompressed as far as it goes. */
const SYNC_FLUSH = 2;

/** Members that the directory doesn't list, which readers that go from header to header find. */
function* readUnlisted(
  bytes: Uint8Array,
  taken: readonly (readonly [number, number])[],
  options: ZipOptions,
): Generator<ZipMember> {
  const view = viewOf(bytes);
  const known = taken.toSorted(([one], [other]) => one - other);
  let next = 0;
  let covered = 0;
  for (let at = indexOfLocal(bytes, 0); at >= 0; at = indexOfLocal(bytes, at + 4)) {
    for (; next < known.length && (known[next] as readonly [number, number])[0] <= at; next += 1) {
      covered = Math.max(covered, (known[next] as readonly [number, number])[1]);
    }
    if (at < covered || known[next - 1]?.[0] === at || at + LOCAL_HEADER > bytes.length) continue;
    const nameLength = view.getUint16(at + 26, true);
    const compressed = view.getUint32(at + 18, true);
    const size = view.getUint32(at + 22, true);
    const isUnsized = compressed === 0xffff_ffff || (compressed === 0 && (view.getUint16(at + 6, true) & 8) !== 0);
    const start = at + LOCAL_HEADER + nameLength + view.getUint16(at + 28, true);
    const entry: Entry = {
      name: textOf(bytes, at + LOCAL_HEADER, nameLength),
      flags: view.getUint16(at + 6, true),
      method: view.getUint16(at + 8, true),
      crc: view.getUint32(at + 14, true),
      compressed: isUnsized ? Math.max(0, bytes.length - start) : compressed,
      size,
      header: at,
    };
    const { content, problems, end } = readMember(bytes, entry, options);
    covered = isUnsized ? covered : Math.max(covered, end);
    yield { name: entry.name, at, content, problems: ["the archive's directory doesn't list it", ...problems] };
  }
}

function indexOfLocal(bytes: Uint8Array, from: number): number {
  return bufferOf(bytes).indexOf("PK\x03\x04", from, "latin1");
}

function textOf(bytes: Uint8Array, at: number, length: number): string {
  return Buffer.from(bytes.subarray(at, at + length)).toString();
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
