/** What every recorded program loads of this room, and so kept small: text as bytes, and the one-line JSON in which records show values. */
export { DEFAULT_LIMITS, formatError, formatValue, type FormatLimits } from "./format-value.ts";
export { quote } from "./quote.ts";
export { decodeUtf8, encodeUtf8 } from "./utf8.ts";
