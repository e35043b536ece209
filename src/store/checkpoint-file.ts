/** `checkpoints` and `checkpoint`: the signed notes beside the segments. */
import { fileSize, pathExists, readLines, readRange } from "../file-utils/essentials/index.ts";
import { SealtraceError } from "../record/index.ts";
import { NoteError, openNote, parseCheckpointText, type Checkpoint, type VerifierKey } from "../seal/index.ts";
import { layout } from "./layout.ts";

const MAX_NOTE_LINE_BYTES = 4096;
const MAX_NOTE_LINES = 64;
const MAX_NOTE_BYTES = 64 * 1024;

/** One entry of `checkpoints`. */
export interface CheckpointEntry {
  /** From 0. */
  readonly number: number;
  /** The note as `checkpoint` had it. */
  readonly note: string;
  /** Where the next entry begins. */
  readonly end: number;
  /** False for what stands after the last complete entry. */
  readonly complete: boolean;
}

/** The entries of `checkpoints` up to a size of the file, in flat memory. What is no note comes as an entry too: the caller judges. */
export function* readCheckpointEntries(stream: string, end?: number): Generator<CheckpointEntry> {
  const path = layout.checkpoints(stream);
  if (!pathExists(path)) return;
  let lines: string[] = [];
  let emptyLines = 0;
  let number = 0;
  const limit = end ?? fileSize(path) ?? 0;
  for (const line of readLines(path, { maxBytes: MAX_NOTE_LINE_BYTES, end: limit })) {
    const text = line.bytes.toString();
    if (text === "" && line.terminated) emptyLines += 1;
    // The first empty line is the note's own, the second one ends the entry.
    if (emptyLines < 2 && lines.length < MAX_NOTE_LINES) lines.push(text);
    if (emptyLines === 2) {
      yield { number: number++, note: `${lines.join("\n")}\n`, end: line.offset + 1, complete: true };
      lines = [];
      emptyLines = 0;
    }
  }
  if (lines.length > 0) yield { number, note: lines.join("\n"), end: limit, complete: false };
}

/** The note in `checkpoint`, whatever it is (of a long one the start); undefined when there is none. */
export function readNewestNote(stream: string): string | undefined {
  const path = layout.checkpoint(stream);
  return pathExists(path) ? readRange(path, 0, MAX_NOTE_BYTES).toString() : undefined;
}

/** The checkpoint in a note, signed by this key for this origin. Throws a NoteError that says why it is none. */
export function openCheckpoint(note: string, key: VerifierKey): Checkpoint {
  const checkpoint = parseCheckpointText(openNote(note, key));
  if (checkpoint.origin !== key.name)
    throw new NoteError(`the checkpoint is of ${checkpoint.origin}, not of ${key.name}`);
  return checkpoint;
}

/** Like {@link openCheckpoint}, but undefined for what is none. */
export function tryOpenCheckpoint(note: string, key: VerifierKey): Checkpoint | undefined {
  try {
    return openCheckpoint(note, key);
  } catch (error) {
    if (error instanceof NoteError || error instanceof SealtraceError) return undefined;
    throw error;
  }
}
