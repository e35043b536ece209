import { BatchIterator } from "./batches.ts";
import { listDirectory, type ListedEntry } from "../system/directory-entries.ts";
import { runSync } from "../system/steps.ts";
import { Selection, type Entry, type WalkOptions } from "./walk-entry.ts";
import { ParallelWalk } from "./walk-parallel.ts";
import { checkTop, pathUnder, reportUnreadable, TOP, walkTop, type WalkTop } from "./walk-top.ts";

/**
 * All files and directories under a directory. A directory comes before what is in it; no other order is promised. Symbolic links are shown and
 * never followed (in a directory where an attacker may rename things, use a root: here they are found by their paths). What vanishes meanwhile
 * is left out.
 *
 *     for await (const { path, kind } of walk("src", { include: ["**\/*.ts"], exclude: ["**\/node_modules"] })) ...
 *
 * Throws a SealtraceError when the directory or one in it can't be read (see `onUnreadable`) or there are more entries than `maxEntries`.
 */
export function walk(directory: string, options: WalkOptions = {}): AsyncIterableIterator<Entry, undefined> {
  return new BatchIterator(new ParallelWalk(walkTop(directory), new Selection(directory, options), options));
}

/** {@link walk} as one list. */
export async function listTree(directory: string, options: WalkOptions = {}): Promise<Entry[]> {
  const batches = new ParallelWalk(walkTop(directory), new Selection(directory, options), options);
  const entries: Entry[] = [];
  try {
    for (let batch = await batches.next(); batch !== undefined; batch = await batches.next()) {
      for (const entry of batch) entries.push(entry);
    }
    return entries;
  } finally {
    await batches.end();
  }
}

/** {@link walk}, blocking while each directory is read. */
export function walkSync(directory: string, options: WalkOptions = {}): IterableIterator<Entry, undefined> {
  return each(batchesOf(walkTop(directory), new Selection(directory, options), options));
}

/** {@link listTree}, blocking. */
export function listTreeSync(directory: string, options: WalkOptions = {}): Entry[] {
  const entries: Entry[] = [];
  for (const batch of batchesOf(walkTop(directory), new Selection(directory, options), options)) {
    for (const entry of batch) entries.push(entry);
  }
  return entries;
}

function* each(batches: Iterable<readonly Entry[]>): IterableIterator<Entry, undefined> {
  for (const batch of batches) yield* batch;
  return undefined;
}

/** What is shown of each directory. */
function* batchesOf(top: WalkTop, selection: Selection, options: WalkOptions): Generator<readonly Entry[], void> {
  runSync(checkTop(top));
  const toRead = [TOP];
  for (let parent = toRead.pop(); parent !== undefined; parent = toRead.pop()) {
    const { path, depth } = parent;
    let listed: readonly ListedEntry[];
    try {
      listed = runSync(listDirectory(pathUnder(top.system, path)));
    } catch (error) {
      reportUnreadable(error, top, path, options);
      continue;
    }
    const shown: Entry[] = [];
    selection.sort(listed, path, depth + 1, shown, toRead);
    yield shown;
  }
}
