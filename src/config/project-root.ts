import { dirname, isAbsolute, join, relative, resolve } from "node:path";
import { pathExists, realPath } from "../file-utils/essentials/index.ts";

/**
 * The project that is recorded when no `tracing.json` says: the directory where the search for one began; but for a program that lies elsewhere,
 * the directory of the nearest `package.json` above it, or its own.
 */
export function projectRoot(from: string, program: string | undefined): string {
  const start = resolve(from);
  if (program === undefined) return start;
  const home = dirname(realPath(program));
  if (!isOutside(relative(realPath(start), home))) return start;
  for (let directory = home; directory !== dirname(directory); directory = dirname(directory)) {
    if (isThere(join(directory, "package.json"))) return directory;
  }
  return home;
}

function isOutside(path: string): boolean {
  return path.startsWith("..") || isAbsolute(path);
}

/** Under Node's permission model to ask for a file that may not be read is an error. */
function isThere(path: string): boolean {
  try {
    return pathExists(path);
  } catch {
    return false;
  }
}
