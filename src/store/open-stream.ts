/** Finds or makes the stream that a starting writer writes. */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import {
  acquireLock,
  createPrivateDirectory,
  listDirectory,
  pathExists,
  readFileText,
  replaceFile,
  type Lock,
} from "../file-utils/essentials/index.ts";
import { SealtraceError } from "../record/index.ts";
import { decodeVerifierKey, encodeVerifierKey, NoteError, signNote, type VerifierKey } from "../seal/index.ts";
import { formatClosedNote, readClosedNote, type ClosedNote } from "./closed-note.ts";
import { checkFormat } from "./format-file.ts";
import type { Installation } from "./keys.ts";
import { FORMAT_LINE, FORMAT_VERSION, layout, streamPrefix } from "./layout.ts";
import { recoverStream, type Broken, type Recovered } from "./recovery.ts";
import { originOf, StreamWriter, type StreamPosition } from "./stream-writer.ts";

export interface OpenStreamOptions {
  readonly logsDirectory: string;
  /** `service.name`; begins the stream's name. */
  readonly service: string;
  readonly installation: Installation;
  /** Name of the stream to go on with, if it is to be had; default: any idle one of this service. */
  readonly preferred?: string;
  /** Of sealtrace, for the record. */
  readonly version: string;
  /** A segment is closed once it has this many bytes; default 8 MiB. */
  readonly segmentBytes?: number;
  /** ... or this many records; default 65,536. */
  readonly segmentRecords?: number;
}

const DEFAULT_SEGMENT_BYTES = 8 * 1024 * 1024;
const DEFAULT_SEGMENT_RECORDS = 65_536;
const MAX_KEY_BYTES = 4096;

/**
 * The writer of an idle stream of this service, recovered if its last writer died, else of a new one. A stream that has lost signed records
 * is closed, and its successor begun. Throws a SealtraceError when the logs can't be written.
 */
export function openStream(options: OpenStreamOptions): StreamWriter {
  createPrivateDirectory(options.logsDirectory);
  const { preferred } = options;
  const names = streamNames(options).sort((a, b) => Number(b === preferred) - Number(a === preferred));
  const promised = promisedSuccessors(options, names);
  for (const name of new Set([...promised.keys(), ...names])) {
    const stream = tryOpen(options, name, promised.get(name));
    if (stream !== undefined) return stream;
  }
  for (;;) {
    const stream = tryOpen(options, newName(options.service), undefined);
    if (stream !== undefined) return stream;
  }
}

/** What a successor says of the stream before it. */
interface Predecessor extends ClosedNote {
  readonly name: string;
}

function streamNames({ logsDirectory, service }: OpenStreamOptions): string[] {
  const prefix = `${streamPrefix(service)}-`;
  return listDirectory(logsDirectory).filter(
    (name) => name.startsWith(prefix) && /^[0-9a-f]{8}$/.test(name.slice(prefix.length)),
  );
}

function newName(service: string): string {
  return `${streamPrefix(service)}-${randomBytes(4).toString("hex")}`;
}

/** The successors that closed streams name: a death may have come before they were begun. */
function promisedSuccessors(options: OpenStreamOptions, names: readonly string[]): Map<string, Predecessor> {
  const promised = new Map<string, Predecessor>();
  for (const name of names) {
    const note = readOwnClosedNote(options, name);
    if (note !== undefined) promised.set(note.successor, { name, ...note });
  }
  return promised;
}

function readOwnClosedNote({ logsDirectory, installation }: OpenStreamOptions, name: string): ClosedNote | undefined {
  try {
    return readClosedNote(join(logsDirectory, name), ownKey(installation, name));
  } catch (error) {
    if (error instanceof NoteError || error instanceof SealtraceError) return undefined;
    throw error;
  }
}

/**
 * The writer of the stream of this name, made if there is none. Undefined when it is not to be had: somebody writes it, it is closed, or it is
 * not ours to write. A directory that we have just made may hold records by the time we have its lock: a process that looked for an idle stream
 * was faster. So a new stream is recovered like any other.
 */
