/**
 * What a writer does before it takes over a stream: find what is there, hold it against the newest checkpoint, set aside what a death in
 * the middle of a write has left. Only ever called under the stream's lock.
 */
import { join } from "node:path";
import {
  Appender,
  createPrivateDirectory,
  fileSize,
  listDirectory,
  pathExists,
  readFileText,
  readRange,
  removeFile,
  replaceFile,
} from "../file-utils/essentials/index.ts";
import { MAX_LINE_BYTES } from "../record/index.ts";
import { CompactRange, leafHash, type VerifierKey } from "../seal/index.ts";
import { readCheckpointEntries, readNewestNote, tryOpenCheckpoint } from "./checkpoint-file.ts";
import { checkChunk } from "./chunk-digest.ts";
import { parseControlRecord, readChunkReference } from "./control-record.ts";
import { layout, padded, traceIndex } from "./layout.ts";
import { NO_PREVIOUS, parseSealField, previousOf } from "./seal-field.ts";
import { listSegments, readSegmentLines } from "./segments.ts";
import type { StreamPosition } from "./stream-writer.ts";

export interface Recovered {
  readonly kind: "recovered";
  readonly position: StreamPosition;
  /** Bytes of the segment that were set aside, and the file they are in. */
  readonly torn: SetAside;
  /** The same of trace files. */
  readonly tornTrace: SetAside;
}

/** What is on the disk is not what was signed: the stream must not go on. */
export interface Broken {
  readonly kind: "broken";
  readonly found: number;
  readonly signed: number;
}

export interface SetAside {
  readonly bytes: number;
  /** Relative to the stream; "" when nothing was set aside. */
  readonly file: string;
}

const MAX_RANGE_BYTES = 4096;

/** Throws a SealtraceError when the files can't be read or written; undefined when the checkpoints are not this key's. */
export function recoverStream(stream: string, key: VerifierKey): Recovered | Broken | undefined {
  removeLeftovers(stream);
  const signed = recoverCheckpoints(stream, key);
  if (signed === undefined) return undefined;
  const found = scanTail(stream, signed.size, signed.root) ?? scanAll(stream, signed.size, signed.root);
  if (found.kind === "broken") return found;
  const { tree, previous = NO_PREVIOUS, segment, end } = found;
  const torn = setAsideTail(stream, layout.segment(stream, segment), end, padded(tree.size));
  const tornTrace = recoverTrace(stream, found);
  return { kind: "recovered", torn, tornTrace, position: { tree, previous, segment, signedSize: signed.size } };
}

/** Temporary files of a replacement that a death has cut short. */
function removeLeftovers(stream: string): void {
  for (const name of listDirectory(stream)) {
    if (name.startsWith(".") && name.endsWith(".tmp")) removeFile(join(stream, name));
  }
}

/** The newest checkpoint; both files brought to it. Undefined when something stands there that this key has not signed. */
function recoverCheckpoints(stream: string, key: VerifierKey): { size: number; root: Buffer | undefined } | undefined {
  let lastNote: string | undefined;
  let end = 0;
  for (const entry of readCheckpointEntries(stream)) {
    if (!entry.complete) break;
    lastNote = entry.note;
    end = entry.end;
  }
  if (end < (fileSize(layout.checkpoints(stream)) ?? 0)) {
    const appender = new Appender(layout.checkpoints(stream));
    appender.truncate(end);
    appender.sync();
    appender.close();
  }
  const newest = readNewestNote(stream);
  if (lastNote === undefined) return newest === undefined ? { size: 0, root: undefined } : undefined;
  const checkpoint = tryOpenCheckpoint(lastNote, key);
  if (checkpoint === undefined) return undefined;
  if (newest !== lastNote) {
    const other = newest === undefined ? undefined : tryOpenCheckpoint(newest, key);
    // `checkpoints` comes first: one that is behind has lost entries, and what was signed counts.
    if (other !== undefined && other.size > checkpoint.size) return other;
    replaceFile(layout.checkpoint(stream), lastNote);
  }
  return checkpoint;
}

interface Scan {
  readonly kind: "scan";
  readonly tree: CompactRange;
  /** Undefined when the scan has met no record. */
  readonly previous: string | undefined;
  readonly segment: number;
  /** Bytes of the last segment that hold records. */
  readonly end: number;
  /** Trace file to the end of what the scanned records cover in it. */
  readonly covered: ReadonlyMap<string, number>;
}

/** Only the last segment, from its compact range; undefined when that does not lead to the signed root. */
function scanTail(stream: string, signedSize: number, signedRoot: Buffer | undefined): Scan | undefined {
  const last = listSegments(stream).at(-1);
  if (last === undefined || last > signedSize) return undefined;
  const tree = last === 0 ? CompactRange.empty() : readRangeFile(stream, last);
  if (tree === undefined) return undefined;
  const scan = scanSegments(stream, [last], tree, signedSize, signedRoot);
  return scan.kind === "scan" && scan.previous !== undefined ? scan : undefined;
}

