import type { Stats } from "node:fs";
import type { Readable, Writable } from "node:stream";
import type { AppendOptions } from "../content/append-file.ts";
import type { CopyOptions, CopyReport } from "../trees/copy-options.ts";
import type { CreateDirectoryOptions } from "../trees/create-directory.ts";
import type { NamedEntry } from "../system/directory-entries.ts";
import { hasDescriptorPaths } from "../system/directory-handle.ts";
import { fileSystemError } from "../system/errors.ts";
import {
  readStreamAt,
  writeStreamAt,
  type Lease,
  type ReadStreamOptions,
  type WriteStreamOptions,
} from "../content/file-streams.ts";
import type { Versioned } from "../content/file-version.ts";
import type { MoveOptions, MoveReport } from "../trees/move.ts";
import { checkPath } from "../system/place.ts";
import type { ReadFile, ReadFileSync, ReadOptions, SchemaOption } from "../content/read-file.ts";
import type { RemoveOptions } from "../trees/remove.ts";
import { RootAccess } from "./access.ts";
import { dropAnchor } from "./descent.ts";
import * as operations from "./operations.ts";
import type { RootPolicy } from "./policy.ts";
import { PolicyCheck } from "./policy-check.ts";
import * as trees from "./trees.ts";
import { runAsync, runSync, type Steps } from "../system/steps.ts";
import type { Update, UpdateOptions } from "../content/update-file.ts";
import { entriesOf, entriesOfSync } from "../trees/walk-entries.ts";
import type { Entry, WalkOptions } from "../trees/walk-entry.ts";
import type { WriteOptions } from "../content/write-file.ts";

/**
 * Opens a directory as a root: everything that is done through it stays in it, whatever paths are given and whatever links lie on the way, also while
 * others rename and link in it; and nothing is done that the policy does not allow.
 *
 *     await using uploads = await openRoot("uploads", { allow: ["read", "create", "list"], mediaTypes: ["image/*"] });
 *     await uploads.writeFile("ada/portrait.png", bytes);
 *     await uploads.readFile("../secrets.yaml"); // SEALTRACE_ACCESS_DENIED
 *
 * On Linux that is held by open descriptors and has no race. Elsewhere paths are looked at piece by piece before they are used: who can rename directories
 * in the root in just that moment can lead a use astray. Throws a SealtraceError when the directory can't be opened, or for a policy that says nothing
 * sensible.
 */
export async function openRoot(directory: string, policy: RootPolicy): Promise<Root> {
  return runAsync(open(directory, policy, hasDescriptorPaths()));
}

/** {@link openRoot}, blocking. */
export function openRootSync(directory: string, policy: RootPolicy): Root {
  return runSync(open(directory, policy, hasDescriptorPaths()));
}

/** {@link openRootSync}, as it is where directories can't be held by descriptors. For tests on systems where they can. */
export function openRootByPaths(directory: string, policy: RootPolicy): Root {
  return runSync(open(directory, policy, false));
}

function* open(directory: string, policy: RootPolicy, byDescriptor: boolean): Steps<Root> {
  checkPath(directory);
  const check = new PolicyCheck(policy);
  try {
    return rootOf(new RootAccess(directory, yield* dropAnchor(directory, byDescriptor), check), byDescriptor);
  } catch (error) {
    throw fileSystemError(error, directory, "read");
  }
}

let rootOf: (access: RootAccess, byDescriptor: boolean) => Root;

/**
 * A directory that can't be left. Paths are relative to it, with `/` between names (on Windows also `\`). Symbolic links are followed as long as they stay
 * inside. Every method throws SEALTRACE_ACCESS_DENIED, and reports an access violation, for a path that leads out or anything that the policy refuses; else
 * what the function of the same name throws. Close it when it is no longer needed: it holds a descriptor.
 */
export class Root implements AsyncDisposable, Disposable {
  #access!: RootAccess;
  #byDescriptor!: boolean;

  static {
    rootOf = (access, byDescriptor) => {
      const root = new Root();
      root.#access = access;
      root.#byDescriptor = byDescriptor;
      return root;
    };
  }

  /** Use {@link openRoot}. */
  private constructor() {
    // What a root is made of is nobody's business.
  }

  /** The directory, as it was given. */
  get path(): string {
    return this.#access.path;
  }

