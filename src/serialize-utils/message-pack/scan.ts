/**
 * Where a value that begins at `start` ends; undefined when it goes on after the bytes, or is none. Looks only at lengths, and so needs neither a stack nor memory.
 */
export function endOfMessagePack(bytes: Uint8Array, start: number): number | undefined {
  const scan = new MessagePackScan();
  return scan.advance(bytes, start) && scan.at !== Infinity ? scan.at : undefined;
}

/** Finds the end of a value whose bytes arrive in pieces. */
export class MessagePackScan {
  /** How far it has looked; may lie beyond the bytes that are there, when they only are what a value holds. */
  at = 0;
  /** Values that were announced and not yet seen. */
  #owed = 1;

  /** Whether the end was found: then it is `at`. To be called again with more bytes behind the same. Behind a byte that begins nothing, the end is infinitely far. */
  advance(bytes: Uint8Array, start: number = this.at): boolean {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.at = start;
    while (this.#owed > 0 && this.at !== Infinity) {
      if (this.at >= bytes.length) return false;
      const head = view.getUint8(this.at);
      if (this.at + 1 + lengthSize(head) > bytes.length) return false;
      this.#owed -= 1;
      this.#skip(head, view);
    }
    return this.at <= bytes.length || this.at === Infinity;
  }

  #skip(head: number, view: DataView): void {
    const size = lengthSize(head);
    const announced = size === 0 ? 0 : size === 1 ? view.getUint8(this.at + 1) : size === 2 ? view.getUint16(this.at + 1) : view.getUint32(this.at + 1); // prettier-ignore
    this.at += 1 + size;
    if (head === 0xc1) this.at = Infinity;
    if (head < 0x80 || head >= 0xe0) return;
    if (head < 0x90) this.#owed += (head & 0xf) * 2;
    else if (head < 0xa0) this.#owed += head & 0xf;
    else if (head < 0xc0) this.at += head & 0x1f;
    else if (head === 0xdc || head === 0xdd) this.#owed += announced;
    else if (head >= 0xde) this.#owed += announced * 2;
    else this.at += announced + (FIXED[head] ?? 0);
  }
}

/** Bytes of the length that follows a head. */
function lengthSize(head: number): number {
  switch (head) {
    case 0xc4:
    case 0xc7:
    case 0xd9:
      return 1;
    case 0xc5:
    case 0xc8:
    case 0xda:
    case 0xdc:
    case 0xde:
      return 2;
    case 0xc6:
    case 0xc9:
    case 0xdb:
    case 0xdd:
    case 0xdf:
      return 4;
    default:
      return 0;
  }
}

/** Bytes that follow head and length, beside those that the length counts: numbers, and the type of an extension. */
const FIXED: Readonly<Record<number, number>> = {
  0xc7: 1,
  0xc8: 1,
  0xc9: 1,
  0xca: 4,
  0xcb: 8,
  0xcc: 1,
  0xcd: 2,
  0xce: 4,
  0xcf: 8,
  0xd0: 1,
  0xd1: 2,
  0xd2: 4,
  0xd3: 8,
  0xd4: 2,
  0xd5: 3,
  0xd6: 5,
  0xd7: 9,
  0xd8: 17,
};
