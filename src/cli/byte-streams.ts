/** Files, standard input and standard output as bytes; `-` names the standard ones. */
import { once } from "node:events";
import { pipeline } from "node:stream/promises";
import { createReadStream, createWriteStream } from "../file-utils/index.ts";
import { SealtraceError } from "../record/index.ts";

export type Bytes = AsyncIterable<Uint8Array>;

export function readBytes(path: string): Bytes {
  return path === "-" ? (process.stdin as Bytes) : createReadStream(path);
}

/** All of it, as it is, whatever its name says. Rejects with SEALTRACE_FILE_TOO_LARGE when it is more than so many bytes. */
export async function readSmallFile(path: string, maxBytes: number): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of readBytes(path)) {
    pieces.push(piece);
    length += piece.length;
    if (length > maxBytes) {
      throw new SealtraceError(
        "SEALTRACE_FILE_TOO_LARGE",
        `${path} has more than ${maxBytes} bytes: it is no such file.`,
      );
    }
  }
  return Buffer.concat(pieces);
}

/**
 * Writes a file, which is there only once everything is right, or to standard output, piece by piece. `mode` is a new file's; default: for its owner alone.
 * Resolves to how many bytes.
 */
export async function writeBytes(pieces: Bytes | Iterable<Uint8Array>, path: string, mode?: number): Promise<number> {
  let length = 0;
  async function* counted(source: Bytes | Iterable<Uint8Array>): Bytes {
    for await (const piece of source) {
      length += piece.length;
      yield piece;
    }
  }
  if (path !== "-") {
    await pipeline(pieces, counted, createWriteStream(path, { mode }));
    return length;
  }
  for await (const piece of counted(pieces)) {
    if (!process.stdout.write(piece)) await once(process.stdout, "drain");
  }
  return length;
}
