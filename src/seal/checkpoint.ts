/** C2SP tlog-checkpoint (c2sp.org/tlog-checkpoint): the text of a signed note that commits to a tree. */
import { HASH_BYTES } from "./merkle-tree.ts";
import { NoteError } from "./signed-note.ts";

export interface Checkpoint {
  readonly origin: string;
  /** Leaves under the checkpoint. */
  readonly size: number;
  readonly root: Buffer;
}

/** Origin, size and root, a line each. */
export function formatCheckpoint({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${root.toString("base64")}\n`;
}

/** The inverse; lines after the third are extensions and ignored. Throws a NoteError for anything else. */
export function parseCheckpointText(text: string): Checkpoint {
  const [origin, digits, base64] = text.split("\n");
  if (origin === undefined || origin === "" || digits === undefined || base64 === undefined) {
    throw new NoteError("a checkpoint has an origin, a size and a root, a line each");
  }
  const size = Number(digits);
  if (!/^(0|[1-9][0-9]*)$/.test(digits) || !Number.isSafeInteger(size))
    throw new NoteError("the checkpoint's size is no number");
  const root = Buffer.from(base64, "base64");
  if (root.length !== HASH_BYTES || root.toString("base64") !== base64)
    throw new NoteError("the checkpoint's root is no hash");
  return { origin, size, root };
}
