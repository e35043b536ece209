/** `sealtrace/serialize-utils`: values to bytes and back, in every format, safe to read back. */
export {
  deserializeFromJson,
  deserializeFromYaml,
  serializeToJson,
  serializeToYaml,
  type JsonOptions,
  type ReadingLimits,
} from "../serialize-utils/index.ts";
