/** Python's integers: a number where JavaScript counts exactly, a BigInt beyond. */

/** Little-endian two's complement, of any length. Linear in the length: by way of hexadecimal digits. */
export function readLong(bytes: Uint8Array, start: number, end: number): bigint {
  const length = end - start;
  if (length === 0) return 0n;
  const reversed = Buffer.from(bytes.subarray(start, end)).reverse();
  const value = BigInt(`0x${reversed.toString("hex")}`);
  return (reversed[0] as number) >= 0x80 ? value - (1n << BigInt(8 * length)) : value;
}

/** The shortest little-endian two's complement; none for zero, as CPython writes it. */
export function writeLong(value: bigint): Uint8Array {
  if (value === 0n) return new Uint8Array(0);
  const negative = value < 0n;
  let digits = (negative ? -value - 1n : value).toString(16);
  // A whole byte, with room for the sign.
  if (digits.length % 2 === 1) digits = `0${digits}`;
  if (Number.parseInt(digits.slice(0, 2), 16) >= 0x80) digits = `00${digits}`;
  const bytes = Buffer.from(digits, "hex").reverse();
  if (negative) for (let i = 0; i < bytes.length; i += 1) bytes[i] = ~(bytes[i] as number);
  return bytes;
}

export function numberIfExact(value: bigint): number | bigint {
  return value >= SMALLEST && value <= LARGEST ? Number(value) : value;
}

const LARGEST = BigInt(Number.MAX_SAFE_INTEGER);
const SMALLEST = -LARGEST;
