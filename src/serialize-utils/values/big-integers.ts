/** Big integers as text. Between text and number, base 10 takes more than linear time, base 16 does not: so what is long is in base 16. */
import { invalidContent } from "./invalid-content.ts";

const MAX_DECIMAL_DIGITS = 1_000;
const MAX_DECIMAL: bigint = 10n ** BigInt(MAX_DECIMAL_DIGITS);

/** `-12`; from 1,001 digits on `-0x1f`. */
export function bigIntToText(value: bigint): string {
  if (value < MAX_DECIMAL && value > -MAX_DECIMAL) return String(value);
  return value < 0n ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}`;
}

/** Throws SEALTRACE_INVALID_DATA for what {@link bigIntToText} doesn't write. */
export function bigIntFromText(text: unknown): bigint {
  if (typeof text === "string") {
    if (text.length <= MAX_DECIMAL_DIGITS + 1 && DECIMAL.test(text)) return BigInt(text);
    if (text.length <= MAX_HEXADECIMAL && HEXADECIMAL.test(text)) {
      return text.startsWith("-") ? -BigInt(text.slice(1)) : BigInt(text);
    }
  }
  throw invalidContent("BigInt", `its digits, in base 16 (0x1f) if they are more than ${MAX_DECIMAL_DIGITS}`);
}

const DECIMAL = /^(?:0|-?[1-9][0-9]*)$/;
const HEXADECIMAL = /^-?0x[1-9a-f][0-9a-f]*$/;
/** What V8 holds: 2 ** 30 bits. */
const MAX_HEXADECIMAL: number = 2 ** 28 + "-0x".length;
