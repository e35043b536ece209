import { SealtraceError } from "../../record/index.ts";
import { TEMPORARY_NAME } from "../content/atomic-write.ts";
import { listEntries } from "../system/directory-entries.ts";
import { fileSystemError } from "../system/errors.ts";
import { LOCKS_DIRECTORY } from "../locks/lock-place.ts";
import { runAsync } from "../system/steps.ts";
import { demandSame, type Observer, type Situation } from "./watch-observer.ts";
import { isDirectoryState, listen, lookAt, type Listener } from "./watch-events.ts";
import { pathUnder, walkTop, type WalkTop } from "./walk-top.ts";

interface WatchedDirectory {
  readonly listener: Listener;
  /** What each entry was like when it was last looked at. */
  readonly states: Map<string, string>;
}

/** A directory, and by option those in it. Symbolic links are watched as links, and not followed. */
export class TreeObserver implements Observer {
  readonly #top: WalkTop;
  readonly #situation: Situation;
  /** By path in the tree; the top is "". */
  readonly #directories = new Map<string, WatchedDirectory>();
  /** Names to look at again in each directory; undefined: all. */
  #suspects = new Map<string, Set<string> | undefined>();
  #hints = 0;
  #entries = 0;
  #identity: string | undefined;
  #stopped = false;

  constructor(path: string, situation: Situation) {
    this.#top = walkTop(path);
    this.#situation = situation;
  }

  async start(): Promise<void> {
    this.#identity = await lookAt(this.#top.system, true);
    await this.#add("", false);
  }

  async compare(): Promise<void> {
    // A system that had so much to tell has perhaps lost some of it, and may not say so (Linux does, Node does not hand it on).
    if (this.#hints > MAX_HINTS) for (const path of this.#directories.keys()) this.#suspects.set(path, undefined);
    this.#hints = 0;
    const suspects = this.#suspects;
    this.#suspects = new Map();
    for (const [path, names] of suspects) await this.#compareDirectory(path, names);
    try {
      await demandSame(this.#top.system, this.#identity, this.#top.path);
    } catch (error) {
      this.#drop("");
      throw error;
    }
  }

  stop(): void {
    this.#stopped = true;
    for (const { listener } of this.#directories.values()) listener.close();
    this.#directories.clear();
  }

  #suspect(path: string, name: string | undefined): void {
    this.#hints += 1;
    const names = this.#suspects.has(path) ? this.#suspects.get(path) : new Set<string>();
    if (name === undefined || names === undefined || names.size >= MAX_SUSPECTS) this.#suspects.set(path, undefined);
    else this.#suspects.set(path, names.add(name));
    this.#situation.onNoise();
  }

  async #add(path: string, tells: boolean): Promise<void> {
    if (this.#stopped || this.#directories.has(path)) return;
    const { persistent, onError } = this.#situation;
    const onHint = (name: string | undefined): void => {
      this.#suspect(path, name);
    };
    const shownPath = pathUnder(this.#top.path, path);
    try {
      const listener = listen(pathUnder(this.#top.system, path), shownPath, persistent, onHint, onError);
      this.#directories.set(path, { listener, states: new Map() });
    } catch (error) {
      if (path !== "" && (error as SealtraceError).code === "SEALTRACE_FILE_MISSING") return;
      throw error;
    }
    await this.#compareDirectory(path, undefined, tells);
  }

  /** Stops watching a directory that is gone, with all that was in it. */
  #drop(gone: string): void {
    for (const [path, { listener, states }] of this.#directories) {
      if (path !== gone && !path.startsWith(gone === "" ? "" : `${gone}/`)) continue;
      listener.close();
      this.#directories.delete(path);
      this.#entries -= states.size;
      for (const name of states.keys()) this.#situation.queue.add("removed", pathIn(path, name));
    }
  }

  async #compareDirectory(path: string, suspects?: Iterable<string>, tells = true): Promise<void> {
    const directory = this.#directories.get(path);
    if (directory === undefined) return;
    const names = [...(suspects ?? (await this.#namesIn(path, directory)))].filter(isShown);
    const found: string[] = [];
    for (let i = 0; i < names.length; i += AT_ONCE) {
      const some = names.slice(i, i + AT_ONCE);
      const states = await Promise.all(some.map((name) => lookAt(pathUnder(this.#top.system, pathIn(path, name)))));
      for (const [j, name] of some.entries()) {
        if (this.#note(path, directory, name, states[j], tells)) found.push(pathIn(path, name));
      }
    }
    if (this.#situation.recursive) for (const child of found) await this.#add(child, tells);
  }

  /** Those that are there and those that were. */
  async #namesIn(path: string, { states }: WatchedDirectory): Promise<Set<string>> {
    const names = new Set(states.keys());
    const system = pathUnder(this.#top.system, path);
    try {
      for (const { name } of await runAsync(listEntries(system))) names.add(name);
    } catch (error) {
      // The one that holds it tells that it is gone.
      if (!["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) {
        throw fileSystemError(error, pathUnder(this.#top.path, path), "read");
      }
    }
    return names;
  }

  /** True for a directory that was not there before. */
  #note(path: string, { states }: WatchedDirectory, name: string, now: string | undefined, tells: boolean): boolean {
    const before = states.get(name);
    if (now === before) return false;
    const full = pathIn(path, name);
    if (isDirectoryState(before)) this.#drop(full);
    if (now === undefined) states.delete(name);
    else states.set(name, now);
    this.#count((now === undefined ? 0 : 1) - (before === undefined ? 0 : 1));
    const kind = now === undefined ? "removed" : before === undefined ? "created" : "changed";
    if (tells) this.#situation.queue.add(kind, full);
    return isDirectoryState(now);
  }

  #count(entries: number): void {
    this.#entries += entries;
    const { maxEntries } = this.#situation;
    if (this.#entries <= maxEntries) return;
    throw new SealtraceError(
      "SEALTRACE_FILE_TOO_LARGE",
      `There are more than ${maxEntries} files and directories to watch in ${this.#top.path}. Watch a part of it, or raise maxEntries.`,
    );
  }
}

/** A quarter of what Linux keeps (fs.inotify.max_queued_events is 16,384) before it forgets. */
const MAX_HINTS = 4_096;
/** Beyond that a whole directory is compared. */
const MAX_SUSPECTS = 1_000;
const AT_ONCE = 64;

/** Not what is being written and has no name of its own yet, nor what belongs to locks. */
function isShown(name: string): boolean {
  return name !== LOCKS_DIRECTORY && !TEMPORARY_NAME.test(name);
}

function pathIn(directory: string, name: string): string {
  return directory === "" ? name : `${directory}/${name}`;
}
