import { fileSize, listDirectory, readRange } from "../file-utils/essentials/index.ts";
import { SealtraceError } from "../record/index.ts";
import { checkFormat } from "./format-file.ts";
import { layout, traceIndex } from "./layout.ts";
import { requireStream } from "./list-streams.ts";
import { CHUNK_HEADER_BYTES, chunkBytes, decodeChunk, type TraceChunk } from "./trace-chunk.ts";

/** A chunk that can't be read. */
export interface TraceChunkError {
  readonly file: string;
  readonly offset: number;
  readonly error: SealtraceError;
}

/**
 * The chunks of calls of a stream, in the order in which they were written, one in memory at a time. Nothing is verified. What can't be
 * read comes as an error in its place: a damaged chunk is passed over, what can't be passed over ends its file. Throws
 * SEALTRACE_NOT_A_STREAM, SEALTRACE_FORMAT_TOO_NEW, or what the file system says.
 */
export function* readTraceChunks(directory: string): Generator<TraceChunk | TraceChunkError> {
  const stream = requireStream(directory);
  checkFormat(stream);
  const names = listDirectory(layout.traceDirectory(stream)).filter((name) => traceIndex(name) !== undefined);
  for (const name of names.sort((a, b) => (traceIndex(a) as number) - (traceIndex(b) as number))) {
    yield* readFileChunks(stream, name);
  }
}

function* readFileChunks(stream: string, file: string): Generator<TraceChunk | TraceChunkError> {
  const path = layout.trace(stream, file);
  const size = fileSize(path) ?? 0;
  for (let offset = 0; offset < size;) {
    const length = attempt(() => chunkBytes(readRange(path, offset, CHUNK_HEADER_BYTES), `${path} at byte ${offset}`));
    if (length instanceof SealtraceError) {
      yield { file, offset, error: length };
      return;
    }
    const at = offset;
    const chunk = attempt(() => decodeChunk(readRange(path, at, length), file, at));
    yield chunk instanceof SealtraceError ? { file, offset, error: chunk } : chunk;
    offset += length;
  }
}

function attempt<T>(action: () => T): T | SealtraceError {
  try {
    return action();
  } catch (error) {
    if (error instanceof SealtraceError) return error;
    throw error;
  }
}
