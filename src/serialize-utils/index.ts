/** Values to bytes and back, in every format, bounded. Here so far: text, plain JSON, YAML, and the one-line JSON in which records show values. */
export { formatError, formatValue, type FormatLimits, DEFAULT_LIMITS } from "./format-value.ts";
export { deserializeFromJson, serializeToJson, type JsonOptions } from "./json.ts";
export { quote } from "./quote.ts";
export { type ReadingLimits } from "./reading-limits.ts";
export { acceptedBy, type SchemaIssue, type SchemaResult, type StandardSchema } from "./standard-schema.ts";
export { decodeUtf8, encodeUtf8 } from "./utf8.ts";
export { deserializeFromYaml, serializeToYaml } from "./yaml.ts";
