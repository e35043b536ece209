/** Reads tar archives for the scanner. Where Python's `tarfile` and others could take them for something else, that is told. */

export interface TarMember {
  readonly name: string;
  readonly content: Uint8Array;
}

const BLOCK = 512;
/** Links, devices, directories and pipes: `tarfile` takes what follows their header for the next one. */
const WITHOUT_CONTENT = /[1-6]/;
/** Headers of pax, which may give the next member another size. */
const EXTENDED = /[xgX]/;

/** All members, and what stands behind the end. */
export function* readTar(bytes: Uint8Array, problem: (message: string, at: number) => void): Generator<TarMember> {
  let at = 0;
  for (let hasEnded = false; at + BLOCK <= bytes.length;) {
    const header = Buffer.from(bytes.subarray(at, at + BLOCK));
    if (isZero(header)) {
      hasEnded = true;
      at += BLOCK;
      continue;
    }
    if (hasEnded) break;
    const name = textOf(header, 0, 100);
    const size = sizeOf(header);
    if (size === undefined) {
      problem("the header of a member can't be read", at);
      return;
    }
    const type = textOf(header, 156, 1);
    const content = bytes.subarray(at + BLOCK, at + BLOCK + size);
    if (content.length < size) problem("a member is cut off", at);
    if (size > 0 && WITHOUT_CONTENT.test(type)) problem("a member has a content that it can't have", at);
    if (EXTENDED.test(type) && Buffer.from(content).includes(" size=")) problem("a member has two sizes", at);
    yield { name, content };
    at += BLOCK * (1 + Math.ceil(size / BLOCK));
  }
  const rest = bytes.subarray(at);
  if (isZero(rest)) return;
  problem("something follows the end of the archive", at);
  yield { name: "after the end", content: rest };
}

/** Octal digits, or as GNU has it a binary number behind 0x80. Undefined for what is neither. */
function sizeOf(header: Buffer): number | undefined {
  if (header[124] === 0x80) {
    const size = header.readBigUInt64BE(128);
    return isZero(header.subarray(125, 128)) && size <= Number.MAX_SAFE_INTEGER ? Number(size) : undefined;
  }
  const text = textOf(header, 124, 12).trim();
  return /^[0-7]*$/.test(text) ? Number.parseInt(text || "0", 8) : undefined;
}

function textOf(header: Buffer, from: number, length: number): string {
  return header.toString("latin1", from, from + length).replace(/\0.*$/s, "");
}

function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}