function tryOpen(
  options: OpenStreamOptions,
  name: string,
  predecessor: Predecessor | undefined,
): StreamWriter | undefined {
  const directory = join(options.logsDirectory, name);
  if (!pathExists(directory)) createPrivateDirectory(directory);
  if (!isOurs(options, name)) return undefined;
  const lock = acquireLock(layout.lock(directory));
  if (lock === undefined) return undefined;
  let closing: ClosedNote | undefined;
  try {
    if (!pathExists(layout.closed(directory))) {
      const found = recoverStream(directory, ownKey(options.installation, name));
      if (found?.kind === "recovered") return takeOver(options, name, lock, found, predecessor);
      if (found?.kind === "broken") closing = closeForGood(options, name, found);
    }
  } catch (error) {
    lock.release();
    throw error;
  }
  lock.release();
  return closing === undefined ? undefined : tryOpen(options, closing.successor, { name, ...closing });
}

/** A stream of a newer format, or of another installation, is left alone; so is one whose files say nothing sensible. */
function isOurs({ logsDirectory, installation }: OpenStreamOptions, name: string): boolean {
  const directory = join(logsDirectory, name);
  try {
    if (checkFormat(directory) === "damaged") return false;
    const keyFile = layout.verifierKey(directory);
    // A death while the stream was made: nothing can be in it yet.
    if (!pathExists(keyFile)) return !pathExists(layout.checkpoint(directory));
    const key = decodeVerifierKey(readFileText(keyFile, MAX_KEY_BYTES).trimEnd());
    return key.name === originOf(installation, name) && key.publicKey.equals(installation.publicKey);
  } catch (error) {
    if (error instanceof NoteError || error instanceof SealtraceError) return false;
    throw error;
  }
}

function takeOver(
  options: OpenStreamOptions,
  name: string,
  lock: Lock,
  { position, torn, tornTrace }: Recovered,
  predecessor: Predecessor | undefined,
): StreamWriter {
  const { size } = position.tree;
  const writer = begin(options, name, lock, position, predecessor);
  if (size > position.signedSize || torn.bytes > 0 || tornTrace.bytes > 0) {
    writer.appendControl("recovery", {
      "sealtrace.late.from": position.signedSize,
      "sealtrace.late.to": size,
      "sealtrace.torn_bytes": torn.bytes,
      "sealtrace.torn_file": torn.file,
      "sealtrace.trace_torn_bytes": tornTrace.bytes,
    });
  } else if (size > 0) {
    writer.appendControl("writer-start", { "sealtrace.size": size });
  }
  writer.checkpoint();
  return writer;
}

function closeForGood(options: OpenStreamOptions, name: string, { found, signed }: Broken): ClosedNote {
  const origin = originOf(options.installation, name);
  const note: ClosedNote = { found, signed, successor: newName(options.service) };
  const text = signNote(formatClosedNote(origin, note), origin, options.installation.privateKey);
  replaceFile(layout.closed(join(options.logsDirectory, name)), text);
  return note;
}

/** The writer of a stream; what every stream begins with is made where it is missing. */
function begin(
  options: OpenStreamOptions,
  name: string,
  lock: Lock,
  position: StreamPosition,
  predecessor: Predecessor | undefined,
): StreamWriter {
  const { logsDirectory, installation, service, version } = options;
  const directory = join(logsDirectory, name);
  createPrivateDirectory(layout.traceDirectory(directory));
  if (!pathExists(layout.verifierKey(directory))) {
    const key = encodeVerifierKey(originOf(installation, name), installation.publicKey);
    replaceFile(layout.verifierKey(directory), `${key}\n`);
  }
  if (!pathExists(layout.format(directory))) replaceFile(layout.format(directory), FORMAT_LINE);
  const { segmentBytes = DEFAULT_SEGMENT_BYTES, segmentRecords = DEFAULT_SEGMENT_RECORDS } = options;
  const writer = new StreamWriter({
    directory,
    name,
    service,
    installation,
    lock,
    position,
    segmentBytes,
    segmentRecords,
  });
  if (writer.size === 0) {
    writer.appendControl("stream-start", {
      "sealtrace.version": version,
      "sealtrace.format": FORMAT_VERSION,
      ...(predecessor === undefined
        ? {}
        : {
            "sealtrace.predecessor": predecessor.name,
            "sealtrace.predecessor_signed": predecessor.signed,
            "sealtrace.predecessor_found": predecessor.found,
          }),
    });
  }
  return writer;
}

function ownKey(installation: Installation, name: string): VerifierKey {
  return decodeVerifierKey(encodeVerifierKey(originOf(installation, name), installation.publicKey));
}
