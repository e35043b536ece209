import picomatch from "picomatch";
import type { FileStatus } from "../system/gate.ts";
import { LOCKS_DIRECTORY } from "../locks/lock-place.ts";
import { mediaTypeOf } from "../content/media-type.ts";
import type { RootAction, RootPolicy } from "./policy.ts";
import { checkPolicy, GLOBS, trimmedGlob } from "./policy-validity.ts";
import { isReservedOnWindows } from "../../record/index.ts";

/** A policy, made ready to be asked. Answers are the rule that refuses, as a sentence, or undefined. */
export class PolicyCheck {
  readonly followsLinks: boolean;
  /** Whether it matters what a path is called after its symbolic links are resolved. */
  readonly asksForNames: boolean;
  readonly maxTotalBytes: number;
  readonly #policy: RootPolicy;
  readonly #allowed: ReadonlySet<RootAction>;
  readonly #includes: readonly string[] | undefined;
  readonly #included: ((path: string) => boolean) | undefined;
  readonly #excluded: ((path: string) => boolean) | undefined;
  readonly #portable: boolean;
  readonly #hasShortNames: boolean;
  readonly #maxFileBytes: number;

  constructor(policy: RootPolicy, platform: NodeJS.Platform = process.platform) {
    checkPolicy(policy);
    // What becomes of the caller's object later is not our policy.
    this.#policy = structuredClone(policy);
    this.#allowed = new Set(policy.allow);
    this.#includes = policy.include?.map(trimmedGlob);
    this.#included = this.#includes && picomatch([...this.#includes], GLOBS);
    this.#excluded = policy.exclude && picomatch(policy.exclude.map(trimmedGlob).map(folded), GLOBS);
    this.#portable = policy.portableNames === true || platform === "win32";
    this.#hasShortNames = platform === "win32" && (policy.include ?? policy.exclude) !== undefined;
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
    if (folded(name) === LOCKS_DIRECTORY) return "that is where locks are kept";
    if (this.#hasShortNames && /~\d/.test(name)) return "on Windows that may be the short form of another name";
    if (this.#portable && isReservedOnWindows(name))
      return `the name ${JSON.stringify(name)} is another one on Windows`;
    return undefined;
  }

  /** The path after its links are resolved, with `/` between names; empty for the root itself. */
  path(path: string): string | undefined {
    if (path === "") return undefined;
    if (this.#excludes(path)) return "the policy excludes it";
    if (this.#included !== undefined && !matchesSelfOrParent(path, this.#included))
      return "the policy does not include it";
    return undefined;
  }

  #excludes(path: string): boolean {
    return this.#excluded !== undefined && matchesSelfOrParent(folded(path), this.#excluded);
  }

  /** Whether something under this directory may be included, so that the way to it is open for listing. */
  leadsToIncluded(path: string): boolean {
    if (this.#excludes(path)) return false;
    if (this.#includes === undefined || this.path(path) === undefined) return true;
    const names = path === "" ? [] : path.split("/");
    return this.#includes.some((glob) => {
      const pieces = glob.split("/");
      const leading = pieces.slice(0, names.length);
      if (leading.includes("**")) return true;
      return pieces.length > names.length && (names.length === 0 || picomatch(leading.join("/"), GLOBS)(path));
    });
  }

  file(status: FileStatus): string | undefined {
    const { owner, hardLinks } = this.#policy;
    if (hardLinks === "refuse" && Number(status.nlink) > 1)
      return `the file has ${status.nlink} names, and the policy refuses hard links`;
    if (process.platform === "win32") return undefined;
    if (owner !== undefined && Number(status.uid) !== owner)
      return `the file belongs to user ${status.uid}, and must to ${owner}`;
    return this.mode(Number(status.mode));
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
    const looksAtStatus = owner !== undefined || maxMode !== undefined || hardLinks === "refuse";
    return looksAtStatus || mediaTypes !== undefined || this.#maxFileBytes !== Infinity;
  }

  /** A mode that a file is about to get. */
  mode(mode: number): string | undefined {
    const { maxMode = 0o7777 } = this.#policy;
    if (process.platform === "win32" || (mode & 0o7777 & ~maxMode) === 0) return undefined;
    return `its mode is ${octal(mode & 0o7777)}, and may be ${octal(maxMode)} at most`;
  }
}

function matchesSelfOrParent(path: string, matches: (path: string) => boolean): boolean {
  for (let end = path.length; end > 0; end = path.lastIndexOf("/", end - 1)) {
    if (matches(path.slice(0, end))) return true;
  }
  return false;
}

/**
 * One form for all spellings that some file system takes for one name: in another case (also where that has other letters: `STRASSE`, `straße`), composed in
 * another way, or with characters that are not seen (HFS+ leaves those away).
 */
function folded(text: string): string {
  if (/^[ -~]*$/.test(text)) return text.toLowerCase();
  const plain = text.normalize("NFKC").replace(/\p{Default_Ignorable_Code_Point}/gu, "");
  return plain.toUpperCase().toLowerCase().replaceAll("\u03c2", "\u03c3").normalize("NFKC");
}

function octal(mode: number): string {
  return `0${mode.toString(8).padStart(3, "0")}`;
}
