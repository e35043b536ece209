/** The note that closes a stream for good. See `docs/format.md`, "Closed stream". */
import { pathExists, readFileText } from "../file-utils/essentials/index.ts";
import { NoteError, openNote, type VerifierKey } from "../seal/index.ts";
import { isStreamName, layout } from "./layout.ts";

export interface ClosedNote {
  readonly found: number;
  readonly signed: number;
  readonly successor: string;
}

const MAX_BYTES = 64 * 1024;
const TITLE = "sealtrace closed stream";

export function formatClosedNote(origin: string, { found, signed, successor }: ClosedNote): string {
  return `${TITLE}\n${origin}\nfound ${found} signed ${signed}\nsuccessor ${successor}\n`;
}

/** What the note says; undefined when the stream is not closed. Throws a NoteError for a note that this key has not signed. */
export function readClosedNote(stream: string, key: VerifierKey): ClosedNote | undefined {
  const path = layout.closed(stream);
  if (!pathExists(path)) return undefined;
  const [title, origin, counts, successor] = openNote(readFileText(path, MAX_BYTES), key).split("\n");
  const numbers = /^found (\d{1,15}) signed (\d{1,15})$/.exec(counts ?? "");
  const name = /^successor (\S+)$/.exec(successor ?? "")?.[1];
  if (title !== TITLE || origin !== key.name || numbers === null || name === undefined || !isStreamName(name)) {
    throw new NoteError("the note that closes the stream says something else than it should");
  }
  return { found: Number(numbers[1]), signed: Number(numbers[2]), successor: name };
}
