/** Replacing files so that there is always a whole one: the old content or the new, whoever dies when. */
import type { Stats } from "node:fs";
import { SealtraceError } from "../../record/index.ts";
import { removeAbandoned, temporaryName } from "./abandoned-temporaries.ts";
import { syncDescriptor, syncNames } from "../system/descriptor.ts";
import { fileSystemError, isMissing } from "../system/errors.ts";
import type { LongWork } from "../system/options.ts";
import { placeOf, sibling, systemPath, type Place } from "../system/place.ts";
import { NO_FOLLOW } from "./regular-file.ts";
import { cancellable, pause, runSync, type Steps } from "../system/steps.ts";
import { close, constants, fchmod, fchown, fstat, lstat, open, rename, unlink, write } from "../system/calls.ts";

export { TEMPORARY_NAME, temporaryName } from "./abandoned-temporaries.ts";

export interface ReplaceOptions extends LongWork {
  /** On the disk when it is done, name and content, so that it survives a power failure. Default: true. */
  readonly durable?: boolean | undefined;
  /** Mode of the file; default: that of the file which is replaced, or 0600. Independent of the umask. */
  readonly mode?: number | undefined;
  /** Keep the owner and group of the file which is replaced; where that is not allowed it is an error. Default: true. */
  readonly keepOwner?: boolean | undefined;
  /** A symbolic link in the place: an error, or replaced as if it were a file. Default: an error. */
  readonly replaceLink?: boolean | undefined;
  /** The last look before the new content takes its place; what it throws leaves the old one there. */
  readonly lastCheck?: (() => Steps<void>) | undefined;
  /** How the new content gets its name. Default: it replaces what is there. */
  readonly publish?: ((from: Place, to: Place) => Steps<void>) | undefined;
}

/**
 * Replaces a file, or makes it. Readers see the old content or the new. Throws a SealtraceError when it could not be done: then the old content
 * is there, or, if only bringing it to the disk failed, perhaps the new.
 */
export function* replaceContent(place: Place, content: Uint8Array, options: ReplaceOptions = {}): Steps<void> {
  const temporary = yield* beginReplacement(place, options);
  try {
    yield* writeFully(temporary.descriptor, content, options);
  } catch (error) {
    yield* abandonReplacement(temporary);
    throw fileSystemError(error, place.path, "write");
  }
  yield* finishReplacement(temporary, options);
}

/** A file that is being written under another name. */
export interface Replacement {
  readonly place: Place;
  readonly temporary: Place;
  readonly descriptor: number;
  /** Of the file that is replaced. */
  readonly before: Stats | undefined;
}

/** Opens a new file, private and of an unpredictable name, in the same directory. Either finish it or abandon it. */
export function* beginReplacement(place: Place, options: ReplaceOptions): Steps<Replacement> {
  checkMode(options.mode);
  try {
    yield* removeAbandoned(place);
    const before = yield* statusOf(place);
    if (before !== undefined) checkReplaceable(place, before, options);
    const temporary = sibling(place, temporaryName());
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | NO_FOLLOW;
    return { place, temporary, descriptor: yield* open(systemPath(temporary), flags, PRIVATE), before };
  } catch (error) {
    throw fileSystemError(error, place.path, "write");
  }
}

/** Puts the new content in its place. */
export function* finishReplacement(replacement: Replacement, options: ReplaceOptions): Steps<void> {
  const { place, temporary, descriptor, before } = replacement;
  const durable = options.durable !== false;
  let open = true;
  try {
    yield* keepOwnerAndMode(descriptor, before, place, options);
    if (durable) yield* syncDescriptor(descriptor);
    open = false;
    // Some file systems tell only on closing that they could not write.
    yield* close(descriptor);
    if (options.lastCheck !== undefined) yield* options.lastCheck();
    yield* (options.publish ?? renameOver)(temporary, place);
  } catch (error) {
    yield* abandonReplacement(replacement, open);
    throw fileSystemError(error, place.path, "write");
  }
  if (durable) yield* syncNames(place);
}

/** Leaves what was there, and nothing else. */
export function* abandonReplacement({ temporary, descriptor }: Replacement, open = true): Steps<void> {
  try {
    if (open) yield* close(descriptor);
  } catch {
    // It is closed all the same, and the error that led here says more.
  }
  yield* removeQuietly(temporary);
}

/** Throws SEALTRACE_USAGE for what no file can have as its mode. */
export function checkMode(mode: number | undefined): void {
  if (mode === undefined || (Number.isInteger(mode) && mode >= 0 && mode <= 0o7777)) return;
  throw new SealtraceError("SEALTRACE_USAGE", `A mode is a whole number from 0 to 0o7777, not ${mode}.`);
}