  /** See {@link readFile}. */
  readonly readFile = (async (path: string, options: ReadOptions = {}) =>
    runAsync(operations.readInRoot(this.#access, path, options), options.signal)) as ReadFile;

  readonly readFileSync = ((path: string, options: ReadOptions = {}) =>
    runSync(operations.readInRoot(this.#access, path, options))) as ReadFileSync;

  /** See {@link readFileWithVersion}. */
  async readFileWithVersion<Output = unknown>(
    path: string,
    options: ReadOptions & Partial<SchemaOption<Output>> = {},
  ): Promise<Versioned<Output>> {
    return runAsync(operations.readVersionInRoot<Output>(this.#access, path, options), options.signal);
  }

  readFileWithVersionSync<Output = unknown>(
    path: string,
    options: ReadOptions & Partial<SchemaOption<Output>> = {},
  ): Versioned<Output> {
    return runSync(operations.readVersionInRoot<Output>(this.#access, path, options));
  }

  /** See {@link writeFile}. A symbolic link is by default written through, if that stays inside. Needs `write`, or `create` for a new file. */
  async writeFile(path: string, value: unknown, options: WriteOptions = {}): Promise<void> {
    return runAsync(operations.writeInRoot(this.#access, path, value, options), options.signal);
  }

  writeFileSync(path: string, value: unknown, options: WriteOptions = {}): void {
    runSync(operations.writeInRoot(this.#access, path, value, options));
  }

  /** See {@link appendFile}. Needs `write`, or `create` for a new file. */
  async appendFile(path: string, value: unknown, options: AppendOptions = {}): Promise<void> {
    return runAsync(operations.appendInRoot(this.#access, path, value, options), options.signal);
  }

  appendFileSync(path: string, value: unknown, options: AppendOptions = {}): void {
    runSync(operations.appendInRoot(this.#access, path, value, options));
  }

  /** See {@link updateFile}. Needs `read`, and `write` or `create`. */
  async updateFile<Value = unknown>(
    path: string,
    change: Update<Value>,
    options: UpdateOptions & Partial<SchemaOption<Value>> = {},
  ): Promise<Value | undefined> {
    return runAsync(operations.updateInRoot(this.#access, path, change, options), options.signal);
  }

  updateFileSync<Value = unknown>(
    path: string,
    change: (value: Value | undefined) => Value | undefined,
    options: UpdateOptions & Partial<SchemaOption<Value>> = {},
  ): Value | undefined {
    return runSync(operations.updateInRoot(this.#access, path, change, options));
  }

  /**
   * Opens a file and gives its descriptor, for Node's own functions (`fs.createReadStream("", { fd })`); close it. `flags` as Node has them: `r`, `r+`, `w`, `wx`,
   * `w+`, `wx+`, `a`, `ax`, `a+`, or a number. Needs `read`, `write`, or both, and `create` for a new file. Never blocks on a pipe.
   */
  async open(path: string, flags: string | number = "r", mode = 0o600): Promise<number> {
    return runAsync(operations.openInRoot(this.#access, path, flags, mode));
  }

  openSync(path: string, flags: string | number = "r", mode = 0o600): number {
    return runSync(operations.openInRoot(this.#access, path, flags, mode));
  }

  /** What is known of a file or directory; of a symbolic link, of what it leads to. Needs `list`. */
  async stat(path: string): Promise<Stats> {
    return runAsync(operations.statInRoot(this.#access, path));
  }

  statSync(path: string): Stats {
    return runSync(operations.statInRoot(this.#access, path));
  }

  /** What is known of a file, directory or symbolic link itself. Needs `list`. */
  async lstat(path: string): Promise<Stats> {
    return runAsync(operations.lstatInRoot(this.#access, path));
  }

  lstatSync(path: string): Stats {
    return runSync(operations.lstatInRoot(this.#access, path));
  }

  /** The text of a symbolic link, wherever that leads. Needs `list`. */
  async readlink(path: string): Promise<string> {
    return runAsync(operations.readlinkInRoot(this.#access, path));
  }

  readlinkSync(path: string): string {
    return runSync(operations.readlinkInRoot(this.#access, path));
  }

  /** What is in a directory, in no order, without what the policy excludes. Needs `list`. */
  async list(path = "."): Promise<NamedEntry[]> {
    return runAsync(operations.listInRoot(this.#access, path));
  }

  listSync(path = "."): NamedEntry[] {
    return runSync(operations.listInRoot(this.#access, path));
  }

  /** See {@link walk}: everything that the policy lets be seen. Needs `list`. */
  walk(path = ".", options: WalkOptions = {}): AsyncIterableIterator<Entry, undefined> {
    return entriesOf(new trees.RootWalk(this.#access, path, options), options.signal);
  }

  walkSync(path = ".", options: WalkOptions = {}): IterableIterator<Entry, undefined> {
    return entriesOfSync(new trees.RootWalk(this.#access, path, options));
  }

  /** See {@link createDirectory}. Needs `create`. */
  async createDirectory(path: string, options: CreateDirectoryOptions = {}): Promise<void> {
    return runAsync(trees.createDirectoryInRoot(this.#access, path, options));
  }

  createDirectorySync(path: string, options: CreateDirectoryOptions = {}): void {
    runSync(trees.createDirectoryInRoot(this.#access, path, options));
  }

  /** See {@link remove}. Needs `delete`. */
  async remove(path: string, options: RemoveOptions = {}): Promise<void> {
    return runAsync(trees.removeInRoot(this.#access, path, options), options.signal);
  }

  removeSync(path: string, options: RemoveOptions = {}): void {
    runSync(trees.removeInRoot(this.#access, path, options));
  }

  /** See {@link move}; both paths are in this root. Needs `delete` and `create`, and `write` to overwrite. */
  async move(from: string, to: string, options: MoveOptions = {}): Promise<MoveReport> {
    return runAsync(trees.moveInRoot(this.#access, from, to, options), options.signal);
  }

  moveSync(from: string, to: string, options: MoveOptions = {}): MoveReport {
    return runSync(trees.moveInRoot(this.#access, from, to, options));
  }

  /** See {@link copy}; both paths are in this root. Needs `read` and `create`, and `write` to overwrite. */
  async copy(from: string, to: string, options: CopyOptions = {}): Promise<CopyReport> {
    return runAsync(trees.copyInRoot(this.#access, from, to, options), options.signal);
  }

  copySync(from: string, to: string, options: CopyOptions = {}): CopyReport {
    return runSync(trees.copyInRoot(this.#access, from, to, options));
  }

  /** See {@link createReadStream}. Needs `read`. */
  createReadStream(path: string, options: ReadStreamOptions = {}): Readable {
    const lease = (): Steps<Lease> => this.#access.lease(path, operations.readAccess(options));
    return readStreamAt(lease, { ...options, symbolicLinks: "refuse" });
  }

  /** See {@link createWriteStream}. Needs `write`, or `create` for a new file. */
  createWriteStream(path: string, options: WriteStreamOptions = {}): Writable {
    const lease = (): Steps<Lease> => operations.leaseForWriting(this.#access, path, options);
    return writeStreamAt(lease, operations.inside(options));
  }

  /** Changes the mode of a file or directory. Needs `write`, and `execute` for a mode with an execute bit. */
  async chmod(path: string, mode: number): Promise<void> {
    return runAsync(operations.chmodInRoot(this.#access, path, mode));
  }

  chmodSync(path: string, mode: number): void {
    runSync(operations.chmodInRoot(this.#access, path, mode));
  }

  /** Changes owner and group of a file or directory. Needs `write`. */
  async chown(path: string, user: number, group: number): Promise<void> {
    return runAsync(operations.chownInRoot(this.#access, path, user, group));
  }

  chownSync(path: string, user: number, group: number): void {
    runSync(operations.chownInRoot(this.#access, path, user, group));
  }

  /** Changes the times of a file or directory. Needs `write`. */
  async utimes(path: string, accessed: Date | number, modified: Date | number): Promise<void> {
    return runAsync(operations.utimesInRoot(this.#access, path, accessed, modified));
  }

  utimesSync(path: string, accessed: Date | number, modified: Date | number): void {
    runSync(operations.utimesInRoot(this.#access, path, accessed, modified));
  }

  /** Gives a file a second name. Needs `read` and `write` for the file and `create` for the name. */
  async link(existing: string, path: string): Promise<void> {
    return runAsync(operations.linkInRoot(this.#access, existing, path));
  }

  linkSync(existing: string, path: string): void {
    runSync(operations.linkInRoot(this.#access, existing, path));
  }

  /** Makes a symbolic link, which must not lead out. Needs `create`. */
  async symlink(target: string, path: string): Promise<void> {
    return runAsync(operations.symlinkInRoot(this.#access, target, path));
  }

  symlinkSync(target: string, path: string): void {
    runSync(operations.symlinkInRoot(this.#access, target, path));
  }

  /**
   * A directory in this root as a root of its own, for a plugin, say: its policy is added to this one's, and never allows more. It stays usable when this root is
   * closed. Needs `list`.
   */
  async openRoot(path: string, policy: RootPolicy): Promise<Root> {
    return runAsync(this.#openInner(path, policy));
  }

  openRootSync(path: string, policy: RootPolicy): Root {
    return runSync(this.#openInner(path, policy));
  }

  async close(): Promise<void> {
    return runAsync(this.#access.close());
  }

  closeSync(): void {
    runSync(this.#access.close());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  [Symbol.dispose](): void {
    this.closeSync();
  }

  *#openInner(path: string, policy: RootPolicy): Steps<Root> {
    const check = new PolicyCheck(policy);
    const access = yield* operations.innerAccess(this.#access, path, check, this.#byDescriptor);
    return rootOf(access, this.#byDescriptor);
  }
}
