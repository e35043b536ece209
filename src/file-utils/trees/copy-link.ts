import type { BigIntStats } from "node:fs";
import { temporaryName, statusOf } from "../content/atomic-write.ts";
import { seconds } from "./copy-metadata.ts";
import type { CopyWork } from "./copy-options.ts";
import { demandFree } from "./copy-file.ts";
import { SealtraceError } from "../../record/index.ts";
import { fileSystemError } from "../system/errors.ts";
import { sibling, systemPath, type Place } from "../system/place.ts";
import { renameToFree } from "./publish.ts";
import { nameOfBytes } from "../system/raw-name.ts";
import type { Steps } from "../system/steps.ts";
import { exactLstat, lutimes, readlinkBytes, rename, symlink, unlink } from "../system/calls.ts";

/** Copies a symbolic link as one that says the same, or does what the options want of links. Returns what it was like. */
export function* copyLink(from: Place, to: Place, work: CopyWork): Steps<BigIntStats> {
  const status = yield* exactLstat(systemPath(from));
  const { links, overwrite } = work.options;
  if (links === "skip") return status;
  if (links === "refuse") {
    throw new SealtraceError(
      "SEALTRACE_LINK_REFUSED",
      `${from.path} is a symbolic link, and links are refused. Remove it, or pass links: "keep" or "skip".`,
    );
  }
  const temporary = sibling(to, temporaryName());
  try {
    if (overwrite === true) yield* demandReplaceable(to);
    else yield* demandFree(to);
    const target = nameOfBytes(yield* readlinkBytes(systemPath(from), "buffer"));
    yield* symlink(target, systemPath(temporary));
    try {
      yield* lutimes(systemPath(temporary), seconds(status.atimeNs), seconds(status.mtimeNs));
      if (overwrite === true) yield* rename(systemPath(temporary), systemPath(to));
      else yield* renameToFree(temporary, to, "link");
    } catch (error) {
      yield* unlink(systemPath(temporary));
      throw error;
    }
  } catch (error) {
    throw fileSystemError(error, to.path, "write");
  }
  work.links += 1;
  return status;
}

/** A file or a link may be replaced; the system itself refuses a directory. */
function* demandReplaceable(to: Place): Steps<void> {
  const status = yield* statusOf(to);
  if (status === undefined || status.isFile() || status.isSymbolicLink()) return;
  throw Object.assign(new Error("not to be replaced"), { code: "EEXIST" });
}
