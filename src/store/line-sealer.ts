import { hash, randomFillSync } from "node:crypto";
import { CompactRange } from "../seal/index.ts";
import { formatSealField, previousOf, SALT_BYTES } from "./seal-field.ts";

const NEWLINE = 0x0a;
const CLOSING_BRACE = 0x7d;
/** RFC 6962 section 2.1: the byte before a leaf's data when it is hashed. */
const LEAF_PREFIX = 0x00;
/** `,"seal":"` index `.` previous `.` salt `"}`, less the brace that it replaces. */
const MOST_ADDED_BYTES = 9 + 15 + 1 + 11 + 1 + 22 + 2 - 1;
const SALTS = 512;

/** Lines with their seals, which count only once `commit` says that they are stored. */
export interface SealedLines {
  readonly bytes: Buffer;
  commit(): void;
}

/** Gives lines their seal field and their leaf in the tree. */
export class LineSealer {
  #tree: CompactRange;
  #previous: string;
  readonly #salts = Buffer.alloc(SALTS * SALT_BYTES);
  #saltsUsed = SALTS;

  constructor(tree: CompactRange, previous: string) {
    this.#tree = tree;
    this.#previous = previous;
  }

  get size(): number {
    return this.#tree.size;
  }

  get hashes(): readonly Buffer[] {
    return this.#tree.hashes;
  }

  root(): Buffer {
    return this.#tree.root();
  }

  /** Lines of JSON objects, each ending in a newline. What is no object's text is left out: nothing sealed may be unreadable. */
  seal(lines: Uint8Array): SealedLines {
    const input = Buffer.from(lines.buffer, lines.byteOffset, lines.length);
    const ends = newlines(input);
    const tree = this.#tree.clone();
    let previous = this.#previous;
    // The first byte stands before the first leaf as a newline does before every other.
    const output = Buffer.allocUnsafe(1 + input.length + ends.length * MOST_ADDED_BYTES);
    let length = 1;
    let start = 0;
    for (const end of ends) {
      if (input[end - 1] === CLOSING_BRACE) {
        const lineStart = length;
        length += input.copy(output, length, start, end - 1);
        length += output.write(formatSealField(tree.size, previous, this.#salt()), length, "latin1");
        output[lineStart - 1] = LEAF_PREFIX;
        const leaf = hash("sha256", output.subarray(lineStart - 1, length), "buffer");
        output[lineStart - 1] = NEWLINE;
        output[length++] = NEWLINE;
        tree.append(leaf);
        previous = previousOf(leaf);
      }
      start = end + 1;
    }
    return {
      bytes: output.subarray(1, length),
      commit: () => {
        this.#tree = tree;
        this.#previous = previous;
      },
    };
  }

  /** Drawn in bulk: asking the system for each one costs more than hashing the line. */
  #salt(): string {
    if (this.#saltsUsed === SALTS) {
      randomFillSync(this.#salts);
      this.#saltsUsed = 0;
    }
    const start = this.#saltsUsed++ * SALT_BYTES;
    return this.#salts.toString("base64url", start, start + SALT_BYTES);
  }
}

function newlines(bytes: Buffer): number[] {
  const ends: number[] = [];
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) ends.push(at);
  return ends;
}
