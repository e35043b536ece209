/**
 * Checksums beside a file, in `settings.yaml.sha256`: one line per generation, as the command `sha256sum` writes and checks them:
 *
 *     9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08  settings.yaml
 *     60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752  settings.yaml.1
 *
 * A file and its checksums can't be replaced in one step. So the checksums of what will be are added before, and those of what was are taken away
 * after: a name may have two for a moment, and each is right.
 */
import { hash } from "node:crypto";
import { SealtraceError } from "../../record/index.ts";
import { replaceContent, statusOf } from "./atomic-write.ts";
import { fileSystemError } from "../system/errors.ts";
import { generationOf, MAX_GENERATIONS } from "./generations.ts";
import { sibling, systemPath, type Place } from "../system/place.ts";
import { readContent, sameState, type Content, type ReadingOptions } from "./regular-file.ts";
import { cancellable, type Steps } from "../system/steps.ts";
import { exactLstat } from "../system/calls.ts";

/** Names in one directory, each with its SHA-256 in hexadecimal, or with two. */
export type Checksums = ReadonlyMap<string, readonly string[]>;

export function sha256(bytes: Uint8Array): string {
  return hash("sha256", bytes, "hex");
}

export function checksumPlace(place: Place): Place {
  return sibling(place, `${place.name}.sha256`);
}

/** Undefined when there are none. Throws SEALTRACE_CORRUPT for what is no list of checksums. */
export function* readChecksums(place: Place): Steps<Checksums | undefined> {
  const beside = checksumPlace(place);
  try {
    if ((yield* statusOf(beside)) === undefined) return undefined;
  } catch (error) {
    throw fileSystemError(error, beside.path, "read");
  }
  const { bytes } = yield* readContent(beside, { maxBytes: MAX_BYTES, follow: false });
  const sums = new Map<string, string[]>();
  const lines = bytes.toString("utf8").split("\n");
  if (lines.at(-1) === "") lines.pop();
  for (const line of lines) {
    const [, sum = "", name = ""] = LINE.exec(line) ?? [];
    if (sum === "") {
      throw new SealtraceError(
        "SEALTRACE_CORRUPT",
        `${beside.path} is no list of checksums. Remove it if the file is known to be right.`,
      );
    }
    sums.set(name, [...(sums.get(name) ?? []), sum]);
  }
  return sums;
}

const LINE = /^([0-9a-f]{64}) [ *](.+)$/;
const MAX_BYTES = 1024 * 1024;

export function* writeChecksums(place: Place, sums: Checksums, durable: boolean): Steps<void> {
  const lines = Array.from(sums, ([name, list]) => list.map((sum) => `${sum}  ${name}\n`).join(""));
  yield* replaceContent(checksumPlace(place), Buffer.from(lines.join("")), { durable });
}

/** Throws SEALTRACE_USAGE for a name that the format has no plain form for. */
export function checkListable({ name, path }: Place): void {
  if (!/[\n\r\\]/.test(name)) return;
  throw new SealtraceError(
    "SEALTRACE_USAGE",
    `${path} can't have a checksum: its name has a line break or a backslash.`,
  );
}

/**
 * A generation of a file, compared with its checksum. Throws SEALTRACE_CORRUPT when it differs, naming the newest older generation that does not, and
 * SEALTRACE_FILE_MISSING when there is no checksum.
 */
export function* readCheckedContent(place: Place, generation: number, options: ReadingOptions): Steps<Content> {
  const content = yield* readMatching(generationOf(place, generation), place, options);
  if (content !== undefined) return content;
  const good = yield* newestGood(place, generation + 1, options);
  const advice =
    good === undefined
      ? "No older generation is there that is whole: restore it from a copy."
      : `The newest older generation that is whole is ${generationOf(place, good).path}: read it by generation: ${good}.`;
  throw new SealtraceError(
    "SEALTRACE_CORRUPT",
    `${generationOf(place, generation).path} is not what its checksum says: it is damaged. ${advice}`,
  );
}

/** Undefined when content and checksum differ, and no writer came between reading the one and the other. */
function* readMatching(file: Place, place: Place, options: ReadingOptions): Steps<Content | undefined> {
  for (;;) {
    const content = yield* readContent(file, options);
    const sums = (yield* readChecksums(place))?.get(file.name);
    if (sums?.includes(sha256(content.bytes)) === true) return content;
    // Not by its number alone: a new file may get that of one that was replaced.
    if (yield* isStill(file, content)) {
      if (sums !== undefined) return undefined;
      throw new SealtraceError(
        "SEALTRACE_FILE_MISSING",
        `There is no checksum of ${file.path} in ${checksumPlace(place).path}: write the file with checksum: true, or read it without.`,
      );
    }
    yield* cancellable();
  }
}

/** Whether the file is what it was when it was read. */
export function* isStill(file: Place, { status }: Content): Steps<boolean> {
  try {
    return sameState(yield* exactLstat(systemPath(file)), status);
  } catch (error) {
    throw fileSystemError(error, file.path, "read");
  }
}

function* newestGood(place: Place, from: number, options: ReadingOptions): Steps<number | undefined> {
  for (let generation = from; generation <= MAX_GENERATIONS; generation += 1) {
    try {
      if ((yield* readMatching(generationOf(place, generation), place, options)) !== undefined) return generation;
    } catch (error) {
      // Missing, as the one that a writer was about to make when it died, or without a checksum: an older one may be whole.
      if (!(error instanceof SealtraceError)) throw error;
    }
  }
  return undefined;
}
