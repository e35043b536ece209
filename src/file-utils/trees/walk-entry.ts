import picomatch from "picomatch";
import { SealtraceError } from "../../record/index.ts";
import { kindIn, type EntryKind, type ListedEntry } from "../system/directory-entries.ts";
import { LOCKS_DIRECTORY } from "../locks/lock-place.ts";

/** Something in a tree. */
export interface Entry {
  /** Relative to the directory that was walked, with `/` between names. Bytes that are not UTF-8 are U+DC80 to U+DCFF (see `raw-name.ts`). */
  readonly path: string;
  readonly name: string;
  readonly kind: EntryKind;
  /** 1 for what is in the directory itself. */
  readonly depth: number;
}

export interface WalkOptions {
  /** Globs (as picomatch has them, `.hidden` names too) of the paths that are shown; all directories are entered. Default: everything. */
  readonly include?: readonly string[] | undefined;
  /** Globs of paths that are neither shown nor entered. Default: nothing. */
  readonly exclude?: readonly string[] | undefined;
  /** Deeper entries are not looked at; 1 is the directory alone. Default: no limit. */
  readonly maxDepth?: number | undefined;
  /** More entries than that, shown or not, are an error (SEALTRACE_FILE_TOO_LARGE). Default: 1,000,000. */
  readonly maxEntries?: number | undefined;
  /** Also what belongs to locks (`.sealtrace-locks`). Default: false. */
  readonly locks?: boolean | undefined;
  /** Told of each directory that can't be read, which is then left out. Without it, that is an error. */
  readonly onUnreadable?: ((error: SealtraceError, path: string) => void) | undefined;
  /** Ends the walk with the signal's reason. Of no effect in functions ending in Sync. */
  readonly signal?: AbortSignal | undefined;
}

const MAX_ENTRIES = 1_000_000;

/** Which entries a walk shows and enters; counts them. */
export class Selection {
  readonly #include: ((path: string) => boolean) | undefined;
  readonly #exclude: ((path: string) => boolean) | undefined;
  readonly #maxDepth: number;
  readonly #maxEntries: number;
  readonly #locks: boolean;
  readonly #directory: string;
  #entries = 0;

  constructor(directory: string, options: WalkOptions) {
    this.#directory = directory;
    this.#include = compileGlobs("include", options.include);
    this.#exclude = compileGlobs("exclude", options.exclude);
    this.#maxDepth = limit("maxDepth", options.maxDepth, Infinity);
    this.#maxEntries = limit("maxEntries", options.maxEntries, MAX_ENTRIES);
    this.#locks = options.locks === true;
  }

  /** Adds what is shown of a directory to `shown`, and what is to be entered to `entered`. */
  sort(listed: readonly ListedEntry[], directory: string, depth: number, shown: Entry[], entered: Entry[]): void {
    this.#count(listed.length);
    const prefix = directory === "" ? "" : `${directory}/`;
    for (const item of listed) {
      const { name } = item;
      const path = prefix + name;
      if (this.#exclude?.(path) === true || (name === LOCKS_DIRECTORY && !this.#locks)) continue;
      const entry = { path, name, kind: kindIn(item), depth };
      if (this.#include?.(path) !== false) shown.push(entry);
      if (entry.kind === "directory" && depth < this.#maxDepth) entered.push(entry);
    }
  }

  #count(entries: number): void {
    this.#entries += entries;
    if (this.#entries > this.#maxEntries) {
      throw new SealtraceError(
        "SEALTRACE_FILE_TOO_LARGE",
        `There are more than ${this.#maxEntries} files and directories in ${this.#directory}. Walk a part of it, exclude some, or raise maxEntries.`,
      );
    }
  }
}

function compileGlobs(option: string, globs: readonly string[] | undefined): ((path: string) => boolean) | undefined {
  if (globs === undefined) return undefined;
  const matchers = globs.map((glob) => {
    try {
      // The fast paths of picomatch 4.0.7 forget `dot` for files at the top: `**/*.js` would not match `.a.js`.
      return picomatch(glob, { dot: true, windows: false, debug: true, fastpaths: false });
    } catch (cause) {
      throw new SealtraceError("SEALTRACE_USAGE", `The option ${option} has a glob that can't be understood: ${JSON.stringify(glob)}.`, { cause }); // prettier-ignore
    }
  });
  return (path) => matchers.some((matches) => matches(path));
}

function limit(option: string, value: number | undefined, otherwise: number): number {
  if (value === undefined) return otherwise;
  if (Number.isInteger(value) ? value > 0 : value === Infinity) return value;
  throw new SealtraceError("SEALTRACE_USAGE", `The option ${option} is a whole number from 1, not ${value}.`);
}
