import { HeaderReader } from "../../age/header-reader.ts";
import { openHeader } from "../../age/header.ts";
import { DEFAULT_MAX_HEADER_BYTES, type AgeDecryption } from "../../age/options.ts";
import { NONCE_BYTES, PayloadOpener, SEALED_CHUNK_BYTES, TAG_BYTES } from "../../age/payload.ts";
import type { Losses, Run } from "./losses.ts";

/** The chunks of an age file that are authentic, each 64 KiB of its own; the others are losses. Without its header nothing can be opened. */
export async function salvageEncrypted(bytes: Uint8Array, options: AgeDecryption, losses: Losses): Promise<Run[]> {
  const reader = new HeaderReader(options.maxHeaderBytes ?? DEFAULT_MAX_HEADER_BYTES);
  const found = reader.push(bytes);
  if (found === undefined) {
    reader.end();
    return [];
  }
  const { header, rest } = found;
  const opener = new PayloadOpener(await openHeader(header, options), rest.subarray(0, NONCE_BYTES));
  const runs = new RunBuilder();
  const placeOf = (at: number): number => header.length + at;
  let hasEnd = false;
  for (let at = NONCE_BYTES; at < rest.length; at += SEALED_CHUNK_BYTES) {
    const sealed = rest.subarray(at, at + SEALED_CHUNK_BYTES);
    const opened: ReturnType<PayloadOpener["openIfIntact"]> =
      hasEnd || sealed.length < TAG_BYTES ? undefined : opener.openIfIntact(sealed);
    if (opened === undefined) {
      runs.interrupt();
      const reason = hasEnd ? "Something was appended after the end." : "The chunk was changed or cut off.";
      losses.add("decrypt", placeOf(at), placeOf(at + sealed.length), reason);
    } else {
      runs.add(opened.chunk);
      hasEnd = opened.isLast;
    }
  }
  if (!hasEnd) losses.add("decrypt", bytes.length, bytes.length, "The end is missing.");
  return runs.finish(hasEnd);
}

class RunBuilder {
  readonly #runs: Buffer[][] = [[]];

  add(chunk: Buffer): void {
    this.#runs.at(-1)?.push(chunk);
  }

  interrupt(): void {
    this.#runs.push([]);
  }

  finish(hasEnd: boolean): Run[] {
    const runs = this.#runs.map((chunks, i) => ({
      bytes: Buffer.concat(chunks),
      isStart: i === 0,
      isEnd: false,
    }));
    const intact = runs.filter(({ bytes }, i) => bytes.length > 0 || (i === 0 && hasEnd));
    return intact.map((run, i) => ({ ...run, isEnd: hasEnd && i === intact.length - 1 }));
  }
}
