import type { Level } from "../record/index.ts";
import { BOOLEAN, DIRECTORY, GLOBS, LEVEL, type ValueType } from "./value-types.ts";

/** The accepted keys, dotted, with the types of their values. */
export interface KeyValues {
  readonly "logging.enable": boolean;
  readonly "logging.logs_dirname": string;
  readonly "logging.level": Level;
  readonly "tracing.enable": boolean;
  readonly "tracing.events.call": boolean;
  readonly "tracing.events.return": boolean;
  readonly "tracing.include": readonly string[];
  readonly "tracing.exclude": readonly string[];
}

export type KeyName = keyof KeyValues;

/** Values by dotted key that override `tracing.json` and the environment. They are checked like those. */
export type ConfigurationFlags = Partial<KeyValues>;

export interface Key<Name extends KeyName = KeyName> {
  readonly name: Name;
  readonly type: ValueType;
  readonly default: KeyValues[Name];
  /** One or more sentences, in Markdown. */
  readonly description: string;
}

/** Every accepted key, once. Validation, the JSON Schema, `sealtrace config` and the documentation are made from this. */
export const KEYS: readonly Key[] = [
  {
    name: "logging.enable",
    type: BOOLEAN,
    default: true,
    description: "Record log records. When false, loggers do nothing.",
  },
  {
    name: "logging.logs_dirname",
    type: DIRECTORY,
    default: "logs",
    description:
      "Where the logs directory is. A relative path in a `tracing.json` starts at the directory of that file; any other at the working directory.",
  },
  {
    name: "logging.level",
    type: LEVEL,
    default: "DEBUG",
    description: "The least severe level that is recorded.",
  },
  {
    name: "tracing.enable",
    type: BOOLEAN,
    default: true,
    description: "Record calls. When false, no module is transformed.",
  },
  {
    name: "tracing.events.call",
    type: BOOLEAN,
    default: true,
    description: "Record the beginning of each traced call, with its arguments.",
  },
  {
    name: "tracing.events.return",
    type: BOOLEAN,
    default: true,
    description: "Record the end of each traced call, with what it returned or threw.",
  },
  {
    name: "tracing.include",
    type: GLOBS,
    default: ["**"],
    description: "The files whose functions are traced.",
  },
  {
    name: "tracing.exclude",
    type: GLOBS,
    default: ["**/node_modules/**"],
    description: "Files that are not traced although `tracing.include` names them.",
  },
];

export const KEY_NAMES: readonly KeyName[] = KEYS.map((key) => key.name);

/** Names of the objects that hold keys: `logging`, `tracing`, `tracing.events`. */
export const SECTIONS: readonly string[] = [
  ...new Set(KEY_NAMES.flatMap((name) => [...name.matchAll(/\./g)].map(({ index }) => name.slice(0, index)))),
];

/** The key with this dotted name. */
export function findKey(name: string): Key | undefined {
  return KEYS.find((key) => key.name === name);
}

/** What may stand directly in a section, without the section's name; "" is the whole file. */
export function namesIn(section: string): string[] {
  const prefix = section === "" ? "" : `${section}.`;
  const inside = KEY_NAMES.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
  return [...new Set(inside.map((name) => name.replace(/\..*/, "")))];
}

export const VARIABLE_PREFIX = "SEALTRACE_";

/** The environment variable that overrides a key. */
export function variableOf(name: KeyName): string {
  return VARIABLE_PREFIX + name.replaceAll(".", "_").toUpperCase();
}
