/** The seal: RFC 6962 tree, C2SP signed notes and checkpoints. Pure functions over bytes; nothing here knows a file. */
export { CompactRange, EMPTY_ROOT, HASH_BYTES, leafHash, nodeHash } from "./merkle-tree.ts";
export { formatCheckpoint, parseCheckpointText, type Checkpoint } from "./checkpoint.ts";
export {
  decodeVerifierKey,
  encodeVerifierKey,
  NoteError,
  openNote,
  parseNote,
  publicKeyBytes,
  signNote,
  type Note,
  type NoteSignature,
  type VerifierKey,
} from "./signed-note.ts";
