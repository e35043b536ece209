import { replaceContent, type ReplaceOptions } from "./atomic-write.ts";
import { checkListable, readChecksums, sha256, writeChecksums, type Checksums } from "./checksum.ts";
import { generationOf, isKept, shiftable, shiftGenerations } from "./generations.ts";
import { knownStatusOf } from "../system/link-target.ts";
import { sibling, type Place } from "../system/place.ts";
import { readContent } from "./regular-file.ts";
import type { Steps } from "../system/steps.ts";

export interface HistoryOptions {
  /** How many earlier contents to keep beside the file (`settings.yaml.1` is the last one), 0 to 99. Default: 0. */
  readonly generations?: number | undefined;
  /** Keep a SHA-256 of the file and its generations beside it (`settings.yaml.sha256`), for `readFile` with `checksum`. Default: false. */
  readonly checksum?: boolean | undefined;
}

/**
 * Replaces a file, keeping what it was before and checksums. A death at any moment leaves each of them matching. The caller holds the file's lock:
 * two who do this at once would mix their histories.
 */
export function* replaceWithHistory(
  place: Place,
  content: Uint8Array,
  { generations = 0, checksum = false, isSigned }: HistoryOptions & { readonly isSigned: boolean },
  options: ReplaceOptions,
): Steps<void> {
  generationOf(place, generations);
  if (checksum) checkListable(place);
  const before = checksum ? yield* knownSums(place) : NO_SUMS;
  const old = generations > 0 ? yield* sumOf(place) : undefined;
  // A damaged file must not push out the last good generation; nor one that is kept already, since somebody died at this point.
  const isGood = old !== undefined && (before.get(place.name)?.includes(old) ?? true);
  const shifted = isGood && !(yield* isKept(place)) ? yield* shiftable(place, generations) : 0;
  const after = new Map<string, readonly string[]>([[place.name, [sha256(content)]]]);
  for (let generation = 1; generation <= generations; generation += 1) {
    const sums = before.get(generationOf(place, generation <= shifted ? generation - 1 : generation).name);
    if (generation === 1 && isGood) after.set(generationOf(place, 1).name, [old]);
    else if (sums !== undefined) after.set(generationOf(place, generation).name, sums);
  }
  const durable = options.durable !== false;
  yield* replaceContent(place, content, {
    ...options,
    *lastCheck() {
      if (options.lastCheck !== undefined) yield* options.lastCheck();
      if (checksum) yield* writeChecksums(place, union(before, after), durable);
      if (shifted > 0) yield* shiftGenerations(place, shifted, isSigned);
    },
  });
  try {
    if (checksum) yield* writeChecksums(place, after, durable);
  } catch {
    // The new content is there, and so is its checksum. Some old one more is no reason to say that it is not.
  }
}

const NO_SUMS: Checksums = new Map();

/** The checksums beside a file. Of a name that has two since a writer died, the one that is right. */
function* knownSums(place: Place): Steps<Checksums> {
  const known = new Map((yield* readChecksums(place)) ?? NO_SUMS);
  for (const [name, sums] of known) {
    if (sums.length < 2) continue;
    const actual = yield* sumOf(sibling(place, name));
    if (actual === undefined) known.delete(name);
    else if (sums.includes(actual)) known.set(name, [actual]);
  }
  return known;
}

function* sumOf(place: Place): Steps<string | undefined> {
  const status = yield* knownStatusOf(place);
  if (status?.isFile() !== true) return undefined;
  return sha256((yield* readContent(place, { maxBytes: Infinity, follow: false })).bytes);
}

function union(one: Checksums, other: Checksums): Checksums {
  const both = new Map<string, readonly string[]>();
  for (const name of new Set([...one.keys(), ...other.keys()])) {
    both.set(name, [...new Set([...(one.get(name) ?? []), ...(other.get(name) ?? [])])]);
  }
  return both;
}
