import { SealtraceError } from "../../record/index.ts";
import { statusOf } from "./atomic-write.ts";
import type { Gate } from "../system/gate.ts";
import { knownStatusOf, linkTarget } from "../system/link-target.ts";
import { whileLocked, type HeldLock } from "../locks/lock.ts";
import { placeOf, systemPath, type Place } from "../system/place.ts";
import { readDecoded, type DecodedContent, type ReadOptions, type SchemaOption } from "./read-file.ts";
import { readContent, sameState, type Content } from "./regular-file.ts";
import { invoke, runAsync, runSync, type Steps } from "../system/steps.ts";
import { exactLstat } from "../system/calls.ts";
import { encodeValue, replaceBytes, type WriteOptions } from "./write-file.ts";

export interface UpdateOptions
  extends Omit<ReadOptions, "generation" | "claims">, Omit<WriteOptions, "schema" | "ifVersion" | "symbolicLinks"> {
  /** A symbolic link in the file's place: an error, or written through. Default: `refuse`. */
  readonly symbolicLinks?: "refuse" | "follow" | undefined;
  /** How long to wait for the file's lock, in milliseconds. Default: 30,000. */
  readonly wait?: number | undefined;
}

/**
 * Reads a file, lets a function say what it should be, and replaces it, under the file's lock: of several at once, in any thread or process, none is lost.
 * The function gets undefined when there is no file; when it returns undefined, nothing is written. It may be called again: should somebody who takes no
 * lock have changed the file meanwhile, up to the last look an instant before it is replaced, it is given the new content. Resolves to what the file holds then. Throws what {@link readFile} and
 * {@link writeFile} throw, `SEALTRACE_LOCK_BUSY`, and whatever the function throws, which leaves the file as it is.
 */
export async function updateFile<Value = unknown>(
  path: string,
  change: Update<Value>,
  options: UpdateOptions & Partial<SchemaOption<Value>> = {},
): Promise<Value | undefined> {
  return runAsync(updateValue(placeOf(path), change, options), options.signal);
}

/** {@link updateFile}, blocking. */
export function updateFileSync<Value = unknown>(
  path: string,
  change: (value: Value | undefined) => Value | undefined,
  options: UpdateOptions & Partial<SchemaOption<Value>> = {},
): Value | undefined {
  return runSync(updateValue(placeOf(path), change, options));
}

/** What a value should be, given what it is; undefined leaves it. */
export type Update<Value> = (value: Value | undefined) => Value | undefined | Promise<Value | undefined>;

/** {@link updateFile}, of a place. */
export function* updateValue<Value>(
  given: Place,
  change: Update<Value>,
  options: UpdateOptions & Partial<SchemaOption<Value>>,
  gate?: Gate,
): Steps<Value | undefined> {
  const place = options.symbolicLinks === "follow" ? yield* linkTarget(given) : given;
  const { wait, signal } = options;
  return yield* whileLocked(systemPath(place), { wait, signal }, (lock, inside) =>
    updateLocked(given, place, (value: Value | undefined) => inside(() => change(value)), options, lock, gate),
  );
}

/** `given` is the file as it was named, which chooses the format; `place` is where it is. */
function* updateLocked<Value>(
  given: Place,
  place: Place,
  change: Update<Value>,
  options: UpdateOptions & Partial<SchemaOption<Value>>,
  lock: HeldLock,
  gate: Gate | undefined,
): Steps<Value | undefined> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const current = yield* currentContent(given, place, options, gate);
    const value = current?.value as Value | undefined;
    const changed = yield* invoke(() => change(value));
    if (changed === undefined) return value;
    const content = yield* encodeValue(given, changed, options);
    gate?.content(content.bytes, content.bytes.length);
    try {
      yield* replaceBytes(place, content, options, gate, function* () {
        lock.check();
        if (!(yield* isUnchanged(place, current?.content))) throw new ChangedMeanwhile();
      });
      return changed;
    } catch (error) {
      if (!(error instanceof Error && error.cause instanceof ChangedMeanwhile)) throw error;
    }
  }
  throw new SealtraceError(
    "SEALTRACE_FILE_CHANGED",
    `${place.path} was changed again and again by somebody who does not take its lock: have them use updateFile or withLock, too.`,
  );
}

const MAX_ATTEMPTS = 16;

class ChangedMeanwhile extends Error {}

function* currentContent(
  given: Place,
  place: Place,
  options: UpdateOptions & Partial<SchemaOption<unknown>>,
  gate: Gate | undefined,
): Steps<DecodedContent | undefined> {
  if ((yield* knownStatusOf(place)) === undefined) return undefined;
  // The generation that is signed next is not the one that was.
  const reading = {
    ...options,
    claims: { ...options.claims, generation: undefined },
    symbolicLinks: "refuse",
  } as const;
  const decoded = yield* readDecoded(place, reading, gate, given);
  // What is to be replaced is the present content, whatever that is.
  return decoded.isOlder ? { ...decoded, content: yield* readContent(place, PRESENT) } : decoded;
}

const PRESENT = { maxBytes: Infinity, follow: false };

function* isUnchanged(place: Place, content: Content | undefined): Steps<boolean> {
  if ((yield* statusOf(place)) === undefined) return content === undefined;
  if (content === undefined || !sameState(yield* exactLstat(systemPath(place)), content.status)) return false;
  if (content.settled) return true;
  // Its status tells nothing yet: a change within the same tick of the system's clock would not show.
  const { bytes } = yield* readContent(place, { maxBytes: content.bytes.length, follow: false });
  return bytes.equals(content.bytes);
}