function scanAll(stream: string, signedSize: number, signedRoot: Buffer | undefined): Scan | Broken {
  return scanSegments(stream, listSegments(stream), CompactRange.empty(), signedSize, signedRoot);
}

function readRangeFile(stream: string, segment: number): CompactRange | undefined {
  const path = layout.range(stream, segment);
  if (!pathExists(path)) return undefined;
  const lines = readFileText(path, MAX_RANGE_BYTES).trimEnd().split("\n");
  return CompactRange.from(
    segment,
    lines.map((line) => Buffer.from(line, "base64")),
  );
}

/** Reads records on top of a tree. Signed ones only have to give the root; later ones must fit as well as can be told. */
function scanSegments(
  stream: string,
  segments: readonly number[],
  tree: CompactRange,
  signedSize: number,
  signedRoot: Buffer | undefined,
): Scan | Broken {
  const covered = new Map<string, number>();
  const broken = (): Broken => ({ kind: "broken", found: tree.size, signed: signedSize });
  let segment = segments[0] ?? 0;
  let end = 0;
  let previous = tree.size === 0 ? NO_PREVIOUS : undefined;
  if (segment !== tree.size) return broken();
  if (tree.size === signedSize && signedRoot !== undefined && !tree.root().equals(signedRoot)) return broken();
  for (const line of readSegmentLines(stream, segments)) {
    if (line.segment !== segment) {
      // A tail that does not fit can only be in the last segment: what is before it was signed when it was closed.
      if (line.segment !== tree.size) return broken();
      segment = line.segment;
    }
    if (!line.terminated || line.length > MAX_LINE_BYTES) break;
    const seal = parseSealField(line.bytes);
    const late = tree.size >= signedSize;
    if (late && (seal?.index !== tree.size || (previous !== undefined && seal.previous !== previous))) break;
    const reference = chunkReferenceOf(line.bytes);
    if (reference !== undefined) {
      if (late && checkChunk(stream, reference) !== "right") break;
      covered.set(reference.file, reference.offset + reference.bytes);
    }
    const leaf = leafHash(line.bytes);
    tree.append(leaf);
    previous = previousOf(leaf);
    end = line.offset + line.length + 1;
    if (tree.size === signedSize && signedRoot !== undefined && !tree.root().equals(signedRoot)) return broken();
  }
  if (tree.size < signedSize) return broken();
  const last = segments.at(-1) ?? 0;
  if (last !== segment) {
    if (last !== tree.size) return broken();
    segment = last;
    end = 0;
  }
  return { kind: "scan", tree, previous, segment, end, covered };
}

function chunkReferenceOf(line: Buffer): ReturnType<typeof readChunkReference> {
  const control = parseControlRecord(line);
  return control?.action === "trace-chunk" ? readChunkReference(control.fields) : undefined;
}

/** Bytes of trace files that no record covers: a death came between a chunk and its record. */
function recoverTrace(stream: string, { covered, segment, tree }: Scan): SetAside {
  let result: SetAside = { bytes: 0, file: "" };
  for (const name of listDirectory(layout.traceDirectory(stream))) {
    const index = traceIndex(name);
    // Trace files end with their segment: older ones are covered by segments that were not read here.
    if (index === undefined || index < segment) continue;
    const aside = setAsideTail(
      stream,
      layout.trace(stream, name),
      covered.get(name) ?? 0,
      `${padded(tree.size)}.trace`,
    );
    if (aside.bytes > 0) result = aside;
  }
  return result;
}

/** Moves what lies beyond `end` to a file of its own, in an order in which no death loses it. */
function setAsideTail(stream: string, path: string, end: number, what: string): SetAside {
  const size = fileSize(path) ?? 0;
  let counter = 0;
  while (pathExists(layout.torn(stream, what, counter))) counter += 1;
  if (size <= end) {
    // Set aside by a recovery that died before it could say so: it is named by the index of the record that it never wrote.
    const last = counter - 1;
    if (last < 0) return { bytes: 0, file: "" };
    return { bytes: fileSize(layout.torn(stream, what, last)) ?? 0, file: layout.tornName(what, last) };
  }
  createPrivateDirectory(layout.tornDirectory(stream));
  replaceFile(layout.torn(stream, what, counter), readRange(path, end, size - end));
  const appender = new Appender(path);
  appender.truncate(end);
  appender.sync();
  appender.close();
  return { bytes: size - end, file: layout.tornName(what, counter) };
}
