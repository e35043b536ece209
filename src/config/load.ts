import { dirname, resolve } from "node:path";
import type { Level } from "../record/index.ts";
import { readVariables, type Environment } from "./environment.ts";
import { findConfigurationFile, readConfigurationFile } from "./file.ts";
import { findKey, KEY_NAMES, KEYS, type ConfigurationFlags, type KeyName, type KeyValues } from "./keys.ts";
import { nearestNames, suggestion } from "./nearest.ts";
import { printable } from "./printable.ts";
import { projectRoot } from "./project-root.ts";
import { invalid, type ConfigurationSource, type Settings, type SettingsDraft } from "./settings.ts";

export interface Configuration {
  /** The `tracing.json` that was found, absolute. */
  readonly file?: string;
  /** The project: the directory of that file, else what `projectRoot` finds. Absolute. */
  readonly root: string;
  readonly logging: {
    readonly enable: boolean;
    /** Absolute. */
    readonly logsDirectory: string;
    readonly level: Level;
  };
  readonly tracing: {
    readonly enable: boolean;
    readonly events: { readonly call: boolean; readonly return: boolean };
    /** Globs, see `sourceFilter`. */
    readonly include: readonly string[];
    readonly exclude: readonly string[];
  };
  /** Each key's value as it was given, and where it comes from. */
  readonly sources: Readonly<Record<KeyName, ConfigurationSource>>;
}

/**
 * The configuration that holds for a directory: the nearest `tracing.json` in it or above it, overridden by the environment, overridden
 * by flags; defaults for the rest. Throws a SealtraceError when any of them says something wrong, or the file can't be read.
 */
export function loadConfiguration(options: {
  readonly from: string;
  readonly environment: Environment;
  readonly flags?: ConfigurationFlags;
  /** Absolute path of the program that is recorded, which may lie outside of `from`. */
  readonly program?: string;
}): Configuration {
  const file = findConfigurationFile(options.from);
  const root = file === undefined ? projectRoot(options.from, options.program) : dirname(file);
  const sources: Readonly<Record<KeyName, ConfigurationSource>> = {
    ...defaults(),
    ...(file === undefined ? {} : readConfigurationFile(file)),
    ...readVariables(options.environment),
    ...readFlags(options.flags ?? {}),
  };
  const value = <Name extends KeyName>(name: Name): KeyValues[Name] => sources[name].value as KeyValues[Name];
  const base = sources["logging.logs_dirname"].source === "file" ? root : process.cwd();
  return {
    ...(file === undefined ? {} : { file }),
    root,
    logging: {
      enable: value("logging.enable"),
      logsDirectory: resolve(base, value("logging.logs_dirname")),
      level: value("logging.level"),
    },
    tracing: {
      enable: value("tracing.enable"),
      events: { call: value("tracing.events.call"), return: value("tracing.events.return") },
      include: value("tracing.include"),
      exclude: value("tracing.exclude"),
    },
    sources,
  };
}

function defaults(): Record<KeyName, ConfigurationSource> {
  const entries = KEYS.map((key) => [key.name, { value: key.default, source: "default" }] as const);
  return Object.fromEntries(entries) as Record<KeyName, ConfigurationSource>;
}

function readFlags(flags: ConfigurationFlags): Settings {
  const settings: SettingsDraft = {};
  for (const [name, value] of Object.entries(flags as Readonly<Record<string, unknown>>)) {
    if (value === undefined) continue;
    const key = findKey(name);
    if (key === undefined) {
      const hint = suggestion(nearestNames(name, KEY_NAMES)) || ` There are ${KEY_NAMES.join(", ")}.`;
      throw invalid(`There is no configuration key ${printable(name, 100)}.${hint}`);
    }
    const problem = key.type.problem(value);
    if (problem !== undefined) {
      const item = problem.index === undefined ? "" : `[${problem.index}]`;
      throw invalid(`The value given for ${key.name}${item} ${problem.text}.${problem.hint ?? ""}`);
    }
    settings[key.name] = { value, source: "flag" };
  }
  return settings;
}
