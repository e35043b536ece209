/** A look at what is in a place. Errors are about this place, also where two are at work. */
import type { Stats } from "node:fs";
import type { SealtraceError } from "../../record/index.ts";
import { fileSystemError } from "../system/errors.ts";
import { systemPath, type Place } from "../system/place.ts";
import type { Steps } from "../system/steps.ts";
import { lstat } from "../system/calls.ts";

export function* existing(place: Place): Steps<Stats> {
  try {
    return yield* lstat(systemPath(place));
  } catch (error) {
    throw fileSystemError(error, place.path, "read");
  }
}

/** For who follows links in the last place, and nothing else does. */
export function aLink({ path }: Place): SealtraceError {
  return fileSystemError(Object.assign(new Error("a symbolic link"), { code: "ELOOP" }), path, "read");
}
