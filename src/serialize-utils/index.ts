/** Values to bytes and back, in every format, bounded. Here so far: the one-line JSON in which records show values. */
export { formatError, formatValue, type FormatLimits, DEFAULT_LIMITS } from "./format-value.ts";
export { quote } from "./quote.ts";
