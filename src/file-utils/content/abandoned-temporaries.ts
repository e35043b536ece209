/**
 * Files that are being written have names of their own, `.sealtrace-<20 hexadecimal digits>.tmp`, until they take their places. A writer that is killed
 * leaves one; the first replacement in its directory by some later process takes it away.
 *
 * Never a living writer's: those that change their file more often than once a day are safe by that. One that rests for longer (a stream that is open,
 * on a machine that was put to sleep) may lose it, gets an error when it goes on to its end, and the old content stays.
 */
import { opendir, opendirSync, type Dir, type Dirent } from "node:fs";
import { randomBytes } from "node:crypto";
import { dirname } from "node:path";
import type { Place } from "../system/place.ts";
import { systemName } from "../system/raw-name.ts";
import { step, type Steps } from "../system/steps.ts";
import { lstat, unlink } from "../system/calls.ts";

export const TEMPORARY_NAME: RegExp = /^\.sealtrace-[0-9a-f]{20}\.tmp$/;

export function temporaryName(): string {
  return `.sealtrace-${randomBytes(10).toString("hex")}.tmp`;
}

/** Long enough for clocks of file servers that go wrong by hours. */
const ABANDONED_AFTER_MS = 24 * 60 * 60 * 1000;
/** Of a directory that has more, the rest is left to others: looking must stay cheap. */
const MAX_ENTRIES = 5_000;
const MAX_DIRECTORIES = 1_000;

const seen = new Set<string>();

/** Removes what killed writers left beside a place, when this process looks at its directory for the first time. Nothing depends on it, so it does not fail. */
export function* removeAbandoned({ directory, path }: Place): Steps<void> {
  // What goes through a descriptor has another name each time.
  const key = directory.startsWith("/proc/self/fd/") ? `\0${dirname(path)}` : directory;
  if (seen.has(key) || seen.size >= MAX_DIRECTORIES) return;
  seen.add(key);
  try {
    // The dot: what is named by a descriptor is reached through a link.
    for (const name of yield* temporariesIn(`${directory}/.`)) yield* removeIfAbandoned(`${directory}/${name}`);
  } catch {
    // A directory that can be written to and not listed, for one.
  }
}

function* removeIfAbandoned(path: string): Steps<void> {
  try {
    // Of its status: the second name that a generation gets first is that of an old content.
    const { ctimeMs, uid } = yield* lstat(path);
    const isOurs = process.geteuid === undefined || uid === process.geteuid();
    if (isOurs && Date.now() - ctimeMs > ABANDONED_AFTER_MS) yield* unlink(path);
  } catch {
    // Somebody else was quicker.
  }
}

function temporariesIn(directory: string): Steps<string[]> {
  return step<string[]>(
    () => {
      const open = opendirSync(systemName(directory), BUFFERED);
      try {
        const names: string[] = [];
        for (let left = MAX_ENTRIES; left > 0; left -= 1) {
          const entry = open.readSync();
          if (entry === null) break;
          if (isTemporary(entry)) names.push(entry.name);
        }
        return names;
      } finally {
        open.closeSync();
      }
    },
    (done) => {
      opendir(systemName(directory), BUFFERED, (error, open) => {
        if (error === null)
          listed(open).then((names) => done(null, names), done); // prettier-ignore
        else done(error);
      });
    },
  );
}

const BUFFERED = { bufferSize: 256 };

async function listed(open: Dir): Promise<string[]> {
  const names: string[] = [];
  let left = MAX_ENTRIES;
  for await (const entry of open) {
    if (isTemporary(entry)) names.push(entry.name);
    left -= 1;
    if (left === 0) break;
  }
  return names;
}

function isTemporary(entry: Dirent): boolean {
  return (entry.isFile() || entry.isSymbolicLink()) && TEMPORARY_NAME.test(entry.name);
}
