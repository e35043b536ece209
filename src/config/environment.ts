import { userInfo } from "node:os";
import { posix, win32 } from "node:path";
import {
  standardDirectories,
  standardDirectory,
  type StandardDirectories,
  type UserSystem,
} from "../file-utils/essentials/index.ts";
import { KEY_NAMES, KEYS, VARIABLE_PREFIX, variableOf, type ConfigurationFlags } from "./keys.ts";
import { nearestNames, suggestion } from "./nearest.ts";
import { printable } from "./printable.ts";
import { invalid, type Settings, type SettingsDraft } from "./settings.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** This process's environment, live. An empty variable counts as unset everywhere in sealtrace. */
export function readEnvironment(): Environment {
  return process.env;
}

const DIRECTORY_VARIABLE = "SEALTRACE_CONFIG_DIR";

/** The variable in which `sealtrace run` tells the program's recorder what it was asked for. */
export const RUN_ORDER = "SEALTRACE_RUN";

export interface RunOrder {
  /** Of the pipe to `sealtrace run`. */
  readonly descriptor: number;
  readonly flags: ConfigurationFlags;
}

/** What `sealtrace run` asks for, once: children of this process don't inherit it. Undefined when it asks for nothing. */
export function takeRunOrder(): RunOrder | undefined {
  const text = process.env[RUN_ORDER];
  delete process.env[RUN_ORDER];
  if (text === undefined) return undefined;
  try {
    const { descriptor, flags } = JSON.parse(text) as { descriptor?: unknown; flags?: unknown };
    if (typeof descriptor !== "number" || !Number.isInteger(descriptor) || descriptor < 0) return undefined;
    if (typeof flags !== "object" || flags === null || Array.isArray(flags)) return undefined;
    return { descriptor, flags };
  } catch {
    return undefined;
  }
}

/**
 * Where sealtrace keeps what belongs to the installation, such as signing keys: `SEALTRACE_CONFIG_DIR`, else `sealtrace` in the
 * user's directory for configuration (see `standardDirectories`). Throws a SealtraceError when there is no home directory.
 */
export function configurationDirectory(environment: Environment, platform: NodeJS.Platform = process.platform): string {
  const own = environment[DIRECTORY_VARIABLE] ?? "";
  if (own !== "") return (platform === "win32" ? win32 : posix).resolve(own);
  const hint = `set ${DIRECTORY_VARIABLE} to a directory`;
  return standardDirectory("configuration", "sealtrace", userSystem(environment, platform, hint));
}

/**
 * Where the files of the program `name` belong for this user: see `standardDirectories` of file-utils. Throws SEALTRACE_USAGE for a name that can't be
 * one of a directory everywhere, SEALTRACE_CONFIG_INVALID when there is no home directory.
 */
export function userDirectories(
  name: string,
  environment: Environment = readEnvironment(),
  platform: NodeJS.Platform = process.platform,
): StandardDirectories {
  return standardDirectories(name, userSystem(environment, platform, "set HOME to a directory"));
}

function userSystem(environment: Environment, platform: NodeJS.Platform, hint: string): UserSystem {
  const { isAbsolute } = platform === "win32" ? win32 : posix;
  const told = environment[platform === "win32" ? "USERPROFILE" : "HOME"] ?? "";
  return { platform, environment, home: () => (isAbsolute(told) ? told : accountHome(hint)) };
}

function accountHome(hint: string): string {
  try {
    return userInfo().homedir;
  } catch (cause) {
    throw invalid(`This user has no home directory to keep files in: ${hint}.`, cause);
  }
}

/** What the `SEALTRACE_` variables say. Throws a SealtraceError for a value that is wrong, and for a variable that means nothing. */
export function readVariables(environment: Environment): Settings {
  const settings: SettingsDraft = {};
  for (const [name, text = ""] of Object.entries(environment)) {
    // Windows keeps the case of names but does not tell them apart by it.
    const variable = process.platform === "win32" ? name.toUpperCase() : name;
    if (!variable.startsWith(VARIABLE_PREFIX) || text === "") continue;
    if (variable === DIRECTORY_VARIABLE || variable === RUN_ORDER) continue;
    const key = KEYS.find((candidate) => variableOf(candidate.name) === variable);
    if (key === undefined) throw unknownVariable(variable);
    const value = key.type.parse(text);
    const problem = key.type.problem(value);
    if (problem !== undefined) {
      throw invalid(`The environment variable ${variable} (${key.name}) ${problem.text}.${problem.hint ?? ""}`);
    }
    settings[key.name] = { value, source: "environment", where: variable };
  }
  return settings;
}

function unknownVariable(variable: string): Error {
  const variables = new Map<string, string>(KEY_NAMES.map((key) => [key, variableOf(key)]));
  variables.set("config.dir", DIRECTORY_VARIABLE);
  const names = [...variables.keys()];
  const name = variable.slice(VARIABLE_PREFIX.length);
  const asKey = nearestNames(name.replace("_", "."), names);
  const meant = asKey.length > 0 ? asKey : nearestNames(name, names);
  const hint =
    suggestion(meant.map((key) => variables.get(key) ?? key)) ||
    ` Unset it; there are ${[...variables.values()].join(", ")}.`;
  return invalid(`The environment variable ${printable(variable, 100)} means nothing to sealtrace.${hint}`);
}
