/** Working on whole trees in a root, as sequences: see `Root` for what each does. */
import { copyEntry } from "../trees/copy.ts";
import type { CopyOptions, CopyReport } from "../trees/copy-options.ts";
import { createDirectoryEntry, type CreateDirectoryOptions } from "../trees/create-directory.ts";
import type { EntryKind } from "../system/directory-entries.ts";
import { fileSystemError } from "../system/errors.ts";
import type { FileStatus } from "../system/gate.ts";
import { moveEntry, type MoveOptions, type MoveReport } from "../trees/move.ts";
import { systemPath, type Place } from "../system/place.ts";
import { removeEntry, type RemoveOptions } from "../trees/remove.ts";
import type { Access, RootAccess } from "./access.ts";
import { aLink, existing } from "./look.ts";
import { splitInnerPath } from "./inner-path.ts";
import { bytesOfTree } from "./usage.ts";
import type { Steps } from "../system/steps.ts";
import { lstat } from "../system/calls.ts";
import { traverse } from "../trees/tree-traversal.ts";
import { EntryWalk } from "../trees/walk-entries.ts";
import type { Entry, WalkOptions } from "../trees/walk-entry.ts";
import type { SealtraceError } from "../../record/index.ts";

const LIST: Access = { actions: ["list"] };
const CREATE: Access = { actions: ["create"], last: "itself", purpose: "write", makesDirectory: true };
const DELETE: Access = { actions: ["delete"], last: "itself", purpose: "write" };

export function* createDirectoryInRoot(root: RootAccess, path: string, options: CreateDirectoryOptions): Steps<void> {
  const make = (at: string): Steps<void> => root.at(at, CREATE, (place) => createDirectoryEntry(place, options));
  const inner = splitInnerPath(path);
  if (options.parents !== true || typeof inner === "string") {
    yield* make(path);
    return;
  }
  root.demand(path, CREATE);
  for (let i = 1; i <= inner.names.length; i += 1) {
    const upTo = inner.names.slice(0, i).join("/");
    if (inner.names[i - 1] === "..") continue;
    try {
      yield* make(upTo);
    } catch (error) {
      if ((error as SealtraceError).code !== "SEALTRACE_FILE_EXISTS") throw error;
      yield* expectDirectory(root, upTo);
    }
  }
  // Of a path that ends in `..`, or is the root itself, nothing has been looked at yet.
  if ([undefined, ".."].includes(inner.names.at(-1))) yield* expectDirectory(root, path);
}

/** Also what a link inside the root leads to. */
function expectDirectory(root: RootAccess, path: string): Steps<void> {
  return root.at(`${path}/`, { actions: [], purpose: "write" }, function* (place) {
    yield* lstat(systemPath(place));
  });
}

export function* removeInRoot(root: RootAccess, path: string, options: RemoveOptions): Steps<void> {
  try {
    yield* root.at(path, DELETE, (place, { names }) => {
      if (names.length === 0) throw root.refusal(path, DELETE, "the root itself can't be removed through itself");
      return removeEntry(place, { ...options, ...treePolicy(root, path, DELETE, names) });
    });
  } finally {
    root.measureAgain();
  }
}

export function* moveInRoot(root: RootAccess, from: string, to: string, options: MoveOptions): Steps<MoveReport> {
  const target = targetOf(options);
  try {
    return yield* root.between([from, DELETE], [to, target], function* (source, place, names, newNames) {
      const policy = treePolicy(root, from, DELETE, names);
      const isDirectory = (yield* existing(source)).isDirectory();
      if (!isDirectory && isForDirectory(to)) throw noDirectory(source);
      if (isDirectory && root.asksForNames) {
        yield* demandTree(source, policy);
        yield* demandTree(source, treePolicy(root, to, target, newNames));
      }
      return yield* moveEntry(source, place, { ...options, ...policy });
    });
  } finally {
    root.measureAgain();
  }
}

