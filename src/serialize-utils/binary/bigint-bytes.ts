import { bufferOf } from "../encoding/buffer-of.ts";

/** Two's complement, the highest byte first. Linear, as decimal digits would not be. */
export function bigintOfBytes(bytes: Uint8Array): bigint {
  const value = magnitudeOfBytes(bytes);
  return (bytes[0] ?? 0) < 0x80 ? value : value - (1n << BigInt(bytes.length * 8));
}

/** The fewest bytes of two's complement, the highest first. */
export function bytesOfBigint(value: bigint): Uint8Array {
  // Of -256 to -129 as of 128 to 255, the highest bit of a byte is taken by the sign.
  const digits = (value < 0n ? -value - 1n : value).toString(16);
  const length = (digits.length >> 1) + 1;
  const hex = (value < 0n ? (1n << BigInt(length * 8)) + value : value).toString(16).padStart(length * 2, "0");
  const bytes = Buffer.from(hex, "hex");
  const [first, second] = bytes;
  const isSpare =
    length > 1 && (first === 0 ? (second as number) < 0x80 : first === 0xff && (second as number) >= 0x80);
  return isSpare ? bytes.subarray(1) : bytes;
}

/** The fewest bytes of a number that is not negative, the highest first. */
export function bytesOfMagnitude(value: bigint): Uint8Array {
  const hex = value.toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex");
}

export function magnitudeOfBytes(bytes: Uint8Array): bigint {
  if (bytes.length === 0) return 0n;
  return BigInt(`0x${bufferOf(bytes).toString("hex")}`);
}
