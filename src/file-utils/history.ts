import { replaceContent, statusOf, type ReplaceOptions } from "./atomic-write.ts";
import { checkListable, readChecksums, sha256, writeChecksums, type Checksums } from "./checksum.ts";
import { generationOf, shiftGenerations } from "./generations.ts";
import type { Place } from "./place.ts";
import { readContent } from "./regular-file.ts";
import type { Steps } from "./steps.ts";

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
  { generations = 0, checksum = false }: HistoryOptions,
  options: ReplaceOptions,
): Steps<void> {
  generationOf(place, generations);
  checkListable(place);
  const before: Checksums = (checksum ? yield* readChecksums(place) : undefined) ?? new Map<string, string[]>();
  const old = generations > 0 ? yield* currentSum(place) : undefined;
  // A damaged file must not push out the last good generation.
  const keeps = old !== undefined && (before.get(place.name)?.includes(old) ?? true);
  const after = new Map<string, readonly string[]>([[place.name, [sha256(content)]]]);
  for (let generation = 1; generation <= generations; generation += 1) {
    const from = keeps ? generation - 1 : generation;
    const sums = from === 0 ? [old as string] : before.get(generationOf(place, from).name);
    if (sums !== undefined) after.set(generationOf(place, generation).name, sums);
  }
  const durable = options.durable !== false;
  yield* replaceContent(place, content, {
    ...options,
    *lastCheck() {
      if (options.lastCheck !== undefined) yield* options.lastCheck();
      if (checksum) yield* writeChecksums(place, union(before, after), durable);
      if (keeps) yield* shiftGenerations(place, generations);
    },
  });
  if (checksum) yield* writeChecksums(place, after, durable);
}

function* currentSum(place: Place): Steps<string | undefined> {
  const status = yield* statusOf(place);
  if (status?.isFile() !== true) return undefined;
  return sha256((yield* readContent(place, { maxBytes: status.size, follow: false })).bytes);
}

function union(one: Checksums, other: Checksums): Checksums {
  const both = new Map<string, readonly string[]>();
  for (const name of new Set([...one.keys(), ...other.keys()])) {
    both.set(name, [...new Set([...(one.get(name) ?? []), ...(other.get(name) ?? [])])]);
  }
  return both;
}
