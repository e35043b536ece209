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
   * Nothing that one of these globs matches, nor what lies in it, whatever `include` says. On the safe side: without regard to case, to how a letter is
   * composed in Unicode, and to characters that are not seen.
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
  /** Bits that the mode of files may have which are read or written to, and that they may be given: 0o600 refuses what others may touch. Not known on Windows. Default: any. */
  readonly maxMode?: number | undefined;
  /** Refuse names that Windows takes for something else (`NUL`, `a:b`, `a.`), on every system. On Windows that is always so. Default: false. */
  readonly portableNames?: boolean | undefined;
}
