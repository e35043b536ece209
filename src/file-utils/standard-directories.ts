/** Where a program's own files belong on each system. Nothing is made or looked at. */
import { posix, win32 } from "node:path";
import { isReservedOnWindows, SealtraceError } from "../record/index.ts";

/** What is looked at; none of it is read from the process here. */
export interface UserSystem {
  readonly platform: NodeJS.Platform;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The user's home directory, absolute; asked for only when no variable says where to go. */
  readonly home: () => string;
}

export interface StandardDirectories {
  /** What a user sets and would keep in a backup: settings, keys. */
  readonly configuration: string;
  /** What a user made with the program and would miss. */
  readonly data: string;
  /** What the program remembers from one start to the next and could do without: histories, positions, logs. */
  readonly state: string;
  /** What can be made again, and anyone may delete. */
  readonly cache: string;
  /** Sockets and the like, gone when the user logs out. Undefined where the system has no such place: then use a temporary directory. */
  readonly runtime: string | undefined;
}

/**
 * The directories of the program `name` (one name, possible on every system; else SEALTRACE_USAGE):
 *
 *     |               | Linux and others                             | macOS                                      | Windows                    |
 *     |---------------|----------------------------------------------|--------------------------------------------|----------------------------|
 *     | configuration | `$XDG_CONFIG_HOME/name`, `~/.config/name`    | `~/Library/Application Support/name`       | `%APPDATA%\name`           |
 *     | data          | `$XDG_DATA_HOME/name`, `~/.local/share/name` | `~/Library/Application Support/name/Data`  | `%LOCALAPPDATA%\name\Data` |
 *     | state         | `$XDG_STATE_HOME/name`, `~/.local/state/name`| `~/Library/Application Support/name/State` | `%LOCALAPPDATA%\name\State`|
 *     | cache         | `$XDG_CACHE_HOME/name`, `~/.cache/name`      | `~/Library/Caches/name`                    | `%LOCALAPPDATA%\name\Cache`|
 *     | runtime       | `$XDG_RUNTIME_DIR/name`                      | none                                       | none                       |
 *
 * Unless variables make them so, no two are the same, so that each can be deleted as a whole. A variable that is empty or no absolute path is
 * ignored, as the XDG Base Directory Specification 0.8 asks.
 */
export function standardDirectories(name: string, system: UserSystem): StandardDirectories {
  return {
    configuration: standardDirectory("configuration", name, system),
    data: standardDirectory("data", name, system),
    state: standardDirectory("state", name, system),
    cache: standardDirectory("cache", name, system),
    runtime: runtimeDirectory(name, system),
  };
}

/** One of the {@link standardDirectories}; asks for the home directory only if this one needs it. */
export function standardDirectory(
  kind: Exclude<keyof StandardDirectories, "runtime">,
  name: string,
  { platform, environment, home }: UserSystem,
): string {
  checkName(name);
  const { variable, inHome, below } = conventionOf(platform)[kind];
  const { isAbsolute, join } = pathOf(platform);
  const told = variable === undefined ? "" : (environment[variable] ?? "");
  return join(isAbsolute(told) ? told : join(home(), ...inHome), name, ...below);
}

function runtimeDirectory(name: string, { platform, environment }: UserSystem): string | undefined {
  const told = environment.XDG_RUNTIME_DIR ?? "";
  return conventionOf(platform) === XDG && posix.isAbsolute(told) ? posix.join(told, name) : undefined;
}

interface Location {
  readonly variable: string | undefined;
  /** Where to look without the variable. */
  readonly inHome: readonly string[];
  /** Below the directory of the program. */
  readonly below: readonly string[];
}

type Convention = Readonly<Record<Exclude<keyof StandardDirectories, "runtime">, Location>>;

const XDG: Convention = {
  configuration: location("XDG_CONFIG_HOME", ".config"),
  data: location("XDG_DATA_HOME", ".local/share"),
  state: location("XDG_STATE_HOME", ".local/state"),
  cache: location("XDG_CACHE_HOME", ".cache"),
};

const MACOS: Convention = {
  configuration: location(undefined, "Library/Application Support"),
  data: location(undefined, "Library/Application Support", "Data"),
  state: location(undefined, "Library/Application Support", "State"),
  cache: location(undefined, "Library/Caches"),
};

const WINDOWS: Convention = {
  configuration: location("APPDATA", "AppData/Roaming"),
  data: location("LOCALAPPDATA", "AppData/Local", "Data"),
  state: location("LOCALAPPDATA", "AppData/Local", "State"),
  cache: location("LOCALAPPDATA", "AppData/Local", "Cache"),
};

function location(variable: string | undefined, inHome: string, ...below: string[]): Location {
  return { variable, inHome: inHome.split("/"), below };
}

function conventionOf(platform: NodeJS.Platform): Convention {
  if (platform === "win32") return WINDOWS;
  return platform === "darwin" ? MACOS : XDG;
}

function pathOf(platform: NodeJS.Platform): typeof posix {
  return platform === "win32" ? win32 : posix;
}

function checkName(name: string): void {
  if (!isReservedOnWindows(name)) return;
  throw new SealtraceError(
    "SEALTRACE_USAGE",
    `${JSON.stringify(name)} can't be the name of a directory on every system: take letters, digits, "-" and "_".`,
  );
}
