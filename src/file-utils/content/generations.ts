/** What a file was before: `settings.yaml.1` is the generation before the present one, `settings.yaml.2` the one before that. */
import { SealtraceError } from "../../record/index.ts";
import { temporaryName } from "./abandoned-temporaries.ts";
import { isSame } from "../system/directory-trail.ts";
import { fileSystemError, isMissing } from "../system/errors.ts";
import { knownStatusOf } from "../system/link-target.ts";
import { sibling, systemPath, type Place } from "../system/place.ts";
import type { Steps } from "../system/steps.ts";
import { constants, copyFile, exactLstat, link, rename, unlink } from "../system/calls.ts";

export const MAX_GENERATIONS = 99;

/** 0 is the file itself. */
export function generationOf(place: Place, generation: number): Place {
  if (!Number.isInteger(generation) || generation < 0 || generation > MAX_GENERATIONS) {
    throw new SealtraceError(
      "SEALTRACE_USAGE",
      `A generation is a whole number from 0 to ${MAX_GENERATIONS}, not ${generation}.`,
    );
  }
  return generation === 0 ? place : sibling(place, `${place.name}.${generation}`);
}

/** How many generations become one older: all, or those before the first gap, as a writer may leave that dies. Never none. */
export function* shiftable(place: Place, count: number): Steps<number> {
  for (let generation = 1; generation < count; generation += 1) {
    if ((yield* knownStatusOf(generationOf(place, generation))) === undefined) return generation;
  }
  return count;
}

/** Makes the present file generation 1 too, and each older one older by one; of more than `count` the oldest goes away. */
export function* shiftGenerations(place: Place, count: number, isSigned: boolean): Steps<void> {
  for (let older = count; older > 1; older -= 1) {
    const [from, to] = [generationOf(place, older - 1), generationOf(place, older)];
    if (isSigned) yield* unlessMissing(rename(systemPath(signatureOf(from)), systemPath(signatureOf(to))));
    yield* unlessMissing(rename(systemPath(from), systemPath(to)));
  }
  if (isSigned) yield* unlessMissing(keepAsNewest(signatureOf(place), signatureOf(generationOf(place, 1))));
  yield* keepAsNewest(place, generationOf(place, 1));
}

/** The signature beside a file, or beside one of its generations. */
export function signatureOf(file: Place): Place {
  return sibling(file, `${file.name}.minisig`);
}

function* keepAsNewest(place: Place, newest: Place): Steps<void> {
  // In one step, so that there is no moment without the last good one.
  const copy = systemPath(sibling(place, temporaryName()));
  try {
    yield* duplicate(systemPath(place), copy);
    yield* rename(copy, systemPath(newest));
  } catch (error) {
    yield* unlessMissing(unlink(copy));
    throw error;
  }
}

/** Whether the present file is generation 1 as well: so it is after a writer has died between making it that and replacing it. */
export function* isKept(place: Place): Steps<boolean> {
  const present = systemPath(place);
  const newest = systemPath(generationOf(place, 1));
  try {
    return isSame(yield* exactLstat(present), yield* exactLstat(newest));
  } catch (error) {
    if (isMissing(error)) return false;
    throw fileSystemError(error, place.path, "write");
  }
}

/** A second name for the content: the present file is about to be replaced, not written to. */
function* duplicate(from: string, to: string): Steps<void> {
  try {
    yield* link(from, to);
  } catch (error) {
    if (!NO_LINKS.has((error as NodeJS.ErrnoException).code ?? "")) throw error;
    yield* copyFile(from, to, constants.COPYFILE_EXCL);
  }
}

/** What file systems without hard links answer. */
const NO_LINKS = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"]);

function* unlessMissing(action: Steps<unknown>): Steps<void> {
  try {
    yield* action;
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}