function targetOf({ overwrite }: { readonly overwrite?: boolean | undefined }): Access {
  return { ...CREATE, actions: overwrite === true ? ["create", "write"] : ["create"] };
}

export function copyInRoot(root: RootAccess, from: string, to: string, options: CopyOptions): Steps<CopyReport> {
  const source: Access = { actions: ["read"] };
  const target = targetOf(options);
  return root.between([from, source], [to, target], function* (place, copied, names, newNames) {
    const status = yield* existing(place);
    if (status.isSymbolicLink()) throw aLink(place);
    if (!status.isDirectory() && isForDirectory(to)) throw noDirectory(place);
    if (status.isDirectory() && root.asksForNames) yield* demandTree(place, treePolicy(root, to, target, newNames));
    const charge = yield* root.charge();
    try {
      root.gate(to, target, charge).growth(yield* bytesOfTree(place));
      const policy = treePolicy(root, from, source, names);
      return yield* copyEntry(place, copied, {
        ...options,
        permit(inner, kind) {
          if (kind === "link" && !root.followsLinks && options.links !== "skip") {
            throw root.refusal(to, target, `${inner} is a symbolic link, and the policy refuses them`);
          }
          return policy.permit(inner);
        },
        inspect(status) {
          policy.inspect(status);
          root.demandMode(to, target, Number(status.mode) & 0o7777);
        },
      });
    } finally {
      // It may have replaced something, or given up in the middle.
      charge.end(false);
    }
  });
}

/** A walk whose way to the directory is held until it ends. */
export class RootWalk {
  readonly #root: RootAccess;
  readonly #path: string;
  readonly #options: WalkOptions;
  #walk: EntryWalk | undefined;

  constructor(root: RootAccess, path: string, options: WalkOptions) {
    this.#root = root;
    this.#path = path;
    this.#options = options;
  }

  *next(): Steps<readonly Entry[] | undefined> {
    if (this.#walk === undefined) {
      const [root, options] = [this.#root, this.#options];
      // The walk keeps the directory itself open: the way to it is needed no longer than that takes.
      this.#walk = yield* root.at(this.#path, LIST, function* (place, { names }) {
        const permit = (path: string, kind: EntryKind): boolean =>
          root.shows([...names, path].join("/"), kind === "directory");
        const walk = new EntryWalk(place, { ...options, permit });
        yield* walk.begin();
        return walk;
      });
    }
    return yield* this.#walk.next();
  }

  *end(): Steps<void> {
    if (this.#walk !== undefined) yield* this.#walk.end();
  }
}

/** What ends in a slash is the name of a directory. */
function isForDirectory(path: string): boolean {
  const inner = splitInnerPath(path);
  return typeof inner !== "string" && inner.isDirectory;
}

function noDirectory({ path }: Place): SealtraceError {
  return fileSystemError(Object.assign(new Error("no directory"), { code: "ENOTDIR" }), path, "read");
}

interface RootTreePolicy {
  permit(path: string): true;
  inspect(status: FileStatus): void;
}

/** Refuses what the policies exclude, wherever in the tree it is. */
function treePolicy(root: RootAccess, path: string, access: Access, names: readonly string[]): RootTreePolicy {
  return {
    permit(inner) {
      const full = inner === "" ? names : [...names, inner];
      const reason = root.reasonAgainst(full.join("/"));
      if (reason !== undefined) throw root.refusal(inner === "" ? path : `${path}/${inner}`, access, reason);
      return true;
    },
    inspect(status) {
      root.gate(path, access).file(status);
    },
  };
}

/** What is in a directory gets other names with it: that must not free what is excluded. */
function* demandTree(place: Place, { permit }: RootTreePolicy): Steps<void> {
  yield* traverse(place, {
    *leaf({ path }) {
      permit(path);
      return undefined;
    },
    *entered({ path }) {
      permit(path);
      return undefined;
    },
    *left() {
      return undefined;
    },
  });
}
