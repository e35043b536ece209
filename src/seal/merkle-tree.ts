import { hash } from "node:crypto";

export const HASH_BYTES = 32;

/** RFC 6962 section 2.1: the root of the tree without leaves, SHA-256 of nothing. */
export const EMPTY_ROOT: Buffer = hash("sha256", Buffer.alloc(0), "buffer");

const LEAF_PREFIX = Buffer.from([0x00]);
/** 0x01 and room for two hashes, used anew for every node: the tree is most of what sealing costs. */
const nodeInput = Buffer.alloc(1 + 2 * HASH_BYTES, 0x01);

/** RFC 6962 section 2.1: SHA-256(0x00 || data). */
export function leafHash(data: Uint8Array): Buffer {
  return hash("sha256", Buffer.concat([LEAF_PREFIX, data]), "buffer");
}

/** RFC 6962 section 2.1: SHA-256(0x01 || left || right). */
export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  nodeInput.set(left, 1);
  nodeInput.set(right, 1 + HASH_BYTES);
  return hash("sha256", nodeInput, "buffer");
}

/**
 * The right edge of a growing tree: the roots of the complete subtrees that its leaves form, largest first. That is all it takes to
 * append leaves and to know the root at any time; at most 53 hashes for 2^53 leaves.
 */
export class CompactRange {
  #size: number;
  readonly #hashes: Buffer[];

  private constructor(size: number, hashes: Buffer[]) {
    this.#size = size;
    this.#hashes = hashes;
  }

  static empty(): CompactRange {
    return new CompactRange(0, []);
  }

  /** From the hashes of {@link hashes}; undefined when their number does not fit the size. */
  static from(size: number, hashes: readonly Uint8Array[]): CompactRange | undefined {
    if (!Number.isSafeInteger(size) || size < 0 || hashes.length !== countOnes(size)) return undefined;
    if (hashes.some((item) => item.length !== HASH_BYTES)) return undefined;
    return new CompactRange(
      size,
      hashes.map((item) => Buffer.from(item)),
    );
  }

  /** Leaves so far. */
  get size(): number {
    return this.#size;
  }

  get hashes(): readonly Buffer[] {
    return this.#hashes;
  }

  clone(): CompactRange {
    return new CompactRange(this.#size, [...this.#hashes]);
  }

  append(leaf: Buffer): void {
    let subtree = leaf;
    // Each trailing one bit of the size is a complete subtree that the new leaf completes further.
    for (let rest = this.#size; rest % 2 === 1; rest = (rest - 1) / 2) {
      subtree = nodeHash(this.#hashes.pop() as Buffer, subtree);
    }
    this.#hashes.push(subtree);
    this.#size += 1;
  }

  /** RFC 6962 section 2.1: the Merkle Tree Hash of all leaves. */
  root(): Buffer {
    let root = this.#hashes.at(-1);
    if (root === undefined) return EMPTY_ROOT;
    for (let i = this.#hashes.length - 2; i >= 0; i -= 1) root = nodeHash(this.#hashes[i] as Buffer, root);
    return root;
  }
}

function countOnes(size: number): number {
  let ones = 0;
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) ones += rest % 2;
  return ones;
}
