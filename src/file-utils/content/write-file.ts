import { acceptedBy, type SchemaResult, type StandardSchema } from "../../serialize-utils/index.ts";
import { replaceContent, type ReplaceOptions } from "./atomic-write.ts";
import { checkVersion, checkVersionText } from "./file-version.ts";
import type { Gate } from "../system/gate.ts";
import { replaceWithHistory, type HistoryOptions } from "./history.ts";
import { knownStatusOf, linkTarget } from "../system/link-target.ts";
import { whileLocked } from "../locks/lock.ts";
import type { LongWork } from "../system/options.ts";
import { placeOf, systemPath, type Place } from "../system/place.ts";
import { about } from "../system/errors.ts";
import { publishNew } from "../trees/publish.ts";
import { prepareSignature, publishSignature, settleSignature } from "./signature-file.ts";
import { encodeStages, type EncodedContent, type WriteStages } from "./stages.ts";
import { invoke, runAsync, runSync, type Steps } from "../system/steps.ts";

export interface WriteOptions extends LongWork, HistoryOptions, WriteStages {
  /** Any Standard Schema validator: what it refuses is not written. What is written is the value as it was given. */
  readonly schema?: StandardSchema | undefined;
  /** On the disk when it is done, name and content, so that it survives a power failure. Default: true. */
  readonly durable?: boolean | undefined;
  /** Mode of the file, independent of the umask. Default: the mode of the file that is replaced; 0600 for a new one. */
  readonly mode?: number | undefined;
  /** Keep owner and group of the file that is replaced, and fail where that is not allowed. Default: true. */
  readonly keepOwner?: boolean | undefined;
  /** A symbolic link in the file's place: an error, written through, or itself replaced by the file. Default: `refuse`. */
  readonly symbolicLinks?: "refuse" | "follow" | "replace" | undefined;
  /** Write only if the file still is what `readFileWithVersion` said; null: only if there is none. Else SEALTRACE_FILE_CHANGED. */
  readonly ifVersion?: string | null | undefined;
}

/**
 * Replaces a file by a value, or makes it. Who reads it sees the old content or the new, also after a crash or a power failure in the middle; when it is
 * done the new content is on the disk. Readers that have the old file open keep it. Extended attributes and access control lists of the old file are not
 * kept. A path as `report.json.zst.age` says that it is compressed and encrypted. It takes no lock but with `ifVersion`, `generations`, `checksum` or `sign`: of several at once the last one wins; who writes what depends on what was there
 * uses `updateFile`. Throws a SealtraceError, and then the old content is there (only if nothing but the last sync failed, perhaps the new): `SEALTRACE_DISK_FULL`,
 * `_FILE_MISSING` (the directory), `_DIRECTORY_UNWRITABLE`, `_LINK_REFUSED`, `_FILE_CHANGED`, `_INVALID_DATA`, `_LOCK_LOST`.
 */
export async function writeFile(path: string, value: unknown, options: WriteOptions = {}): Promise<void> {
  return runAsync(writeValue(placeOf(path), value, options), options.signal);
}

/** {@link writeFile}, blocking. */
export function writeFileSync(path: string, value: unknown, options: WriteOptions = {}): void {
  runSync(writeValue(placeOf(path), value, options));
}

/** {@link writeFile}, of a place. */
export function* writeValue(place: Place, value: unknown, options: WriteOptions, gate?: Gate): Steps<void> {
  const { ifVersion, generations = 0, checksum = false, signal } = options;
  if (ifVersion !== undefined) checkVersionText(ifVersion);
  const content = yield* encodeValue(place, value, options);
  gate?.content(content.bytes, content.bytes.length);
  const target = options.symbolicLinks === "follow" ? yield* linkTarget(place) : place;
  // More than one step: two writers would disturb each other.
  if (ifVersion === undefined && generations === 0 && !checksum && options.sign === undefined) {
    yield* replaceBytes(target, content, options, gate);
    return;
  }
  yield* whileLocked(systemPath(target), { signal }, (lock) =>
    replaceBytes(target, content, options, gate, function* () {
      if (ifVersion !== undefined) yield* checkVersion(target, ifVersion);
      lock.check();
    }),
  );
}

export function* encodeValue(
  place: Place,
  value: unknown,
  options: WriteStages & Pick<WriteOptions, "schema">,
): Steps<EncodedContent> {
  const { schema } = options;
  try {
    if (schema !== undefined) {
      acceptedBy(yield* invoke<SchemaResult<unknown>>(() => schema["~standard"].validate(value)));
    }
    return yield* encodeStages(place, value, options);
  } catch (error) {
    throw about(place.path, error);
  }
}

export function* replaceBytes(
  place: Place,
  { bytes, signature }: EncodedContent,
  options: WriteOptions,
  gate?: Gate,
  lastCheck?: () => Steps<void>,
): Steps<void> {
  const { durable, mode, keepOwner, onProgress, signal, symbolicLinks, generations = 0, checksum = false } = options;
  const replaceLink = symbolicLinks === "replace";
  const publish = gate?.mayReplace === false ? publishNew : undefined;
  const replacing: ReplaceOptions = { durable, mode, keepOwner, onProgress, signal, replaceLink, lastCheck, publish };
  const keepsHistory = generations > 0 || checksum;
  if (gate !== undefined) {
    const replaced = keepsHistory ? 0 : ((yield* knownStatusOf(place))?.size ?? 0);
    gate.growth(bytes.length - replaced);
  }
  const isSigned = signature !== undefined;
  if (isSigned) {
    if (options.sign !== undefined) yield* settleSignature(place, options.sign);
    yield* prepareSignature(place, signature, durable !== false);
  }
  if (keepsHistory) yield* replaceWithHistory(place, bytes, { generations, checksum, isSigned }, replacing);
  else yield* replaceContent(place, bytes, replacing);
  if (isSigned) yield* publishSignature(place);
}
