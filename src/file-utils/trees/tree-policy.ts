import { SealtraceError } from "../../record/index.ts";
import type { EntryKind } from "../system/directory-entries.ts";
import type { FileStatus } from "../system/gate.ts";

/** Who is asked about every entry of a tree before anything is done with it. */
export interface TreePolicy {
  /**
   * `path` is relative to the top of the tree, which itself is "". False leaves an entry, and what is in it, out of a walk, and ends everything
   * else with SEALTRACE_ACCESS_DENIED. It may throw an error of its own.
   */
  readonly permit?: ((path: string, kind: EntryKind) => boolean) | undefined;
  /** Asked about each file that is opened to be copied; throws for one that may not be. */
  readonly inspect?: ((status: FileStatus) => void) | undefined;
}

export function demand(policy: TreePolicy, path: string, kind: EntryKind, shownPath: string): void {
  if (policy.permit?.(path, kind) !== false) return;
  throw new SealtraceError(
    "SEALTRACE_ACCESS_DENIED",
    `${shownPath} may not be touched here. Leave it out, or ask for the right to it.`,
  );
}
