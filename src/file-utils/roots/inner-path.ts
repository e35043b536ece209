/** A path inside a root, in pieces. */
export interface InnerPath {
  /** Names and `..`, without `.` and empty ones; none for the root itself. */
  readonly names: string[];
  /** It ended in a slash or a dot: what it names must be a directory. */
  readonly isDirectory: boolean;
}

/** Why a path can't be one inside a root, as a sentence; else its pieces. */
export function splitInnerPath(path: unknown, platform: NodeJS.Platform = process.platform): InnerPath | string {
  if (typeof path !== "string") return `a path is a string, not ${typeof path}`;
  if (path === "") return "the path is empty; the root itself is called .";
  if (path.includes("\0")) return "there is a NUL character in the path";
  const windows = platform === "win32";
  if (windows && /^[a-z]:/i.test(path)) return "the path names a drive; only paths relative to the root are allowed";
  const pieces = path.split(windows ? /[\\/]/ : "/");
  if (pieces[0] === "") return "the path is absolute; only paths relative to the root are allowed";
  const names = pieces.filter((piece) => piece !== "" && piece !== ".");
  const last = pieces.at(-1);
  return { names, isDirectory: last === "" || last === "." || last === ".." };
}
