import { SealtraceError } from "../../record/index.ts";
import { limitExceeded } from "../limits.ts";
import type { Engine, UnitLimits } from "./codec.ts";
import type { PieceReader } from "./piece-reader.ts";

/** What a native decoder is fed with; undefined at the end. */
export type NextPiece = () => Promise<Uint8Array | undefined>;

/** Output comes in pieces of this size, so memory is bounded by it and not by what the input claims. */
export const PIECE_BYTES: number = 64 * 1024;

/**
 * What a native compressor or decompressor makes of the pieces. It may end before they do. What was made before the input failed is handed out before
 * the failure is thrown.
 */
export async function* run(engine: Engine, next: NextPiece): AsyncGenerator<Buffer> {
  let failure: { readonly error: unknown } | undefined;
  const feeding = (async (): Promise<void> => {
    try {
      let handedOver = 0;
      for (let piece = await next(); piece !== undefined; piece = await next()) {
        handedOver += piece.length;
        await written(engine, piece);
        if (engine.bytesWritten < handedOver) return;
      }
    } catch (error) {
      failure = { error };
    }
    engine.end();
  })();
  try {
    for await (const piece of engine) yield piece as Buffer;
  } catch (error) {
    failure ??= { error: decodingError(error) };
  } finally {
    engine.destroy();
    await feeding;
  }
  if (failure !== undefined) throw failure.error;
}

/** {@link run}, with a decoder that finds its end by itself: what it did not take is given back. */
export async function* runToItsEnd(engine: Engine, reader: PieceReader): AsyncGenerator<Buffer> {
  const begin = reader.position;
  let last: Uint8Array | undefined;
  yield* run(engine, async () => (last = await reader.next()));
  const unused = reader.position - begin - engine.bytesWritten;
  if (last !== undefined) reader.giveBack(last.subarray(last.length - unused));
}

/** A native decoder that has come to its end calls back no more. */
function written(engine: Engine, piece: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      engine.off("close", done);
      resolve();
    };
    engine.once("close", done);
    engine.write(piece, done);
  });
}

/** Counts what comes out. Throws SEALTRACE_LIMIT_EXCEEDED before it hands out more than may be. */
export async function* bounded(pieces: AsyncIterable<Buffer>, { left, maxBytes }: UnitLimits): AsyncGenerator<Buffer> {
  let count = 0;
  for await (const piece of pieces) {
    count += piece.length;
    if (count > left) throw limitExceeded("maxBytes", maxBytes, "once decompressed");
    yield piece;
  }
}

/** What the native decoder's error means. */
export function decodingError(cause: unknown, maxBytes = 0): Error {
  if (cause instanceof SealtraceError) return cause;
  const { code = "", message } = cause as NodeJS.ErrnoException;
  if (code === "ERR_BUFFER_TOO_LARGE") return limitExceeded("maxBytes", maxBytes, "once decompressed");
  if (code === "Z_BUF_ERROR") return truncated("the last byte that is there", cause);
  if (/^(Z_|ZSTD_|ERR_|BROTLI_)/.test(code)) {
    return new SealtraceError("SEALTRACE_INVALID_DATA", `It can't be decompressed, it is damaged: ${message}.`, {
      cause,
    });
  }
  return cause as Error;
}

/** `where` is after what it ends. */
export function truncated(where: string, cause?: unknown): SealtraceError {
  return new SealtraceError(
    "SEALTRACE_DATA_TRUNCATED",
    `It ends too early, after ${where}: get it again from where it came, or salvage what is intact.`,
    { cause },
  );
}
