/** What can be done in a root, as sequences: see `Root` for what each does. */
import type { Stats } from "node:fs";
import { SealtraceError } from "../record/index.ts";
import { appendValue, type AppendOptions } from "./append-file.ts";
import { listEntries, type NamedEntry } from "./directory-entries.ts";
import { closeDirectory, hasDescriptorPaths, O_PATH, openDirectory } from "./directory-handle.ts";
import type { Lease } from "./file-streams.ts";
import { readVersioned, type Versioned } from "./file-version.ts";
import { LOCKS_DIRECTORY } from "./lock-place.ts";
import { SNIFFED_BYTES } from "./media-type.ts";
import { systemPath, type Place } from "./place.ts";
import { readValue, type ReadOptions, type SchemaOption } from "./read-file.ts";
import { fillFrom } from "./read-range.ts";
import { NO_FOLLOW } from "./regular-file.ts";
import { RootAccess, type Access } from "./root-access.ts";
import { anchorAt } from "./root-descent.ts";
import { splitInnerPath } from "./root-path.ts";
import type { RootAction } from "./root-policy.ts";
import type { PolicyCheck } from "./root-policy-check.ts";
import type { Steps } from "./steps.ts";
import {
  chmod,
  chown,
  close,
  constants,
  fstat,
  ftruncate,
  link,
  lstat,
  open,
  readlink,
  symlink,
  utimes,
} from "./system.ts";
import { updateValue, type Update, type UpdateOptions } from "./update-file.ts";
import { writeValue, type WriteOptions } from "./write-file.ts";

const READ: Access = { actions: ["read"] };
const LIST: Access = { actions: ["list"] };
const LIST_ITSELF: Access = { actions: ["list"], last: "itself" };
const CHANGE: Access = { actions: ["write"], purpose: "write" };

export function readInRoot(root: RootAccess, path: string, options: ReadOptions): Steps<unknown> {
  return root.at(path, readAccess(options), (place) => readValue(place, inside(options), root.gate(path, READ)));
}

export function readVersionInRoot<Output>(
  root: RootAccess,
  path: string,
  options: ReadOptions & Partial<SchemaOption<Output>>,
): Steps<Versioned<Output>> {
  return root.at(path, readAccess(options), (place) => readVersioned(place, inside(options), root.gate(path, READ)));
}

export function writeInRoot(root: RootAccess, path: string, value: unknown, options: WriteOptions): Steps<void> {
  return changing(root, path, options, (place, access) =>
    writeValue(place, value, inside(options), root.gate(path, access)),
  );
}

export function appendInRoot(root: RootAccess, path: string, value: unknown, options: AppendOptions): Steps<void> {
  return changing(root, path, options, (place, access) =>
    appendValue(place, value, inside(options), root.gate(path, access)),
  );
}

export function updateInRoot<Value>(
  root: RootAccess,
  path: string,
  change: Update<Value>,
  options: UpdateOptions & Partial<SchemaOption<Value>>,
): Steps<Value | undefined> {
  root.demand(path, READ);
  return changing(root, path, options, (place, access) =>
    updateValue(place, change, inside(options), root.gate(path, access)),
  );
}

/** A change of a file's content: `write` where there is one, `create` where there is none. */
function* changing<T>(
  root: RootAccess,
  path: string,
  options: { readonly mode?: number | undefined; readonly symbolicLinks?: string | undefined },
  work: (place: Place, access: Access) => Steps<T>,
): Steps<T> {
  const last = options.symbolicLinks === "refuse" || options.symbolicLinks === "replace" ? "itself" : "follow";
  const access: Access = { actions: [], last, purpose: "write" };
  try {
    return yield* root.at(path, access, function* (place) {
      const exists = yield* isThere(place, last === "follow");
      const actual: Access = { ...access, actions: [exists ? "write" : "create"] };
      root.demand(path, actual);
      root.demandMode(path, actual, options.mode);
      yield* root.measure();
      return yield* work(place, actual);
    });
  } catch (error) {
    root.measureAgain();
    throw error;
  }
}

/** The place of a file that is about to be written, for as long as that takes. */
export function* leaseForWriting(
  root: RootAccess,
  path: string,
  { mode, symbolicLinks }: Pick<WriteOptions, "mode" | "symbolicLinks">,
): Steps<Lease> {
  const last = symbolicLinks === "refuse" || symbolicLinks === "replace" ? "itself" : "follow";
  const lease = yield* root.lease(path, { actions: [], last, purpose: "write" });
  try {
    const access: Access = { actions: [(yield* isThere(lease.place, false)) ? "write" : "create"], purpose: "write" };
    root.demand(path, access);
    root.demandMode(path, access, mode);
    yield* root.measure();
    return {
      place: lease.place,
      gate: root.gate(path, access),
      *release() {
        root.measureAgain();
        yield* lease.release();
      },
    };
  } catch (error) {
    yield* lease.release();
    throw error;
  }
}

