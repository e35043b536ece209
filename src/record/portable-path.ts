/**
 * Paths as they are stored in records: the same text for the same file, whichever system recorded it.
 *
 *     path    = "." / name *("/" name)
 *     name    = Unicode text in normal form C, neither "." nor "..", without "/", control characters (C0, DEL, C1) and lone surrogates
 *
 * As `fs.ValidPath` of Go: relative to a root, which is not part of it and itself is ".". Upper and lower case stay as they are, so on systems
 * that don't tell them apart two paths may name one file; apart from that no two do. Where a system tells normal forms apart (Linux), a name in
 * another form is recorded in form C, and found again only if the file is named so. These are functions of text alone: nothing is looked
 * up, so `link/../a` is `a`, wherever the link leads.
 */
import { SealtraceError } from "./errors.ts";
import { namesWithin, parseNativePath, type NativePath } from "./native-path.ts";
import { isReservedOnWindows } from "./windows-names.ts";

declare const portable: unique symbol;

/** Text that came out of {@link toPortablePath} or {@link parsePortablePath}. */
export type PortablePath = string & { readonly [portable]: true };

/**
 * The portable path of what `path`, absolute or relative to `root`, names on `platform` (default: this system's). Undefined when that is neither the
 * root nor in it, or has no portable name: one with control characters or broken Unicode, or on Windows one that names no file there (`NUL`,
 * `a:b`, `a.`). Throws SEALTRACE_USAGE for a root that is not absolute.
 *
 * On Windows drives, servers, shares and the root's directories are compared without regard to case, `/` is `\`, and `\\?\C:\a` is `C:\a`.
 */
export function toPortablePath(
  root: string,
  path: string,
  platform: NodeJS.Platform = process.platform,
): PortablePath | undefined {
  const base = parseRoot(root, platform);
  const native = parseNativePath(path, platform, base);
  const names = native && namesWithin(base, native, platform);
  if (names === undefined || names.some((name) => !mayExist(name, platform))) return undefined;
  const text = names.length === 0 ? ROOT : names.join("/").normalize("NFC");
  return isPortablePath(text) ? text : undefined;
}

/**
 * The path below `root` for the system's functions, `root` being spelled as it is given. Throws SEALTRACE_INVALID_DATA for a path that can name no file
 * on `platform` (see {@link isReservedOnWindows}), SEALTRACE_USAGE for a root that is not absolute. What it names is in the root unless a
 * symbolic link leads out: to open it without that risk is what roots are for.
 */
export function fromPortablePath(
  root: string,
  path: PortablePath,
  platform: NodeJS.Platform = process.platform,
): string {
  parseRoot(root, platform);
  // The type is a promise that any cast can break.
  const names = namesOf(parsePortablePath(path));
  const impossible = names.find((name) => !mayExist(name, platform));
  if (impossible !== undefined) {
    throw new SealtraceError(
      "SEALTRACE_INVALID_DATA",
      `No file can be named ${shown(impossible)} on Windows: use ${shown(path)} on the system that it comes from, or rename the file there.`,
    );
  }
  if (names.length === 0) return root;
  const separator = platform === "win32" ? "\\" : "/";
  const atEnd = platform === "win32" ? /[\\/]$/ : /\/$/;
  return `${root}${atEnd.test(root) ? "" : separator}${names.join(separator)}`;
}

/** Text from anywhere, which must be a portable path as it stands: nothing is repaired. Throws SEALTRACE_INVALID_DATA that says what is wrong. */
export function parsePortablePath(text: unknown): PortablePath {
  const problem = problemOf(text);
  if (problem === undefined) return text as PortablePath;
  throw new SealtraceError(
    "SEALTRACE_INVALID_DATA",
    `${shown(text)} is no portable path: ${problem}. Write it relative to its root, as in "src/main.ts".`,
  );
}

export function isPortablePath(text: unknown): text is PortablePath {
  return problemOf(text) === undefined;
}

/**
 * A total order, the same on every system, for `sort`: name by name, names by code points (as their UTF-8 bytes would be), and a directory before
 * what is in it, which then stands together. The root is first. 0 only for equal paths.
 */
export function comparePortablePaths(one: PortablePath, other: PortablePath): number {
  if (one === other) return 0;
  if (one === ROOT || other === ROOT) return one === ROOT ? -1 : 1;
  const length = Math.min(one.length, other.length);
  for (let i = 0; i < length; i += 1) {
    const difference = rank(one.charCodeAt(i)) - rank(other.charCodeAt(i));
    if (difference !== 0) return difference;
  }
  return one.length - other.length;
}

const ROOT = ".";
const SLASH = 0x2f;

/** The slash before all, and surrogates, which stand for the highest code points, behind the rest. */
function rank(unit: number): number {
  if (unit === SLASH) return 0;
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

function problemOf(text: unknown): string | undefined {
  if (typeof text !== "string") return `it is ${text === null ? "null" : typeof text}, not text`;
  if (text === ROOT) return undefined;
  if (text === "") return "it is empty";
  if (text.startsWith("/")) return "it begins at the top of a file system";
  if (!text.isWellFormed()) return "it has half of a surrogate pair";
  if (/\p{Cc}/u.test(text)) return "it has control characters";
  if (text.normalize("NFC") !== text) return "it is not in Unicode's normal form C";
  const names = text.split("/");
  if (names.includes("..")) return 'it has ".."';
  return names.includes(".") || names.includes("") ? 'it has "." or nothing between two "/"' : undefined;
}

function namesOf(path: PortablePath): string[] {
  return path === ROOT ? [] : path.split("/");
}

function mayExist(name: string, platform: NodeJS.Platform): boolean {
  return platform !== "win32" || !isReservedOnWindows(name);
}

function parseRoot(root: string, platform: NodeJS.Platform): NativePath {
  const parsed = parseNativePath(root, platform);
  if (parsed !== undefined) return parsed;
  throw new SealtraceError("SEALTRACE_USAGE", `The root ${shown(root)} is not absolute: give all of its path.`);
}

function shown(value: unknown): string {
  if (typeof value !== "string") return "What was given";
  const text = JSON.stringify(value);
  return text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH)}...` : text;
}

const SHOWN_LENGTH = 100;
