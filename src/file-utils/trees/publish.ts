import { fileSystemError } from "../system/errors.ts";
import { statusOf } from "../content/atomic-write.ts";
import type { EntryKind } from "../system/directory-entries.ts";
import { isSame } from "../system/directory-trail.ts";
import { systemPath, type Place } from "../system/place.ts";
import type { Steps } from "../system/steps.ts";
import { exactLstat, link, rename, unlink } from "../system/calls.ts";

/**
 * Renames only where nothing stands yet: throws SEALTRACE_FILE_EXISTS otherwise. For files that is one atomic act, by a second name and the removal
 * of the first: who dies between leaves both. Where the system has no second names (FAT, some network file systems; for symbolic links:
 * other than Linux) it looks first and renames then, so that what is made in between is replaced. A directory is renamed after a look too: what
 * comes in between can't be replaced by it, unless it is an empty directory.
 */
export function* renameToFree(from: Place, to: Place, kind: EntryKind): Steps<void> {
  try {
    if (hasSecondNames(kind)) {
      try {
        yield* link(systemPath(from), systemPath(to));
        // What somebody has put in its place since is another file, and stays.
        if (isSame(yield* exactLstat(systemPath(from)), yield* exactLstat(systemPath(to)))) {
          yield* unlink(systemPath(from));
        }
        return;
      } catch (error) {
        if (!NO_SECOND_NAMES.has((error as NodeJS.ErrnoException).code ?? "")) throw error;
      }
    }
    if ((yield* statusOf(to)) !== undefined) throw Object.assign(new Error("not free"), { code: "EEXIST" });
    yield* rename(systemPath(from), systemPath(to));
  } catch (error) {
    throw fileSystemError(error, to.path, "write");
  }
}

/** {@link renameToFree}, of a file. */
export function publishNew(from: Place, to: Place): Steps<void> {
  return renameToFree(from, to, "file");
}

/** Elsewhere than on Linux the second name of a symbolic link is one of what it points to. */
function hasSecondNames(kind: EntryKind): boolean {
  return kind === "file" || (kind !== "directory" && process.platform === "linux");
}

/** EPERM: no hard links on that file system, or not to other people's files. */
const NO_SECOND_NAMES = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"]);
