import type { Scan } from "../binary/sequence.ts";
import { DEFAULT_MAX_DEPTH } from "../limits.ts";

/** Finds the end of a CBOR item whose bytes arrive in pieces, by lengths alone. */
export class CborScan implements Scan {
  at = 0;
  /** Items that were announced and not yet seen, since the innermost indefinite length began. */
  #owed = 1;
  /** The same for what is around each indefinite length. */
  readonly #outside: number[] = [];
  readonly #maxDepth: number;

  /** What is nested deeper ends infinitely far: the reader will say why. */
  constructor(maxDepth: number = DEFAULT_MAX_DEPTH) {
    this.#maxDepth = maxDepth;
  }

  advance(bytes: Uint8Array, start: number = this.at): boolean {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.at = start;
    while ((this.#owed > 0 || this.#outside.length > 0) && this.at !== Infinity) {
      if (this.at >= bytes.length) return false;
      const head = view.getUint8(this.at);
      if (this.at + 1 + argumentSize(head) > bytes.length) return false;
      this.#skip(head, view);
    }
    return this.at <= bytes.length || this.at === Infinity;
  }

  #skip(head: number, view: DataView): void {
    const size = argumentSize(head);
    const argument = argumentAt(view, this.at + 1, size) ?? head & 0x1f;
    this.at += 1 + size;
    if (head === BREAK) return this.#endIndefinite();
    if (this.#owed > 0) this.#owed -= 1;
    const major = head >> 5;
    const info = head & 0x1f;
    if (info > 27 && (info !== INDEFINITE || major < 2 || major === 6)) this.at = Infinity;
    else if (info === INDEFINITE) this.#beginIndefinite();
    else if (major === 2 || major === 3) this.at += argument;
    else if (major === 4) this.#owed += argument;
    else if (major === 5) this.#owed += argument * 2;
    else if (major === 6) this.#owed += 1;
  }

  #beginIndefinite(): void {
    if (this.#outside.length >= this.#maxDepth) this.at = Infinity;
    this.#outside.push(this.#owed);
    this.#owed = 0;
  }

  #endIndefinite(): void {
    const outside = this.#owed === 0 ? this.#outside.pop() : undefined;
    if (outside === undefined) this.at = Infinity;
    else this.#owed = outside;
  }
}

const BREAK = 0xff;
const INDEFINITE = 31;

/** Whether the bytes from `start` on are whole items. */
export function isCborSequence(bytes: Uint8Array, start: number): boolean {
  let at = start;
  while (at < bytes.length) {
    const scan = new CborScan();
    if (!scan.advance(bytes, at) || scan.at === Infinity) return false;
    at = scan.at;
  }
  return true;
}

function argumentSize(head: number): number {
  const info = head & 0x1f;
  return info >= 24 && info <= 27 ? 1 << (info - 24) : 0;
}

function argumentAt(view: DataView, at: number, size: number): number | undefined {
  switch (size) {
    case 1:
      return view.getUint8(at);
    case 2:
      return view.getUint16(at);
    case 4:
      return view.getUint32(at);
    case 8:
      return Number(view.getBigUint64(at));
    default:
      return undefined;
  }
}
