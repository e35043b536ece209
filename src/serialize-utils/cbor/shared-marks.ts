import type { ByteWriter } from "../binary/byte-writer.ts";
import { TAGS } from "./tags.ts";

/**
 * Which objects are shared is known when all is written: their marks, and the references, whose numbers count the marks, are put in afterwards
 * (http://cbor.schmorp.de/value-sharing).
 */
export class SharedMarks {
  /** Where each object begins, by its number. */
  readonly #starts: number[] = [];
  /** Offsets at which references belong, and to which objects. */
  readonly #references: (readonly [at: number, number: number])[] = [];

  begin(at: number): void {
    this.#starts.push(at);
  }

  reference(at: number, number: number): void {
    this.#references.push([at, number]);
  }

  /** `writeTag` writes a tag and, if there is one, the number it is for. */
  insert(draft: Uint8Array, target: ByteWriter, writeTag: (tag: number, number?: number) => void): void {
    const shared = [...new Set(this.#references.map(([, number]) => number))].sort((a, b) => a - b);
    const ranks = new Map(shared.map((number, rank) => [number, rank]));
    let copied = 0;
    const copyTo = (at: number): void => {
      target.raw(draft.subarray(copied, at));
      copied = at;
    };
    let next = 0;
    const markBefore = (end: number): void => {
      for (; next < shared.length && this.#startOf(shared[next]) < end; next += 1) {
        copyTo(this.#startOf(shared[next]));
        writeTag(TAGS.shareable);
      }
    };
    for (const [at, number] of this.#references) {
      markBefore(at);
      copyTo(at);
      writeTag(TAGS.sharedReference, ranks.get(number));
    }
    markBefore(Infinity);
    copyTo(draft.length);
  }

  get isEmpty(): boolean {
    return this.#references.length === 0;
  }

  #startOf(number: number | undefined): number {
    return this.#starts[number as number] as number;
  }
}
