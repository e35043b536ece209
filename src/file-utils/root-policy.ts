import picomatch from "picomatch";
import { SealtraceError } from "../record/index.ts";
import { mediaTypeOf } from "./media-type.ts";
import type { FileStatus } from "./gate.ts";
import { LOCKS_DIRECTORY } from "./lock-place.ts";
import { isReservedOnWindows } from "./windows-names.ts";

/**
 * What may be done in a root:
 *
 * - `read`: contents of files
 * - `write`: changing what exists: contents, modes, owners, times
 * - `create`: new files, directories and links
 * - `delete`: removing files, directories and links; moving them away
 * - `list`: names in directories, and what is known of files besides their contents
 * - `execute`: giving files a mode with an execute bit
 */
export type RootAction = "read" | "write" | "create" | "delete" | "list" | "execute";

export const ROOT_ACTIONS: readonly RootAction[] = ["read", "write", "create", "delete", "list", "execute"];

/** What is not allowed is refused. */
export interface RootPolicy {
  readonly allow: readonly RootAction[];
  /** Only what one of these globs matches, and what lies in directories that do; relative to the root, `/` between names. Default: everything. */
  readonly include?: readonly string[] | undefined;
  /**
   * Nothing that one of these globs matches, nor what lies in it, whatever `include` says. On the safe side: without regard to case, and to how a letter is
   * composed in Unicode.
   */
  readonly exclude?: readonly string[] | undefined;
  /** What becomes of symbolic links: followed as long as they stay inside, or refused altogether. Default: `inside`. */
  readonly symbolicLinks?: "inside" | "refuse" | undefined;
  /** Files with more than one name, of which one may be outside. Default: `allow`. */
  readonly hardLinks?: "allow" | "refuse" | undefined;
  /** Bytes that the files under the root may have in all. Default: no limit. */
  readonly maxTotalBytes?: number | undefined;
  /** Bytes that one file may have. Default: no limit. */
  readonly maxFileBytes?: number | undefined;
  /** Media types of contents, recognised by their bytes and not by the name: `image/png`, `image/*`. See {@link mediaTypeOf}. Default: any. */
  readonly mediaTypes?: readonly string[] | undefined;
  /** User id that files must have which are read or written to. Not known on Windows. Default: any. */
  readonly owner?: number | undefined;
  /** Bits that the mode of files may have which are read or written to: 0o600 refuses what others may touch. Not known on Windows. Default: any. */
  readonly maxMode?: number | undefined;
  /** Refuse names that Windows takes for something else (`NUL`, `a:b`, `a.`), on every system. On Windows that is always so. Default: false. */
  readonly portableNames?: boolean | undefined;
}

/** A policy, made ready to be asked. Answers are the rule that refuses, as a sentence, or undefined. */
export class PolicyCheck {
  readonly followsLinks: boolean;
  /** Whether it matters what a path is called after its symbolic links are resolved. */
  readonly asksForNames: boolean;
  readonly maxTotalBytes: number;
  readonly #policy: RootPolicy;
  readonly #allowed: ReadonlySet<RootAction>;
  readonly #included: ((path: string) => boolean) | undefined;
  readonly #excluded: ((path: string) => boolean) | undefined;
  readonly #portable: boolean;
  readonly #maxFileBytes: number;

  constructor(policy: RootPolicy, platform: NodeJS.Platform = process.platform) {
    checkPolicy(policy);
    this.#policy = policy;
    this.#allowed = new Set(policy.allow);
    this.#included = policy.include && picomatch([...policy.include], GLOBS);
    this.#excluded = policy.exclude && picomatch(policy.exclude.map(folded), GLOBS);
    this.#portable = policy.portableNames === true || platform === "win32";
    this.followsLinks = policy.symbolicLinks !== "refuse";
    this.asksForNames = this.#included !== undefined || this.#excluded !== undefined;
    this.#maxFileBytes = policy.maxFileBytes ?? Infinity;
    this.maxTotalBytes = policy.maxTotalBytes ?? Infinity;
  }

  action(action: RootAction): string | undefined {
    return this.#allowed.has(action) ? undefined : `the policy does not allow to ${action}`;
  }

