/**
 * Names that are not UTF-8, as Linux allows them. Here each byte that can't be decoded is one of the characters U+DC80 to U+DCFF, which no
 * valid text contains (Python does the same, PEP 383). So such a name can be shown, compared and handed back, and no two names look alike.
 *
 *     nameOfBytes(Buffer.from([0x61, 0xff]))    "a\udcff"
 *     systemName("a\udcff")                     Buffer [0x61, 0xff]
 */
import { isUtf8 } from "node:buffer";

export function nameOfBytes(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString();
  let name = "";
  for (let start = 0; start < bytes.length;) {
    const length = CHARACTER_LENGTHS.find((n) => start + n <= bytes.length && isUtf8(bytes.subarray(start, start + n)));
    name += length === undefined ? String.fromCharCode(ESCAPES + (bytes[start] as number)) : bytes.toString("utf8", start, start + length); // prettier-ignore
    start += length ?? 1;
  }
  return name;
}

/** What the system is told: bytes where the name has some that no text can hold. */
export function systemName(name: string): string | Buffer {
  if (name.isWellFormed()) return name;
  const parts = name.split(/([\u{dc80}-\u{dcff}])/u);
  const bytes = Buffer.concat(
    parts.map((part, i) => (i % 2 === 1 ? Buffer.of(part.charCodeAt(0) - ESCAPES) : Buffer.from(part))),
  );
  // Otherwise "\udcc3\udca9" would be a second name of "é", and a rule about the one would not hold for the other.
  return nameOfBytes(bytes) === name ? bytes : name;
}

/** True for a name that was perhaps not decoded as it is: the decoder puts U+FFFD where it can't read. */
export function isDoubtful(name: string): boolean {
  return name.includes("\uFFFD");
}

const CHARACTER_LENGTHS = [1, 2, 3, 4];
const ESCAPES = 0xdc00;
