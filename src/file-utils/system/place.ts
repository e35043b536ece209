import { basename, dirname, resolve } from "node:path";
import { SealtraceError } from "../../record/index.ts";

/**
 * Where a file is, or will be: a name in a directory. `directory` is what the system is told, and may go through an open descriptor
 * (`/proc/self/fd/9`), which keeps it the same directory whatever is renamed; `path` is what people are told.
 */
export interface Place {
  readonly directory: string;
  readonly name: string;
  readonly path: string;
}

export function placeOf(path: string): Place {
  checkPath(path);
  const absolute = resolve(path);
  return { directory: dirname(absolute), name: basename(absolute), path };
}

/** Another name in the same directory. */
export function sibling(place: Place, name: string): Place {
  return { directory: place.directory, name, path: siblingPath(place.path, name) };
}

/** Not `join`, which would take the `.` from `/proc/self/fd/9/.` and so name the descriptor instead of the directory. */
export function systemPath({ directory, name }: Place): string {
  return directory.endsWith("/") ? directory + name : `${directory}/${name}`;
}

/** Throws SEALTRACE_USAGE for what no system takes for a path. */
export function checkPath(path: unknown): asserts path is string {
  if (typeof path !== "string") throw new SealtraceError("SEALTRACE_USAGE", `A path is a string, not ${typeof path}.`);
  if (path === "")
    throw new SealtraceError("SEALTRACE_USAGE", "The path is empty: give the path of a file or directory.");
  if (path.includes("\0")) {
    throw new SealtraceError(
      "SEALTRACE_USAGE",
      `There is a NUL character in the path ${JSON.stringify(path)}: no file can have it.`,
    );
  }
}

function siblingPath(path: string, name: string): string {
  const parent = dirname(path);
  return parent === "." && !/^\.[/\\]/.test(path) ? name : resolveWithin(parent, name);
}

function resolveWithin(parent: string, name: string): string {
  return parent.endsWith("/") || parent.endsWith("\\") ? parent + name : `${parent}/${name}`;
}