  /** A name in a path, before anything is looked up. */
  name(name: string): string | undefined {
    if (name === LOCKS_DIRECTORY) return "that is where locks are kept";
    if (this.#portable && isReservedOnWindows(name))
      return `the name ${JSON.stringify(name)} is another one on Windows`;
    return undefined;
  }

  /** The path after its links are resolved, with `/` between names; empty for the root itself. */
  path(path: string): string | undefined {
    if (path === "") return undefined;
    if (this.#excluded !== undefined && matchesSelfOrParent(folded(path), this.#excluded))
      return "the policy excludes it";
    if (this.#included !== undefined && !matchesSelfOrParent(path, this.#included))
      return "the policy does not include it";
    return undefined;
  }

  /** Whether something under this directory may be included, so that the way to it is open for listing. */
  leadsToIncluded(path: string): boolean {
    const { include } = this.#policy;
    if (include === undefined || this.path(path) === undefined) return true;
    const names = path === "" ? [] : path.split("/");
    return include.some((glob) => {
      const pieces = glob.split("/");
      const leading = pieces.slice(0, names.length);
      if (leading.includes("**")) return true;
      return pieces.length > names.length && (names.length === 0 || picomatch(leading.join("/"), GLOBS)(path));
    });
  }

  file(status: FileStatus): string | undefined {
    const { owner, maxMode, hardLinks } = this.#policy;
    if (hardLinks === "refuse" && Number(status.nlink) > 1)
      return `the file has ${status.nlink} names, and the policy refuses hard links`;
    if (process.platform === "win32") return undefined;
    if (owner !== undefined && Number(status.uid) !== owner)
      return `the file belongs to user ${status.uid}, and must to ${owner}`;
    const beyond = maxMode === undefined ? 0 : Number(status.mode) & 0o7777 & ~maxMode;
    if (beyond !== 0)
      return `its mode is ${octal(Number(status.mode) & 0o7777)}, and may be ${octal(maxMode as number)} at most`;
    return undefined;
  }

  /** `head`: at least the first {@link SNIFFED_BYTES}, or all. */
  content(head: Uint8Array, size: number): string | undefined {
    if (size > this.#maxFileBytes) return `it has ${size} bytes, and a file may have ${this.#maxFileBytes}`;
    const { mediaTypes } = this.#policy;
    if (mediaTypes === undefined) return undefined;
    const type = mediaTypeOf(head);
    const [family] = type.split("/");
    if (mediaTypes.includes(type) || mediaTypes.includes(`${family}/*`)) return undefined;
    return `its content is ${type}, and only ${mediaTypes.join(", ")} may be`;
  }

  /** Whether contents matter, so that a file can't be handed out to be written to by anybody. */
  get checksContent(): boolean {
    return this.#policy.mediaTypes !== undefined || this.#maxFileBytes !== Infinity || this.maxTotalBytes !== Infinity;
  }

  get checksFiles(): boolean {
    const { owner, maxMode, hardLinks, mediaTypes } = this.#policy;
    return owner !== undefined || maxMode !== undefined || hardLinks === "refuse" || mediaTypes !== undefined;
  }

  mode(mode: number): string | undefined {
    return (mode & 0o111) !== 0 ? this.action("execute") : undefined;
  }
}

/** The fast paths of picomatch 4.0.7 forget `dot` for files at the top. */
const GLOBS = { dot: true, windows: false, debug: true, fastpaths: false };

function matchesSelfOrParent(path: string, matches: (path: string) => boolean): boolean {
  for (let end = path.length; end > 0; end = path.lastIndexOf("/", end - 1)) {
    if (matches(path.slice(0, end))) return true;
  }
  return false;
}

/** One form for all spellings that some file system takes for one name. */
function folded(text: string): string {
  return text.normalize("NFKC").toLowerCase().normalize("NFKC");
}

function octal(mode: number): string {
  return `0${mode.toString(8).padStart(3, "0")}`;
}

function checkPolicy(policy: RootPolicy): void {
  const given = policy as Partial<RootPolicy> | null | undefined;
  if (!Array.isArray(given?.allow)) {
    throw new SealtraceError(
      "SEALTRACE_USAGE",
      `A root needs a policy, { allow: ["read", "list"] } say: what is not allowed is refused.`,
    );
  }
  for (const action of policy.allow) {
    if (ROOT_ACTIONS.includes(action)) continue;
    throw new SealtraceError(
      "SEALTRACE_USAGE",
      `A policy can't allow ${JSON.stringify(action)}: take some of ${ROOT_ACTIONS.join(", ")}.`,
    );
  }
  for (const key of Object.keys(policy)) {
    if (POLICY_KEYS.has(key)) continue;
    // A rule that is spelled wrongly would protect nothing.
    throw new SealtraceError(
      "SEALTRACE_USAGE",
      `A policy has no ${JSON.stringify(key)}: there are ${[...POLICY_KEYS].join(", ")}.`,
    );
  }
}

const POLICY_KEYS: ReadonlySet<string> = new Set<keyof RootPolicy>([
  "allow",
  "include",
  "exclude",
  "symbolicLinks",
  "hardLinks",
  "maxTotalBytes",
  "maxFileBytes",
  "mediaTypes",
  "owner",
  "maxMode",
  "portableNames",
]);
