/**
 * What sealtrace is told to do: `tracing.json`, the environment and flags become one configuration that knows where each of its values
 * came from. The only room that reads the environment.
 */
export {
  configurationDirectory,
  readEnvironment,
  RUN_ORDER,
  takeRunOrder,
  userDirectories,
  type Environment,
  type RunOrder,
} from "./environment.ts";
export { CONFIGURATION_FILE, readConfigurationFile } from "./file.ts";
export { formatJson, initialFile } from "./initial-file.ts";
export {
  JsonError,
  plainValue,
  readJson,
  type JsonArray,
  type JsonMember,
  type JsonNode,
  type JsonObject,
  type JsonScalar,
} from "./json-reader.ts";
export { KEYS, variableOf, type ConfigurationFlags, type Key, type KeyName, type KeyValues } from "./keys.ts";
export { loadConfiguration, type Configuration } from "./load.ts";
export { nearestNames } from "./nearest.ts";
export { printable } from "./printable.ts";
export type { ConfigurationSource, Settings } from "./settings.ts";
export { sourceFilter } from "./source-filter.ts";
export type { ValueType } from "./value-types.ts";