const PRIVATE = 0o600;

/** Undefined when nothing is there. */
export function* statusOf(place: Place): Steps<Stats | undefined> {
  try {
    return yield* lstat(systemPath(place));
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

function checkReplaceable({ path }: Place, before: Stats, { replaceLink }: ReplaceOptions): void {
  if (before.isSymbolicLink()) {
    if (replaceLink === true) return;
    throw Object.assign(new Error("a symbolic link"), { code: "ELOOP" });
  }
  if (before.isDirectory()) throw Object.assign(new Error("a directory"), { code: "EISDIR" });
  if (!before.isFile()) {
    throw new SealtraceError(
      "SEALTRACE_USAGE",
      `${path} is no regular file but a pipe, socket or device, and would be lost: remove it first, or choose another path.`,
    );
  }
}

/** The owner first: changing it takes away setuid and setgid bits. */
function* keepOwnerAndMode(
  descriptor: number,
  before: Stats | undefined,
  place: Place,
  options: ReplaceOptions,
): Steps<void> {
  const kept = before?.isSymbolicLink() === true ? undefined : before;
  const made = yield* fstat(descriptor);
  const isOthers = kept !== undefined && (made.uid !== kept.uid || made.gid !== kept.gid);
  if (isOthers && options.keepOwner !== false && process.getuid !== undefined) {
    try {
      yield* fchown(descriptor, kept.uid, kept.gid);
    } catch (cause) {
      throw new SealtraceError(
        "SEALTRACE_DIRECTORY_UNWRITABLE",
        `${place.path} belongs to user ${kept.uid}, group ${kept.gid}, and this process may not make a file that does. Pass keepOwner: false if it may become its own.`,
        { cause },
      );
    }
  }
  // The umask may have taken some of it, and the mode is not to depend on that.
  const mode = options.mode ?? (kept === undefined ? PRIVATE : kept.mode & 0o7777);
  if (mode !== (made.mode & 0o7777)) yield* fchmod(descriptor, mode);
}

/** On Windows a file that somebody has open for a moment, a virus scanner say, can't be replaced in that moment. */
function* renameOver(from: Place, to: Place): Steps<void> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      yield* rename(systemPath(from), systemPath(to));
      return;
    } catch (error) {
      const { code = "" } = error as NodeJS.ErrnoException;
      const passing = process.platform === "win32" && ["EPERM", "EACCES", "EBUSY"].includes(code);
      if (!passing || attempt >= 8) throw error;
      yield* pause(2 ** attempt);
    }
  }
}

/** Goes on after short writes, which are no error to the system. */
export function* writeFully(descriptor: number, bytes: Uint8Array, { onProgress }: LongWork = {}): Steps<void> {
  for (let done = 0; done < bytes.length;) {
    done += yield* write(descriptor, bytes, done, Math.min(PIECE_BYTES, bytes.length - done), null);
    onProgress?.({ bytes: done, total: bytes.length });
    if (done < bytes.length) yield* cancellable();
  }
}

const PIECE_BYTES = 8 * 1024 * 1024;

/**
 * Makes a file that must not exist yet (mode 0600 unless told, independent of the umask), its content on the disk when this is done. Its name needs a
 * sync of the directory.
 */
export function* createContent(place: Place, content: Uint8Array, mode: number = PRIVATE): Steps<void> {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | NO_FOLLOW;
  let isMade = false;
  try {
    const descriptor = yield* open(systemPath(place), flags, PRIVATE);
    isMade = true;
    try {
      yield* writeFully(descriptor, content);
      if (((yield* fstat(descriptor)).mode & 0o7777) !== mode) yield* fchmod(descriptor, mode);
      yield* syncDescriptor(descriptor);
    } finally {
      yield* close(descriptor);
    }
  } catch (error) {
    if (isMade) yield* removeQuietly(place);
    throw fileSystemError(error, place.path, "write");
  }
}

/** After an error that says more than one of this could. */
function* removeQuietly(place: Place): Steps<void> {
  try {
    yield* unlink(systemPath(place));
  } catch {
    // Then it stays.
  }
}

/** {@link replaceContent}, blocking, for what is ours alone: mode 0600, a symbolic link is replaced. */
export function replaceFile(path: string, content: string | Uint8Array): void {
  runSync(replaceContent(placeOf(path), bytesOf(content), { replaceLink: true, mode: PRIVATE }));
}

/** {@link createContent}, blocking. */
export function createFile(path: string, content: string | Uint8Array, mode?: number): void {
  runSync(createContent(placeOf(path), bytesOf(content), mode));
}

function bytesOf(content: string | Uint8Array): Uint8Array {
  return typeof content === "string" ? Buffer.from(content) : content;
}
