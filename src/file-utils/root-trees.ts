/** Working on whole trees in a root, as sequences: see `Root` for what each does. */
import { copyEntry } from "./copy.ts";
import type { CopyOptions, CopyReport } from "./copy-options.ts";
import { createDirectoryEntry, type CreateDirectoryOptions } from "./create-directory.ts";
import type { EntryKind } from "./directory-entries.ts";
import { moveEntry, type MoveOptions, type MoveReport } from "./move.ts";
import { systemPath, type Place } from "./place.ts";
import { removeEntry, type RemoveOptions } from "./remove.ts";
import type { Access, RootAccess } from "./root-access.ts";
import { splitInnerPath } from "./root-path.ts";
import { bytesOfTree } from "./root-usage.ts";
import type { Steps } from "./steps.ts";
import { lstat } from "./system.ts";
import type { TreePolicy } from "./tree-policy.ts";
import { traverse } from "./tree-traversal.ts";
import { EntryWalk } from "./walk-entries.ts";
import type { Entry, WalkOptions } from "./walk-entry.ts";
import type { SealtraceError } from "../record/index.ts";

const LIST: Access = { actions: ["list"] };
const CREATE: Access = { actions: ["create"], last: "itself", purpose: "write" };
const DELETE: Access = { actions: ["delete"], last: "itself", purpose: "write" };

export function* createDirectoryInRoot(root: RootAccess, path: string, options: CreateDirectoryOptions): Steps<void> {
  const make = (at: string): Steps<void> => root.at(at, CREATE, (place) => createDirectoryEntry(place, options));
  const inner = splitInnerPath(path);
  if (options.parents !== true || typeof inner === "string") {
    yield* make(path);
    return;
  }
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
  const target: Access = { ...CREATE, actions: options.overwrite === true ? ["create", "write"] : ["create"] };
  try {
    return yield* root.between([from, DELETE], [to, target], function* (source, place, names, newNames) {
      const policy = treePolicy(root, from, DELETE, names);
      yield* demandTree(source, policy);
      yield* demandTree(source, treePolicy(root, to, target, newNames));
      return yield* moveEntry(source, place, { ...options, ...policy });
    });
  } finally {
    root.measureAgain();
  }
}

export function* copyInRoot(root: RootAccess, from: string, to: string, options: CopyOptions): Steps<CopyReport> {
  const source: Access = { actions: ["read"] };
  const target: Access = { ...CREATE, actions: options.overwrite === true ? ["create", "write"] : ["create"] };
  try {
    return yield* root.between([from, source], [to, target], function* (place, copied, names, newNames) {
      const status = yield* lstat(systemPath(place));
      if (status.isSymbolicLink()) throw Object.assign(new Error("a symbolic link"), { code: "ELOOP" });
      yield* demandTree(place, treePolicy(root, to, target, newNames));
      yield* root.measure();
      root.gate(to, target).growth(yield* bytesOfTree(place));
      return yield* copyEntry(place, copied, { ...options, ...treePolicy(root, from, source, names) });
    });
  } finally {
    root.measureAgain();
  }
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

/** Refuses what the policies exclude, wherever in the tree it is. */
function treePolicy(root: RootAccess, path: string, access: Access, names: readonly string[]): TreePolicy {
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
function* demandTree(place: Place, { permit }: TreePolicy): Steps<void> {
  const status = yield* lstat(systemPath(place));
  if (!status.isDirectory()) return;
  yield* traverse(place, {
    *leaf({ path, kind }) {
      permit?.(path, kind);
      return undefined;
    },
    *entered({ path }) {
      permit?.(path, "directory");
      return undefined;
    },
    *left() {
      return undefined;
    },
  });
}
