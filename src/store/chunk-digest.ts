import { createHash } from "node:crypto";
import { fileSize, readRange } from "../file-utils/essentials/index.ts";
import type { ChunkReference } from "./control-record.ts";
import { layout, traceIndex } from "./layout.ts";

const PIECE_BYTES = 1024 * 1024;

/** Whether the bytes that a record covers are there and unchanged. */
export function checkChunk(
  stream: string,
  { file, offset, bytes, sha256 }: ChunkReference,
): "right" | "missing" | "changed" {
  if (traceIndex(file) === undefined) return "missing";
  const path = layout.trace(stream, file);
  const size = fileSize(path);
  if (size === undefined || size < offset + bytes) return "missing";
  const hash = createHash("sha256");
  for (let done = 0; done < bytes;) {
    const piece = readRange(path, offset + done, Math.min(PIECE_BYTES, bytes - done));
    if (piece.length === 0) return "missing";
    hash.update(piece);
    done += piece.length;
  }
  return hash.digest("hex") === sha256 ? "right" : "changed";
}
