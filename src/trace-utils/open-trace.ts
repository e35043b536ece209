import { listStreams, readTraceChunks, type TraceChunk, type TraceChunkError } from "../store/index.ts";

export interface OpenTraceOptions {
  /** Only the chunk at this place counts, if given: `file` and `offset` as the stream's `trace-chunk` records name them. */
  readonly only?: (file: string, offset: number) => boolean;
}

/** The calls of one or more streams. */
export interface Trace {
  /** The streams' directories, the one that began last at the end. */
  readonly streams: readonly string[];
  /** Reads the chunks, one in memory at a time. May be called again. What can't be read is left out and kept in `errors`. */
  chunks(): Generator<TraceChunk>;
  /** What could not be read, so far. */
  readonly errors: readonly TraceChunkError[];
}

/**
 * The calls in a logs directory, or in one stream. Nothing is verified: see `sealtrace verify`. Throws SEALTRACE_NOT_A_STREAM when there is
 * no stream.
 */
export function openTrace(directory: string, options: OpenTraceOptions = {}): Trace {
  const streams = listStreams(directory).map((stream) => stream.directory);
  const errors: TraceChunkError[] = [];
  function* chunks(): Generator<TraceChunk> {
    errors.length = 0;
    for (const stream of streams) {
      for (const chunk of readTraceChunks(stream)) {
        if (options.only?.(chunk.file, chunk.offset) === false) continue;
        if ("error" in chunk) errors.push(chunk);
        else yield chunk;
      }
    }
  }
  return { streams, chunks, errors };
}
