/** Where symbolic links lead. */
import { realpath, realpathSync } from "node:fs";
import { basename, dirname, isAbsolute, join } from "node:path";
import { SealtraceError } from "../../record/index.ts";
import { statusOf } from "../content/atomic-write.ts";
import { fileSystemError } from "./errors.ts";
import { systemPath, type Place } from "./place.ts";
import { systemName } from "./raw-name.ts";
import { step, type Steps } from "./steps.ts";
import { readlink } from "./calls.ts";

/** {@link statusOf}, with an error that says what to do. */
export function* knownStatusOf(place: Place): ReturnType<typeof statusOf> {
  try {
    return yield* statusOf(place);
  } catch (error) {
    throw fileSystemError(error, place.path, "write");
  }
}

/** Where a chain of symbolic links leads, to a file that need not exist. */
export function* linkTarget(place: Place): Steps<Place> {
  let at = place;
  for (let links = 0; links <= MAX_LINKS; links += 1) {
    try {
      if ((yield* statusOf(at))?.isSymbolicLink() !== true) return at;
      const target = yield* readlink(systemPath(at));
      const full = isAbsolute(target) ? target : `${at.directory}/${target}`;
      // By the system: `..` in a link is the parent of the real directory, whatever links its path goes through.
      const directory = yield* realDirectory(dirname(full));
      at = { directory, name: basename(full), path: join(directory, basename(full)) };
    } catch (error) {
      throw fileSystemError(error, place.path, "write");
    }
  }
  throw new SealtraceError(
    "SEALTRACE_LINK_REFUSED",
    `${place.path} is a symbolic link that leads through more than ${MAX_LINKS} others, or in a circle.`,
  );
}

/** As many as Linux follows. */
const MAX_LINKS = 40;

/** By the system itself: Node's own way takes `..` for the parent in the text. */
function realDirectory(path: string): Steps<string> {
  return step<string>(
    () => realpathSync.native(systemName(path)),
    (done) => {
      realpath.native(systemName(path), done);
    },
  );
}
