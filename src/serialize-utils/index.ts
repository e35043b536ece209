/** Values to bytes and back, in every format, bounded; what is loaded into every recorded program is in `essentials`. */
export { decodeUtf8, encodeUtf8 } from "./essentials/utf8.ts";
export { deserializeFromJson, serializeToJson, type JsonOptions } from "./json/plain-json.ts";
export { type ReadingLimits } from "./limits.ts";
export { acceptedBy, type SchemaIssue, type SchemaResult, type StandardSchema } from "./schema/standard-schema.ts";
export { deserializeFromYaml, serializeToYaml } from "./yaml/yaml.ts";
