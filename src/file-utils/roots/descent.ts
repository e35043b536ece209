/**
 * The way from a root to a place in it, so that nobody can lead it out.
 *
 * On Linux every directory on the way is opened through the one before it, without following links, and a link is read and resolved by us: what is named is always
 * an entry of a directory that was reached by going down from the root's own descriptor. Elsewhere the same way is gone by paths, each piece of which
 * is looked at, and in the end the real path of the directory is compared with the root's: what is moved between that and the use is not seen.
 */
import type { BigIntStats } from "node:fs";
import { resolve } from "node:path";
import { closeDirectory, directoryOf, O_PATH, type DirectoryHandle } from "../system/directory-handle.ts";
import { isSame } from "../system/directory-trail.ts";
import { placeOf, systemPath, type Place } from "../system/place.ts";
import { splitInnerPath, type InnerPath } from "./inner-path.ts";
import type { Steps } from "../system/steps.ts";
import { constants, exactLstat, exactStat, exactStatOf, lstat, open, readlink, readlinkOfDescriptor, realpath } from "../system/calls.ts"; // prettier-ignore

/** The directory of a root, open for as long as the root is. */
export interface Anchor {
  readonly handle: DirectoryHandle;
  readonly identity: BigIntStats;
  /** The path of the directory without links, when it was opened. */
  readonly realPath: string;
}

/** A place that was reached. Its directory must be closed. */
export interface Reached {
  readonly place: Place;
  readonly directory: DirectoryHandle;
  /** The names that lead there from the root, without links on the way; the last may be a link itself. */
  readonly names: readonly string[];
}

/** A path leads out of its root, or where the policy does not allow; says how. */
export class WayRefused extends Error {}

export interface Way {
  readonly anchor: Anchor;
  readonly followsLinks: boolean;
  /** Whether the names without links are needed: without, a shorter way can be taken. */
  readonly asksForNames: boolean;
  /** Throws for a name that may not be on the way. */
  readonly checkName: (name: string) => void;
}

/** As many as Linux follows. */
const MAX_LINKS = 40;

/** A path on its way: links are replaced by where they lead. */
export class Route {
  readonly path: string;
  readonly #way: Way;
  #names: string[];
  #links = 0;
  /** It must be a directory that it leads to. */
  isDirectory: boolean;

  constructor(way: Way, path: string, inner: InnerPath) {
    this.path = path;
    this.#way = way;
    this.#names = inner.names;
    this.isDirectory = inner.isDirectory;
    for (const name of this.#names) if (name !== "..") way.checkName(name);
  }

  /** Goes to the directory of the path's last name. That name is not looked up. */
  *reach(): Steps<Reached> {
    const { anchor } = this.#way;
    const names = this.#names;
    if (anchor.handle.descriptor === undefined) yield* checkStillThere(anchor);
    if (names.length <= 1 && names[0] !== "..") return this.#reached(anchor.handle, names);
    return (yield* this.#shortWay()) ?? (yield* this.#wholeWay());
  }

  /** Puts in the place of the last name what the link there leads to. False when it is no link (any more). */
  *followLast(reached: Reached): Steps<boolean> {
    const target = yield* targetOf(systemPath(reached.place));
    if (target === undefined) return false;
    this.#names = [...reached.names];
    this.#replace(this.#names.length - 1, target, true);
    return true;
  }

  /**
   * One step to the directory, and then a look at where that is: as many levels below the root as it should be, and called as it should be, so that no link
   * led there. Undefined when it is not, or anything else is unusual. The levels are gone up one by one and tell of the root whatever that is called by now;
   * the path is of one instant, in which nothing can be moved.
   */
  *#shortWay(): Steps<Reached | undefined> {
    const { anchor, asksForNames, followsLinks } = this.#way;
    const names = this.#names;
    if (anchor.handle.descriptor === undefined || asksForNames || !followsLinks || names.includes(".."))
      return undefined;
    const inner = names.slice(0, -1).join("/");
    let handle: DirectoryHandle | undefined;
    try {
      const flags = O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW;
      handle = directoryOf(yield* open(`${anchor.handle.system}/${inner}`, flags), this.path);
      const top = yield* exactStatOf(`${handle.system}/${"../".repeat(names.length - 1)}.`);
      if (isSame(top, anchor.identity)) {
        const path = yield* readlinkOfDescriptor(handle.system);
        if (path === `${anchor.realPath === "/" ? "" : anchor.realPath}/${inner}`) return this.#reached(handle, names);
      }
    } catch {
      // The whole way tells what is wrong.
    }
    if (handle !== undefined) yield* closeDirectory(handle);
    return undefined;
  }

  *#wholeWay(): Steps<Reached> {
    const { anchor } = this.#way;
    let handle = anchor.handle;
    try {
      for (let i = 0; ;) {
        const name = this.#names[i];
        if (name === "..") {
          if (i === 0) throw new WayRefused("the path leads out of the root");
          this.#names.splice(i - 1, 2);
          yield* leave(handle, anchor);
          handle = anchor.handle;
          i = 0;
        } else if (name === undefined || i === this.#names.length - 1) {
          yield* this.#checkStillInside(handle);
          return this.#reached(handle, this.#names);
        } else {
          const entered: DirectoryHandle | string = yield* enter(handle, name);
          if (typeof entered === "string") {
            this.#replace(i, entered, false);
          } else {
            yield* leave(handle, anchor);
            handle = entered;
            i += 1;
          }
        }
      }
    } catch (error) {
      yield* leave(handle, anchor);
      throw error;
    }
  }

