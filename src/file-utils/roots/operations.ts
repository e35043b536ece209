/** What can be done in a root, as sequences: see `Root` for what each does. */
import type { Stats } from "node:fs";
import { SealtraceError } from "../../record/index.ts";
import { appendValue, type AppendOptions } from "../content/append-file.ts";
import { statusOf } from "../content/atomic-write.ts";
import { listEntries, type NamedEntry } from "../system/directory-entries.ts";
import { closeDirectory, hasDescriptorPaths, O_PATH, openDirectory } from "../system/directory-handle.ts";
import { fileSystemError, isMissing } from "../system/errors.ts";
import type { Lease } from "../content/file-streams.ts";
import { readVersioned, type Versioned } from "../content/file-version.ts";
import type { Gate } from "../system/gate.ts";
import { MAX_GENERATIONS } from "../content/generations.ts";
import { LOCKS_DIRECTORY } from "../locks/lock-place.ts";
import { SNIFFED_BYTES } from "../content/media-type.ts";
import { systemPath, type Place } from "../system/place.ts";
import { readValue, type ReadOptions, type SchemaOption } from "../content/read-file.ts";
import { fillFrom } from "../essentials/read-range.ts";
import { NO_FOLLOW } from "../content/regular-file.ts";
import { RootAccess, type Access } from "./access.ts";
import { anchorAt } from "./descent.ts";
import { checkedFlags } from "./flags.ts";
import { aLink, existing } from "./look.ts";
import { splitInnerPath } from "./inner-path.ts";
import type { RootAction } from "./policy.ts";
import type { PolicyCheck } from "./policy-check.ts";
import type { Steps } from "../system/steps.ts";
import {
  chmod,
  chown,
  close,
  constants,
  fstat,
  ftruncate,
  link,
  lstat,
  NON_BLOCKING,
  open,
  readlink,
  symlink,
  utimes,
} from "../system/calls.ts";
import { updateValue, type Update, type UpdateOptions } from "../content/update-file.ts";
import { writeValue, type WriteOptions } from "../content/write-file.ts";

const READ: Access = { actions: ["read"] };
const LIST: Access = { actions: ["list"] };
const LIST_ITSELF: Access = { actions: ["list"], last: "itself" };
const CHANGE: Access = { actions: ["write"], purpose: "write" };
const CREATE: Access = { actions: ["create"], last: "itself", purpose: "write" };

export function readInRoot(root: RootAccess, path: string, options: ReadOptions): Steps<unknown> {
  return reading(root, path, options, (place, gate) => readValue(place, inside(options), gate));
}

export function readVersionInRoot<Output>(
  root: RootAccess,
  path: string,
  options: ReadOptions & Partial<SchemaOption<Output>>,
): Steps<Versioned<Output>> {
  return reading(root, path, options, (place, gate) => readVersioned(place, inside(options), gate));
}

function reading<T>(
  root: RootAccess,
  path: string,
  options: ReadOptions,
  work: (place: Place, gate: Gate) => Steps<T>,
): Steps<T> {
  return root.at(path, readAccess(options), (place, { names }) => {
    demandBeside(root, path, READ, names, options);
    return work(place, root.gate(path, READ));
  });
}

export function writeInRoot(root: RootAccess, path: string, value: unknown, options: WriteOptions): Steps<void> {
  return changing(root, path, options, (place, gate) => writeValue(place, value, inside(options), gate));
}

export function appendInRoot(root: RootAccess, path: string, value: unknown, options: AppendOptions): Steps<void> {
  return changing(root, path, options, (place, gate) => appendValue(place, value, inside(options), gate));
}

export function* updateInRoot<Value>(
  root: RootAccess,
  path: string,
  change: Update<Value>,
  options: UpdateOptions & Partial<SchemaOption<Value>>,
): Steps<Value | undefined> {
  root.demand(path, READ);
  return yield* changing(root, path, options, (place, gate) => updateValue(place, change, inside(options), gate));
}

interface Changing extends Beside {
  readonly mode?: number | undefined;
  readonly symbolicLinks?: string | undefined;
}

/** A change of a file's content: `write` where there is one, `create` where there is none. */
function changing<T>(
  root: RootAccess,
  path: string,
  options: Changing,
  work: (place: Place, gate: Gate) => Steps<T>,
): Steps<T> {
  const access: Access = { actions: [], last: lastFor(options), purpose: "write" };
  return root.at(path, access, function* (place, { names }) {
    const actual = yield* demandChange(root, path, access, place, options);
    demandBeside(root, path, actual, names, options);
    const charge = yield* root.charge();
    let succeeded = false;
    try {
      const result = yield* work(place, root.gate(path, actual, charge));
      succeeded = !keepsOthers(options);
      return result;
    } finally {
      charge.end(succeeded);
    }
  });
}

function lastFor({ symbolicLinks }: Pick<Changing, "symbolicLinks">): "follow" | "itself" {
  return symbolicLinks === "refuse" || symbolicLinks === "replace" ? "itself" : "follow";
}

/** Throws for a link where that must be followed first. */
function* demandChange(
  root: RootAccess,
  path: string,
  access: Access,
  place: Place,
  { mode }: Pick<Changing, "mode">,
): Steps<Access> {
  const status = yield* statusOf(place);
  if (access.last === "follow" && status?.isSymbolicLink() === true) throw aLink(place);
  const actual: Access = { ...access, actions: [status === undefined ? "create" : "write"] };
  root.demand(path, actual);
  root.demandMode(path, actual, mode);
  if (status?.isFile() === true) root.gate(path, actual).file(status);
  return actual;
}

