/** Compare-and-swap: what a file is, as a text that can be kept, sent, and compared later. */
import { SealtraceError } from "../../record/index.ts";
import { statusOf } from "./atomic-write.ts";
import { sha256 } from "./checksum.ts";
import type { Gate } from "../system/gate.ts";
import { placeOf, type Place } from "../system/place.ts";
import { readDecoded, type ReadOptions, type SchemaOption } from "./read-file.ts";
import { readContent } from "./regular-file.ts";
import { runAsync, runSync, type Steps } from "../system/steps.ts";

export interface Versioned<Value> {
  readonly value: Value;
  /** `sha256:` and 64 hexadecimal digits, of the content as it is stored: the same on every machine. */
  readonly version: string;
}

/** {@link readFile}, and the version for `writeFile`'s `ifVersion`. */
export async function readFileWithVersion<Output = unknown>(
  path: string,
  options: ReadOptions & Partial<SchemaOption<Output>> = {},
): Promise<Versioned<Output>> {
  return runAsync(readVersioned<Output>(placeOf(path), options), options.signal);
}

/** {@link readFileWithVersion}, blocking. */
export function readFileWithVersionSync<Output = unknown>(
  path: string,
  options: ReadOptions & Partial<SchemaOption<Output>> = {},
): Versioned<Output> {
  return runSync(readVersioned<Output>(placeOf(path), options));
}

export function* readVersioned<Output>(
  place: Place,
  options: ReadOptions & Partial<SchemaOption<Output>>,
  gate?: Gate,
): Steps<Versioned<Output>> {
  const { value, content } = yield* readDecoded(place, options, gate);
  return { value: value as Output, version: versionOf(content.bytes) };
}

export function versionOf(bytes: Uint8Array): string {
  return `sha256:${sha256(bytes)}`;
}

/** Throws SEALTRACE_USAGE for what is no version; null stands for no file. */
export function checkVersionText(version: string | null): void {
  if (version === null || /^sha256:[0-9a-f]{64}$/.test(version)) return;
  throw new SealtraceError(
    "SEALTRACE_USAGE",
    `ifVersion takes what readFileWithVersion gave, or null, not ${JSON.stringify(version)}.`,
  );
}

/** Throws SEALTRACE_FILE_CHANGED unless the file is of this version; null: unless there is none. */
export function* checkVersion(place: Place, expected: string | null): Steps<void> {
  const status = yield* statusOf(place);
  if (status === undefined && expected === null) return;
  if (status?.isFile() === true && expected !== null) {
    const { bytes } = yield* readContent(place, { maxBytes: Infinity, follow: false });
    if (versionOf(bytes) === expected) return;
  }
  const now = status === undefined ? "is gone" : expected === null ? "exists by now" : "has changed";
  throw new SealtraceError(
    "SEALTRACE_FILE_CHANGED",
    `${place.path} ${now} since it was read: read it again and decide anew.`,
  );
}
