import type { BigIntStats } from "node:fs";
import { SealtraceError } from "../../record/index.ts";
import { abandonReplacement, beginReplacement, finishReplacement, statusOf, type Replacement } from "../content/atomic-write.ts"; // prettier-ignore
import { copyContent } from "./copy-content.ts";
import { keepMetadata } from "./copy-metadata.ts";
import type { CopyWork } from "./copy-options.ts";
import { syncDescriptor } from "../system/descriptor.ts";
import { fileSystemError } from "../system/errors.ts";
import type { Place } from "../system/place.ts";
import { renameToFree } from "./publish.ts";
import { openRegularFile, type OpenFile } from "../content/regular-file.ts";
import { pause, type Steps } from "../system/steps.ts";
import { close } from "../system/calls.ts";

/**
 * Copies a regular file: whole, or not at all. Returns what the source was like. Its name is on the disk only after a sync of the directory. Throws SEALTRACE_FILE_CHANGED when
 * somebody keeps writing to the source, SEALTRACE_CORRUPT when what was written reads back as something else.
 */
export function* copyRegularFile(from: Place, to: Place, work: CopyWork): Steps<BigIntStats> {
  const bytes = work.bytes;
  for (let attempt = 1; ; attempt += 1) {
    const status = yield* copyOnce(from, to, work);
    if (status !== undefined) {
      work.files += 1;
      return status;
    }
    work.bytes = bytes;
    if (attempt === MAX_ATTEMPTS) {
      throw new SealtraceError(
        "SEALTRACE_FILE_CHANGED",
        `${from.path} was written to again and again while it was copied. Copy it when its writer has finished.`,
      );
    }
    yield* pause(2 ** attempt);
  }
}

const MAX_ATTEMPTS = 5;

/** Undefined when the source changed meanwhile: then nothing was done. */
function* copyOnce(from: Place, to: Place, work: CopyWork): Steps<BigIntStats | undefined> {
  const source = yield* openRegularFile(from, false);
  try {
    work.options.inspect?.(source.status);
    return (yield* copyOpened(from, source, to, work)) ? source.status : undefined;
  } finally {
    yield* close(source.descriptor);
  }
}

function* copyOpened(from: Place, source: OpenFile, to: Place, work: CopyWork): Steps<boolean> {
  const { overwrite = false } = work.options;
  if (!overwrite) yield* demandFree(to);
  const target = yield* beginReplacement(to, { replaceLink: true });
  let mode: number | undefined;
  try {
    if (yield* copyContent(from, source, target, work)) {
      mode = yield* keepMetadata(target.descriptor, source.status, work);
      if (work.durable) yield* syncDescriptor(target.descriptor);
    }
  } catch (error) {
    yield* abandonReplacement(target);
    throw fileSystemError(error, to.path, "write");
  }
  if (mode === undefined) yield* abandonReplacement(target);
  else if (overwrite) yield* finishReplacement(target, { durable: false, keepOwner: false, mode });
  else yield* finishNew(target);
  return mode !== undefined;
}

/** Saves the work where it is in vain; whether the name is really free is decided at the end. */
export function* demandFree(to: Place): Steps<void> {
  if ((yield* statusOf(to)) === undefined) return;
  throw fileSystemError(Object.assign(new Error("not free"), { code: "EEXIST" }), to.path, "write");
}

function* finishNew(target: Replacement): Steps<void> {
  const { place, temporary, descriptor } = target;
  try {
    // Some file systems tell only on closing that they could not write.
    yield* close(descriptor);
    yield* renameToFree(temporary, place, "file");
  } catch (error) {
    yield* abandonReplacement(target, false);
    throw fileSystemError(error, place.path, "write");
  }
}