/** What reading and writing a file can have to do with files beside it. */
interface Beside {
  readonly generation?: number | undefined;
  readonly generations?: number | undefined;
  readonly checksum?: boolean | undefined;
}

function keepsOthers({ generations = 0, checksum = false }: Beside): boolean {
  return generations > 0 || checksum;
}

/** They have names of their own, which the policy may exclude. */
function demandBeside(root: RootAccess, path: string, access: Access, names: readonly string[], options: Beside): void {
  const { generation = 0, generations = 0, checksum = false } = options;
  if (access.purpose === "write" && keepsOthers(options)) root.demand(path, { ...access, actions: ["create"] });
  const suffixes = checksum ? [".sha256"] : [];
  if (generation > 0) suffixes.push(`.${generation}`);
  for (let i = 1; i <= generations && i <= MAX_GENERATIONS; i += 1) suffixes.push(`.${i}`);
  for (const suffix of suffixes) {
    const reason = root.reasonAgainst(names.join("/") + suffix);
    if (reason !== undefined) throw root.refusal(path + suffix, access, reason);
  }
}

/** The place of a file that is about to be written, for as long as that takes. */
export function* leaseForWriting(root: RootAccess, path: string, options: Changing): Steps<Lease> {
  const access: Access = { actions: [], last: lastFor(options), purpose: "write" };
  const lease = yield* root.lease(path, access);
  try {
    const actual = yield* demandChange(root, path, { ...access, last: "itself" }, lease.place, options);
    const charge = yield* root.charge();
    return {
      place: lease.place,
      gate: root.gate(path, actual, charge),
      *release() {
        // It may have been given up in the middle.
        charge.end(false);
        yield* lease.release();
      },
    };
  } catch (error) {
    yield* lease.release();
    throw fileSystemError(error, path, "write");
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
  const wanted = checkedFlags(flags);
  const writes = (wanted & (constants.O_WRONLY | constants.O_RDWR)) !== 0;
  const truncates = (wanted & constants.O_TRUNC) !== 0;
  const creates = (wanted & constants.O_CREAT) !== 0;
  const actions: RootAction[] = (wanted & constants.O_WRONLY) === 0 ? ["read"] : [];
  if (writes || truncates) actions.push("write");
  // Nothing but a new file is wanted.
  if (creates && (wanted & constants.O_EXCL) !== 0) actions.push("create");
  const access: Access = { actions, purpose: writes ? "write" : "read" };
  root.demand(path, access);
  if ((writes || truncates) && root.checksContent) {
    throw root.refusal(
      path,
      { ...access, actions: ["write"] },
      "the policy looks at contents, which nobody can when they are written by a descriptor; use writeFile",
    );
  }
  if (creates) root.demandMode(path, access, mode);
  // Where files are looked at, that comes before anything happens to them.
  const truncatesLater = root.checksFiles && truncates;
  let effective = (truncatesLater ? wanted & ~constants.O_TRUNC : wanted) | NO_FOLLOW | NON_BLOCKING;
  if (creates && !root.allows("create")) effective &= ~constants.O_CREAT;
  return yield* root.at(path, access, function* (place) {
    let descriptor: number;
    try {
      descriptor = yield* open(systemPath(place), effective, mode);
    } catch (error) {
      if (creates && isMissing(error)) root.demand(path, { ...access, actions: ["create"] });
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

function* checkOpened(root: RootAccess, path: string, access: Access, descriptor: number): Steps<void> {
  const status = yield* fstat(descriptor);
  if (!status.isFile()) return;
  const gate = root.gate(path, access);
  gate.file(status);
  if (access.purpose === "read") {
    gate.content(yield* fillFrom(descriptor, Buffer.alloc(SNIFFED_BYTES), 0), status.size);
  }
}

export function statInRoot(root: RootAccess, path: string): Steps<Stats> {
  return root.at(path, LIST, function* (place) {
    const status = yield* lstat(systemPath(place));
    if (status.isSymbolicLink()) throw aLink(place);
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
      if (status.isSymbolicLink()) throw aLink(place);
      if (status.isFile()) root.gate(path, CHANGE).file(status);
      yield* work(descriptor === undefined ? system : `/proc/self/fd/${descriptor}`);
    } finally {
      if (descriptor !== undefined) yield* close(descriptor);
    }
  });
}

/** A second name for a file. */
export function linkInRoot(root: RootAccess, first: string, path: string): Steps<void> {
  return root.between([first, { actions: ["read", "write"], last: "itself" }], [path, CREATE], function* (from, to) {
    const status = yield* existing(from);
    if (!status.isFile()) {
      throw new SealtraceError("SEALTRACE_USAGE", `${from.path} is no regular file: only those get second names.`);
    }
    root.gate(path, CREATE).file({ mode: status.mode, uid: status.uid, nlink: status.nlink + 1 });
    yield* link(systemPath(from), systemPath(to));
  });
}

export function symlinkInRoot(root: RootAccess, target: string, path: string): Steps<void> {
  return root.at(path, CREATE, function* (place, { names }) {
    const reason = root.followsLinks ? leavesBy(target, names) : "the policy refuses symbolic links";
    if (reason !== undefined) throw root.refusal(path, CREATE, reason);
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
    const prefix = names.join("/");
    return new RootAccess(prefix === "" ? root.path : `${root.path}/${prefix}`, anchor, check, {
      access: root,
      prefix,
    });
  });
}
