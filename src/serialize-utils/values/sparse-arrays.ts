import { invalidContent } from "./invalid-content.ts";

/** Indexes and values in turn of an array that has holes; undefined for one that has none. Takes time by what is there, not by its length. */
export function holesOf(array: readonly unknown[]): unknown[] | undefined {
  // Finds a hole as undefined, natively; almost no array has either.
  if (!Array.prototype.includes.call(array, undefined)) return undefined;
  const keys = Object.keys(array).filter((key) => INDEX.test(key));
  return keys.length === array.length ? undefined : keys.flatMap((key) => [Number(key), array[Number(key)]]);
}

const INDEX = /^(?:0|[1-9]\d{0,9})$/;

/** What {@link holesOf} took apart, into an empty array. Its length is the caller's to have bounded. Throws SEALTRACE_INVALID_DATA. */
export function fillSparseArray(target: unknown[], length: number, content: unknown): void {
  if (!Array.isArray(content) || content.length % 2 !== 0) {
    throw invalidContent("SparseArray", "an array of indexes and values in turn");
  }
  target.length = length;
  let next = 0;
  for (let i = 0; i < content.length; i += 2) {
    const index = content[i] as unknown;
    if (!Number.isSafeInteger(index) || (index as number) < next || (index as number) >= length) {
      throw invalidContent("SparseArray", "of rising indexes below its length");
    }
    target[index as number] = content[i + 1];
    next = (index as number) + 1;
  }
}
