import { posix, win32 } from "node:path";
import type { Configuration } from "./load.ts";
import { compileGlob } from "./value-types.ts";

/** A file as globs see it: forward slashes only. */
interface Place {
  readonly absolute: string;
  /** To the root; begins with `../` (or, on another drive, is absolute) when it lies outside. */
  readonly relative: string;
  readonly outside: boolean;
}

/**
 * Says which source files, by absolute path, are to be traced: those that `tracing.include` names and `tracing.exclude` does not.
 *
 * Globs have forward slashes on every system, match names that begin with a dot, and start at the configuration's root. What lies outside the
 * root is not the project's own: only an absolute glob or one with `../` includes it. A glob that begins with `**` excludes anywhere. A
 * glob without wildcards, or with a slash at its end, names a directory as well as a file.
 */
export function sourceFilter(
  configuration: Pick<Configuration, "root" | "tracing">,
  platform: NodeJS.Platform = process.platform,
): (absolutePath: string) => boolean {
  const { root, tracing } = configuration;
  const windows = platform === "win32";
  const includes = tracing.include.map((glob) => compile(glob, windows, false));
  const excludes = tracing.exclude.map((glob) => compile(glob, windows, true));
  return (absolutePath) => {
    if (!(windows ? win32 : posix).isAbsolute(absolutePath)) return false;
    const place = locate(root, absolutePath, windows);
    return includes.some((matches) => matches(place)) && !excludes.some((matches) => matches(place));
  };
}

function locate(root: string, path: string, windows: boolean): Place {
  const { isAbsolute, relative } = windows ? win32 : posix;
  const fromRoot = relative(root, path);
  const slashed = (text: string): string => (windows ? text.replaceAll("\\", "/") : text);
  const outside = /^\.\.(?:\/|$)/.test(slashed(fromRoot)) || isAbsolute(fromRoot);
  return { absolute: slashed(path), relative: slashed(fromRoot), outside };
}

function compile(text: string, windows: boolean, anywhere: boolean): (place: Place) => boolean {
  const glob = text.replace(/^(?:\.\/)+(?=.)/, "");
  const matches = compileWithContents(glob, windows);
  if (/^(?:[A-Za-z]:)?\//.test(glob)) return (place) => matches(place.absolute);
  if (glob.includes("../")) return (place) => matches(place.relative);
  if (anywhere && glob.startsWith("**")) return (place) => matches(place.relative.replace(/^(?:\.\.\/)+/, ""));
  return (place) => !place.outside && matches(place.relative);
}

function compileWithContents(glob: string, nocase: boolean): (path: string) => boolean {
  const directory = glob.replace(/\/+$/, "");
  if (directory === ".") return compileGlob("**", nocase);
  const contents = compileGlob(`${directory}/**`, nocase);
  if (directory !== glob) return contents;
  const self = compileGlob(glob, nocase);
  return /[*?[\]{}()!+@\\]/.test(glob) ? self : (path) => self(path) || contents(path);
}
