import { BatchIterator } from "./batches.ts";
import { listEntries, type NamedEntry } from "./directory-entries.ts";
import { runSync } from "./steps.ts";
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
  return walkTree(walkTop(directory), new Selection(directory, options), options);
}

/** {@link listTree}, blocking. */
export function listTreeSync(directory: string, options: WalkOptions = {}): Entry[] {
  return [...walkSync(directory, options)];
}

function* walkTree(top: WalkTop, selection: Selection, options: WalkOptions): IterableIterator<Entry, undefined> {
  runSync(checkTop(top));
  const toRead = [TOP];
  for (let parent = toRead.pop(); parent !== undefined; parent = toRead.pop()) {
    const { path, depth } = parent;
    let listed: NamedEntry[];
    try {
      listed = runSync(listEntries(pathUnder(top.system, path)));
    } catch (error) {
      reportUnreadable(error, top, path, options);
      continue;
    }
    const shown: Entry[] = [];
    selection.sort(listed, path === "" ? "" : `${path}/`, depth + 1, shown, toRead);
    yield* shown;
  }
  return undefined;
}
