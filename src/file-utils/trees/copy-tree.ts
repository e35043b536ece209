import type { BigIntStats } from "node:fs";
import { SealtraceError } from "../../record/index.ts";
import { statusOf, temporaryName } from "../content/atomic-write.ts";
import { copyRegularFile } from "./copy-file.ts";
import { copyLink } from "./copy-link.ts";
import { keepDirectoryMetadata } from "./copy-metadata.ts";
import type { CopyWork } from "./copy-options.ts";
import { syncNames } from "../system/descriptor.ts";
import { kindOf, type EntryKind } from "../system/directory-entries.ts";
import { placeIn, type DirectoryHandle } from "../system/directory-handle.ts";
import { DirectoryTrail, isSame, type Identity } from "../system/directory-trail.ts";
import { fileSystemError } from "../system/errors.ts";
import { LOCKS_DIRECTORY } from "../locks/lock-place.ts";
import { sibling, systemPath, type Place } from "../system/place.ts";
import { renameToFree } from "./publish.ts";
import { removeEntry } from "./remove.ts";
import type { Steps } from "../system/steps.ts";
import { exactLstat, exactStat, mkdir, rmdir } from "../system/calls.ts";
import { demand } from "./tree-policy.ts";
import { traverse, type Visited, type Visitor } from "./tree-traversal.ts";

/** Copies a directory to a name that is free: the tree grows under another name and gets its own when it is whole. */
export function* copyNewTree(from: Place, to: Place, work: CopyWork): Steps<void> {
  const temporary = sibling(to, temporaryName());
  try {
    yield* mkdir(systemPath(temporary), PRIVATE);
    try {
      yield* fillTree(from, temporary, work);
      yield* renameToFree(temporary, to, "directory");
    } catch (error) {
      yield* abandonTree(temporary);
      throw error;
    }
  } catch (error) {
    throw fileSystemError(error, to.path, "write");
  }
}

function* abandonTree(temporary: Place): Steps<void> {
  try {
    // What is empty goes without opening it, which may be just what was not possible.
    yield* rmdir(systemPath(temporary));
    return;
  } catch {
    // Not empty, then.
  }
  try {
    yield* removeEntry(temporary, { recursive: true, durable: false, mayCancel: false });
  } catch {
    // The error that led here says more.
  }
}

/** Copies what is in a directory into one that exists. */
export function* fillTree(from: Place, to: Place, work: CopyWork): Steps<void> {
  const target = yield* DirectoryTrail.open(to);
  try {
    yield* traverse(from, new TreeCopy(target, work));
  } finally {
    yield* target.close();
  }
}

const PRIVATE = 0o700;

/** Builds in the target what is visited in the source, one trail beside the other. */
class TreeCopy implements Visitor {
  readonly #target: DirectoryTrail;
  readonly #work: CopyWork;
  /** What the directories on the way were like before they were read. */
  readonly #sources: BigIntStats[] = [];
  #top: Identity | undefined;

  constructor(target: DirectoryTrail, work: CopyWork) {
    this.#target = target;
    this.#work = work;
  }

  /** Opening a lock's file and closing it again would drop the lock, if it is this process that holds it. */
  skips({ place }: Visited): boolean {
    return place.name === LOCKS_DIRECTORY;
  }

  *entered({ place, path, kind }: Visited, handle: DirectoryHandle): Steps<void> {
    demand(this.#work.options, path, kind, place.path);
    this.#top ??= yield* identify(this.#target.current);
    const status = yield* identify(handle);
    if (isSame(status, this.#top)) throw intoItself(place.path, this.#target.current.path);
    if (path !== "") yield* this.#enterTarget(place.name);
    this.#sources.push(status);
    this.#work.remember(path, undefined);
  }

  *#enterTarget(name: string): Steps<void> {
    const to = placeIn(this.#target.current, name);
    try {
      yield* mkdir(systemPath(to), PRIVATE);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== "EEXIST" || this.#work.options.overwrite !== true) throw fileSystemError(error, to.path, "write");
    }
    yield* this.#target.enter(name);
  }

  *leaf({ place, path }: Visited): Steps<void> {
    const status = yield* statusOf(place);
    // What vanishes meanwhile does not belong to the tree any more.
    if (status === undefined) return;
    demand(this.#work.options, path, kindOf(status), place.path);
    try {
      yield* copyLeaf(place, path, kindOf(status), placeIn(this.#target.current, place.name), this.#work);
    } catch (error) {
      if ((yield* statusOf(place)) !== undefined) throw error;
    }
  }

  *left({ path }: Visited): Steps<undefined> {
    const target = this.#target.current;
    yield* keepDirectoryMetadata(target, this.#sources.pop() as BigIntStats, this.#work);
    if (this.#work.durable) yield* syncNames({ directory: target.system, name: "", path: target.path });
    if (path !== "") yield* this.#target.leave();
    this.#work.directories += 1;
  }
}

/** Copies anything but a directory. */
export function* copyLeaf(from: Place, path: string, kind: EntryKind, to: Place, work: CopyWork): Steps<void> {
  if (kind === "file") work.remember(path, yield* copyRegularFile(from, to, work));
  else if (kind === "link") work.remember(path, yield* copyLink(from, to, work));
  else {
    throw new SealtraceError(
      "SEALTRACE_USAGE",
      `${from.path} is ${kind === "other" ? "a pipe, socket or device" : "a directory now"} and can't be copied. Remove it, or copy without it.`,
    );
  }
}

export function intoItself(from: string, to: string): SealtraceError {
  return new SealtraceError("SEALTRACE_USAGE", `${to} is in ${from}: a directory can't be put into itself. Choose a target outside of it.`); // prettier-ignore
}

/** Where directories can't be opened, they are known by their paths. */
function identify({ descriptor, system }: DirectoryHandle): Steps<BigIntStats> {
  return descriptor === undefined ? exactLstat(system) : exactStat(descriptor);
}
