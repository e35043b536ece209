import { SealtraceError } from "../../../src/record/index.ts";

/** The bytes as a source that gives so many at a time. */
export async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < bytes.length; i += size) {
    yield bytes.subarray(i, i + size);
    await Promise.resolve();
  }
}

export async function gathered(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of source) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** What comes out, or the code and message of the SealtraceError. Anything else that is thrown is thrown on. */
export async function outcomeOf<T>(action: () => T | Promise<T>): Promise<T | string> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof SealtraceError) return `${error.code} ${error.message}`;
    throw error;
  }
}

/** So many lines that compress about as logs do. */
export function textOf(lines: number): Buffer {
  let state = 7;
  const line = (i: number): string => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return `{"time":"2026-01-02T03:04:05.${i % 1000}Z","level":"info","user":${state % 5000},"message":"request done"}\n`;
  };
  return Buffer.from(Array.from({ length: lines }, (_, i) => line(i)).join(""));
}