/** Throws for a link where that must be followed first. */
function* isThere(place: Place, refuseLink: boolean): Steps<boolean> {
  try {
    const status = yield* lstat(systemPath(place));
    if (refuseLink && status.isSymbolicLink()) throw Object.assign(new Error("a symbolic link"), { code: "ELOOP" });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}

/** Links in the last place are the root's to follow: to everybody else they are in the way. */
export function inside<Options extends { readonly symbolicLinks?: unknown }>(
  options: Options,
): Options & { symbolicLinks: "refuse" } {
  const kept = options.symbolicLinks === "replace" ? "replace" : "refuse";
  return { ...options, symbolicLinks: kept as "refuse" };
}

export function readAccess({ symbolicLinks }: Pick<ReadOptions, "symbolicLinks">): Access {
  return symbolicLinks === "refuse" ? { ...READ, last: "itself" } : READ;
}

/** Resolves to a descriptor, which whoever gets it closes. */
export function* openInRoot(root: RootAccess, path: string, flags: string | number, mode: number): Steps<number> {
  const wanted = typeof flags === "number" ? flags : flagsOf(flags);
  const writes = (wanted & (constants.O_WRONLY | constants.O_RDWR)) !== 0;
  const reads = (wanted & constants.O_WRONLY) === 0;
  const actions: RootAction[] = [];
  if (reads) actions.push("read");
  if (writes || (wanted & constants.O_TRUNC) !== 0) actions.push("write");
  const access: Access = { actions, purpose: writes ? "write" : "read" };
  if (writes && root.checksContent) {
    throw root.refusal(
      path,
      access,
      "the policy looks at contents, which nobody can when they are written by a descriptor; use writeFile",
    );
  }
  // Where files are looked at, that comes before anything happens to them.
  const truncatesLater = root.checksFiles && (wanted & constants.O_TRUNC) !== 0;
  const creates = (wanted & constants.O_CREAT) !== 0;
  if (creates) root.demandMode(path, access, mode);
  let effective = (truncatesLater ? wanted & ~constants.O_TRUNC : wanted) | NO_FOLLOW | NON_BLOCKING;
  if (creates && !root.allows("create")) effective &= ~constants.O_CREAT;
  return yield* root.at(path, access, function* (place) {
    let descriptor: number;
    try {
      descriptor = yield* open(systemPath(place), effective, mode);
    } catch (error) {
      if (creates && (error as NodeJS.ErrnoException).code === "ENOENT")
        root.demand(path, { ...access, actions: ["create"] });
      throw error;
    }
    try {
      if (root.checksFiles) yield* checkOpened(root, path, access, descriptor);
      if (truncatesLater) yield* ftruncate(descriptor, 0);
      return descriptor;
    } catch (error) {
      yield* close(descriptor);
      throw error;
    }
  });
}

const { O_NONBLOCK: NON_BLOCKING = 0 } = constants as Partial<typeof constants>;

function* checkOpened(root: RootAccess, path: string, access: Access, descriptor: number): Steps<void> {
  const status = yield* fstat(descriptor);
  if (!status.isFile()) return;
  const gate = root.gate(path, access);
  gate.file(status);
  if (access.purpose === "read") {
    gate.content(yield* fillFrom(descriptor, Buffer.alloc(SNIFFED_BYTES), 0), status.size);
  }
}

function flagsOf(flags: string): number {
  const { O_APPEND, O_CREAT, O_EXCL, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY } = constants;
  switch (flags) {
    case "r":
      return O_RDONLY;
    case "r+":
      return O_RDWR;
    case "w":
      return O_WRONLY | O_CREAT | O_TRUNC;
    case "wx":
      return O_WRONLY | O_CREAT | O_EXCL;
    case "w+":
      return O_RDWR | O_CREAT | O_TRUNC;
    case "wx+":
      return O_RDWR | O_CREAT | O_EXCL;
    case "a":
      return O_WRONLY | O_CREAT | O_APPEND;
    case "ax":
      return O_WRONLY | O_CREAT | O_APPEND | O_EXCL;
    case "a+":
      return O_RDWR | O_CREAT | O_APPEND;
    default:
      throw new SealtraceError(
        "SEALTRACE_USAGE",
        `A file can't be opened as ${JSON.stringify(flags)}: take r, r+, w, wx, w+, wx+, a, ax or a+.`,
      );
  }
}

export function statInRoot(root: RootAccess, path: string): Steps<Stats> {
  return root.at(path, LIST, function* (place) {
    const status = yield* lstat(systemPath(place));
    if (status.isSymbolicLink()) throw Object.assign(new Error("a symbolic link"), { code: "ELOOP" });
    return status;
  });
}

export function lstatInRoot(root: RootAccess, path: string): Steps<Stats> {
  return root.at(path, LIST_ITSELF, (place) => lstat(systemPath(place)));
}

export function readlinkInRoot(root: RootAccess, path: string): Steps<string> {
  return root.at(path, LIST_ITSELF, (place) => readlink(systemPath(place)));
}

export function listInRoot(root: RootAccess, path: string): Steps<NamedEntry[]> {
  return root.at(path, LIST, function* (place, { names }) {
    const directory = yield* openDirectory(place);
    try {
      const entries = yield* listEntries(directory.system);
      const seen = entries.filter(({ name }) => name !== LOCKS_DIRECTORY);
      return seen.filter(({ name, kind }) => root.shows([...names, name].join("/"), kind === "directory"));
    } finally {
      yield* closeDirectory(directory);
    }
  });
}

export function* chmodInRoot(root: RootAccess, path: string, mode: number): Steps<void> {
  root.demandMode(path, CHANGE, mode);
  yield* onEntry(root, path, (system) => chmod(system, mode));
}

export function chownInRoot(root: RootAccess, path: string, user: number, group: number): Steps<void> {
  return onEntry(root, path, (system) => chown(system, user, group));
}

export function utimesInRoot(
  root: RootAccess,
  path: string,
  accessed: Date | number,
  modified: Date | number,
): Steps<void> {
  return onEntry(root, path, (system) => utimes(system, accessed, modified));
}

/** These calls follow links. By a descriptor of the very entry there is nothing to follow. */
function onEntry(root: RootAccess, path: string, work: (system: string) => Steps<undefined>): Steps<void> {
  return root.at(path, CHANGE, function* (place) {
    const system = systemPath(place);
    const descriptor = hasDescriptorPaths() ? yield* open(system, O_PATH | NO_FOLLOW) : undefined;
    try {
      const status = descriptor === undefined ? yield* lstat(system) : yield* fstat(descriptor);
      if (status.isSymbolicLink()) throw Object.assign(new Error("a symbolic link"), { code: "ELOOP" });
      if (status.isFile()) root.gate(path, CHANGE).file(status);
      yield* work(descriptor === undefined ? system : `/proc/self/fd/${descriptor}`);
    } finally {
      if (descriptor !== undefined) yield* close(descriptor);
    }
  });
}

/** A second name for a file. */
export function linkInRoot(root: RootAccess, existing: string, path: string): Steps<void> {
  return root.between(
    [existing, { actions: ["read", "write"], last: "itself" }],
    [path, { actions: ["create"], last: "itself", purpose: "write" }],
    function* (from, to) {
      const status = yield* lstat(systemPath(from));
      if (!status.isFile()) throw Object.assign(new Error("no file"), { code: "EPERM" });
      root.gate(path, READ).file({ mode: status.mode, uid: status.uid, nlink: status.nlink + 1 });
      yield* link(systemPath(from), systemPath(to));
    },
  );
}

export function symlinkInRoot(root: RootAccess, target: string, path: string): Steps<void> {
  const access: Access = { actions: ["create"], last: "itself", purpose: "write" };
  return root.at(path, access, function* (place, { names }) {
    const reason = root.followsLinks ? leavesBy(target, names) : "the policy refuses symbolic links";
    if (reason !== undefined) throw root.refusal(path, access, reason);
    yield* symlink(target, systemPath(place));
  });
}

/** Whether a link in this place would lead out of the root, as far as its text tells; says how. */
function leavesBy(target: string, names: readonly string[]): string | undefined {
  const inner = splitInnerPath(target);
  if (typeof inner === "string") return `a link to ${JSON.stringify(target)} would lead out of the root`;
  let depth = names.length - 1;
  for (const name of inner.names) {
    depth += name === ".." ? -1 : 1;
    if (depth < 0) return `a link to ${JSON.stringify(target)} would lead out of the root`;
  }
  return undefined;
}

/** The access of a root within this one. */
export function innerAccess(
  root: RootAccess,
  path: string,
  check: PolicyCheck,
  byDescriptor: boolean,
): Steps<RootAccess> {
  return root.at(path, LIST, function* (place, { names }) {
    const anchor = yield* anchorAt(place, byDescriptor);
    return new RootAccess(`${root.path}/${names.join("/")}`, anchor, check, { access: root, prefix: names.join("/") });
  });
}
