import { SealtraceError } from "../../record/index.ts";
import { BatchIterator } from "./batches.ts";
import { placeOf, systemPath } from "../system/place.ts";
import { QuietTimer } from "../system/quiet-timer.ts";
import { isDirectoryState, lookAt } from "./watch-events.ts";
import { FileObserver } from "./watch-file.ts";
import type { Observer, Situation } from "./watch-observer.ts";
import { ChangeQueue, type Change } from "./watch-queue.ts";
import { TreeObserver } from "./watch-tree.ts";

export interface WatchOptions {
  /** Directories within the directory too, also those that are made later. Default: false. */
  readonly recursive?: boolean | undefined;
  /** Changes are told when there was none for so many milliseconds, or after ten times as many. Default: 50. */
  readonly debounceMs?: number | undefined;
  /** Changes that wait to be taken; of more, an overflow is told instead. Default: 10,000. */
  readonly maxWaiting?: number | undefined;
  /** More files and directories are an error (SEALTRACE_FILE_TOO_LARGE). Default: 100,000. */
  readonly maxEntries?: number | undefined;
  /** False: the watch alone does not keep the program running. Default: true. */
  readonly persistent?: boolean | undefined;
  /** Ends the watch with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** The changes, until it is closed. One loop takes them. */
export interface Watch extends AsyncIterableIterator<Change, undefined>, AsyncDisposable {
  /** Resolves when every change from then on will be told. What is wrong from the start is told here and in the loop. */
  readonly ready: Promise<void>;
  /** Ends the loop. */
  close(): Promise<void>;
}

/**
 * Watches a file, which may be missing as yet, or a directory.
 *
 *     for await (const { kind, path } of watch("settings.json")) ...
 *
 * What is told was found by comparing: many changes in a short time are one, and one that is undone at once is none. A file that is replaced, or
 * removed and made again, is watched on. Changes wait for whoever takes them; those of one path become one.
 *
 * The loop throws a SealtraceError when watching is not possible any more, as when the watched directory (of a file: the one that it is in) is
 * gone. Not seen: that a directory further up was renamed, and, on network file systems, what other machines do.
 */
export function watch(path: string, options: WatchOptions = {}): Watch {
  return new Watcher(path, options);
}

class Watcher extends BatchIterator<Change> implements Watch {
  readonly ready: Promise<void>;

  constructor(path: string, options: WatchOptions) {
    const observation = new Observation(path, options);
    super(observation.queue);
    this.ready = observation.start();
    // Who does not ask hears it in the loop.
    this.ready.catch(() => undefined);
  }

  async close(): Promise<void> {
    await this.return();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }
}

/** Has things compared when there was noise. */
class Observation {
  readonly queue: ChangeQueue;
  readonly #path: string;
  readonly #signal: AbortSignal | undefined;
  readonly #timer: QuietTimer;
  readonly #situation: Situation;
  #observer: Observer | undefined;
  /** One comparison after the other. */
  #last: Promise<void> = Promise.resolve();
  #ended = false;

  constructor(path: string, options: WatchOptions) {
    const { persistent = true, recursive = false, signal } = options;
    this.#path = systemPath(placeOf(path));
    this.#signal = signal;
    this.queue = new ChangeQueue(positive("maxWaiting", options.maxWaiting, 10_000), () => {
      this.#stop();
    });
    this.#timer = new QuietTimer(positive("debounceMs", options.debounceMs, 50), persistent, () => {
      this.#last = this.#last.then(() => this.#compare());
    });
    this.#situation = {
      queue: this.queue,
      persistent,
      recursive,
      maxEntries: positive("maxEntries", options.maxEntries, 100_000),
      onNoise: () => {
        this.#timer.noise();
      },
      onError: (error) => {
        this.#fail(error);
      },
    };
    signal?.addEventListener("abort", this.#abort, { once: true });
    if (signal?.aborted === true) this.#abort();
  }

  start(): Promise<void> {
    const started = this.#start();
    this.#last = started.catch((error: unknown) => {
      this.#fail(error);
    });
    return started;
  }

  async #start(): Promise<void> {
    const isDirectory = isDirectoryState(await lookAt(this.#path, true));
    if (this.#ended) return;
    this.#observer = isDirectory
      ? new TreeObserver(this.#path, this.#situation)
      : new FileObserver(this.#path, this.#situation);
    await this.#observer.start();
  }

  async #compare(): Promise<void> {
    if (this.#ended) return;
    try {
      await this.#observer?.compare();
      this.queue.tell();
    } catch (error) {
      this.#fail(error);
    }
  }

  readonly #abort = (): void => {
    this.#fail(this.#signal?.reason);
  };

  #fail(error: unknown): void {
    this.#stop();
    this.queue.fail(error);
  }

  #stop(): void {
    this.#ended = true;
    this.#signal?.removeEventListener("abort", this.#abort);
    this.#timer.stop();
    this.#observer?.stop();
  }
}

function positive(option: string, value: number | undefined, otherwise: number): number {
  if (value === undefined) return otherwise;
  if (value > 0) return value;
  throw new SealtraceError("SEALTRACE_USAGE", `The option ${option} is a number above 0, not ${value}.`);
}
