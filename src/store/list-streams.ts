import { basename, join, resolve } from "node:path";
import { fileSize, isLocked, listDirectory, pathExists, readLines } from "../file-utils/essentials/index.ts";
import { MAX_LINE_BYTES, SealtraceError } from "../record/index.ts";
import { NoteError, parseCheckpointText, parseNote } from "../seal/index.ts";
import { readNewestNote } from "./checkpoint-file.ts";
import { layout } from "./layout.ts";
import { listSegments } from "./segments.ts";

export interface StreamInfo {
  readonly name: string;
  /** Absolute. */
  readonly directory: string;
  /** What its checkpoints call it, not verified; "" when nothing says. */
  readonly origin: string;
  /** Records under the newest checkpoint, not verified. */
  readonly size: number | undefined;
  /** A writer holds it. */
  readonly active: boolean;
  /** Closed for good. */
  readonly closed: boolean;
}

/**
 * The streams in a logs directory, the one that began last at the end; or the one stream that the directory is. Nothing is verified here.
 * Throws SEALTRACE_NOT_A_STREAM when there is none, SEALTRACE_DIRECTORY_UNREADABLE when it can't be read.
 */
export function listStreams(directory: string): StreamInfo[] {
  const path = resolve(directory);
  if (!pathExists(path)) {
    throw new SealtraceError(
      "SEALTRACE_NOT_A_STREAM",
      `There is no directory ${path}. Give the logs directory, or one stream in it.`,
    );
  }
  if (isStream(path)) return [describe(path)];
  const streams = listDirectory(path)
    .map((name) => join(path, name))
    .filter((entry) => fileSize(entry) === undefined && isStream(entry));
  if (streams.length === 0) {
    throw new SealtraceError(
      "SEALTRACE_NOT_A_STREAM",
      `${path} holds no stream. Give the logs directory, or one stream in it.`,
    );
  }
  const begun = new Map(streams.map((stream) => [stream, firstTime(stream)]));
  const order = (stream: string): string => begun.get(stream) ?? "";
  return streams.sort((a, b) => (order(a) < order(b) ? -1 : order(a) > order(b) ? 1 : 0)).map(describe);
}

/** Any of a stream's own files makes one: what somebody has taken away must be missed. */
function isStream(directory: string): boolean {
  return (
    pathExists(layout.format(directory)) ||
    pathExists(layout.verifierKey(directory)) ||
    pathExists(layout.checkpoint(directory)) ||
    pathExists(layout.checkpoints(directory)) ||
    listSegments(directory).length > 0
  );
}

function describe(directory: string): StreamInfo {
  const { origin, size } = newestCheckpoint(directory);
  return {
    name: basename(directory),
    directory,
    origin,
    size,
    active: isLocked(layout.lock(directory)),
    closed: pathExists(layout.closed(directory)),
  };
}

function newestCheckpoint(directory: string): { origin: string; size: number | undefined } {
  try {
    const note = readNewestNote(directory);
    if (note !== undefined) return parseCheckpointText(parseNote(note).text);
  } catch (error) {
    if (!(error instanceof NoteError || error instanceof SealtraceError)) throw error;
  }
  return { origin: "", size: undefined };
}

/** `@timestamp` of the first record that is there. */
function firstTime(stream: string): string {
  const [segment] = listSegments(stream);
  if (segment === undefined) return "";
  for (const line of readLines(layout.segment(stream, segment), { maxBytes: MAX_LINE_BYTES })) {
    return /^\{"@timestamp":"([^"]*)"/.exec(line.bytes.toString())?.[1] ?? "";
  }
  return "";
}

/** The stream's directory, absolute. Throws SEALTRACE_NOT_A_STREAM when it is none. */
export function requireStream(directory: string): string {
  const path = resolve(directory);
  if (pathExists(path) && fileSize(path) === undefined && isStream(path)) return path;
  throw new SealtraceError(
    "SEALTRACE_NOT_A_STREAM",
    `${path} is no stream. Give a stream's directory, as \`sealtrace verify\` lists them.`,
  );
}