  #reached(directory: DirectoryHandle, names: readonly string[]): Reached {
    // The root itself is called by a dot.
    return {
      directory,
      names: [...names],
      place: { directory: directory.system, name: names.at(-1) ?? ".", path: this.path },
    };
  }

  #replace(i: number, target: string, isLast: boolean): void {
    const { followsLinks, checkName } = this.#way;
    if (!followsLinks)
      throw new WayRefused(`${this.#names.slice(0, i + 1).join("/")} is a symbolic link, and the policy refuses them`);
    this.#links += 1;
    if (this.#links > MAX_LINKS) throw Object.assign(new Error("too many symbolic links"), { code: "ELOOP" });
    const inner = splitInnerPath(target);
    if (typeof inner === "string") {
      throw new WayRefused(
        `${this.#names.slice(0, i + 1).join("/")} is a symbolic link to an absolute path, and so leads out of the root`,
      );
    }
    for (const name of inner.names) if (name !== "..") checkName(name);
    this.#names.splice(i, 1, ...inner.names);
    if (isLast) this.isDirectory ||= inner.isDirectory;
  }

  /** Where directories can't be held, at least nothing on the way was a link a moment ago. */
  *#checkStillInside(handle: DirectoryHandle): Steps<void> {
    const { anchor } = this.#way;
    if (handle.descriptor !== undefined || handle === anchor.handle) return;
    if ((yield* realpath(handle.system)) !== handle.system) {
      throw new WayRefused("the path led out of the root while it was looked at");
    }
  }
}

/** Where the root's directory can't be held, another one may have taken its name. */
function* checkStillThere({ handle, identity }: Anchor): Steps<void> {
  if (isSame(yield* exactLstat(handle.system), identity)) return;
  throw new WayRefused("the root's directory was replaced by another one");
}

function* leave(handle: DirectoryHandle, anchor: Anchor): Steps<void> {
  if (handle !== anchor.handle) yield* closeDirectory(handle);
}

/** The directory of this name, or what the link of this name leads to. */
function* enter(from: DirectoryHandle, name: string): Steps<DirectoryHandle | string> {
  const system = `${from.system}/${name}`;
  if (from.descriptor !== undefined) {
    try {
      const descriptor = yield* open(system, O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW);
      return directoryOf(descriptor, from.path);
    } catch (error) {
      if (codeOf(error) !== "ENOTDIR") throw error;
      const target = yield* targetOf(system);
      if (target === undefined) throw error;
      return target;
    }
  }
  const status = yield* lstat(system);
  if (status.isSymbolicLink()) return yield* readlink(system);
  if (!status.isDirectory()) throw Object.assign(new Error("no directory"), { code: "ENOTDIR" });
  return { system, path: from.path, descriptor: undefined };
}

/** Undefined for what is no symbolic link. */
function* targetOf(system: string): Steps<string | undefined> {
  try {
    return yield* readlink(system);
  } catch (error) {
    if (["EINVAL", "UNKNOWN", "ENOENT"].includes(codeOf(error) ?? "")) return undefined;
    throw error;
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | null)?.code;
}

/** Opens the directory of a root. A symbolic link to it is followed: the caller named it. */
export function* dropAnchor(path: string, byDescriptor: boolean): Steps<Anchor> {
  return yield* anchorAt({ ...placeOf(yield* realpath(path)), path }, byDescriptor);
}

/** The same, where no link is followed. */
export function* anchorAt(place: Place, byDescriptor: boolean): Steps<Anchor> {
  const system = systemPath(place);
  if (byDescriptor) {
    const descriptor = yield* open(system, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
    const handle = directoryOf(descriptor, place.path);
    try {
      return { handle, identity: yield* exactStat(descriptor), realPath: yield* readlink(handle.system) };
    } catch (error) {
      yield* closeDirectory(handle);
      throw error;
    }
  }
  const path = resolve(system);
  const identity = yield* exactLstat(path);
  if (identity.isSymbolicLink()) throw Object.assign(new Error("a symbolic link"), { code: "ELOOP" });
  if (!identity.isDirectory()) throw Object.assign(new Error("no directory"), { code: "ENOTDIR" });
  return { handle: { system: path, path: place.path, descriptor: undefined }, identity, realPath: path };
}
