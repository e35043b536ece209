import { once } from "node:events";
import { PassThrough } from "node:stream";

/** The pieces as they are, while somebody else reads them too; told at the end what became of that, before the end is handed on. */
export async function* tapped<T>(
  pieces: AsyncIterable<Uint8Array>,
  read: (copy: AsyncIterable<Uint8Array>) => Promise<T>,
  finished: (result: T) => void,
): AsyncGenerator<Uint8Array> {
  const copy = new PassThrough();
  const reading = read(copy);
  // It may fail before anybody waits for it.
  reading.catch(() => undefined);
  try {
    for await (const piece of pieces) {
      if (!copy.write(piece)) await Promise.race([once(copy, "drain"), reading]);
      yield piece;
    }
    copy.end();
    finished(await reading);
  } finally {
    copy.destroy();
  }
}
