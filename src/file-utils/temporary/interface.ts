/** What users see of temporaries: what they may ask for, and what they get. */
export interface TemporaryOptions {
  /** What the name ends in, `.json` say; before it, it can't be foretold. Default: nothing. */
  readonly suffix?: string | undefined;
  /** Default: `"disk"`. `"memory"` is taken where the system has a directory in memory (Linux; it may still be swapped out), else the disk: see `in` of the result. */
  readonly in?: "disk" | "memory" | undefined;
  /**
   * Also removed before SIGINT, SIGTERM or SIGHUP ends a program that does not handle it. That takes a listener, as long as there is such a
   * temporary, and a signal with a listener can't end a program while its event loop does not turn. With false such a signal ends it at once,
   * and the next start removes what it leaves. Default: true.
   */
  readonly removeOnSignal?: boolean | undefined;
}

export interface TemporaryFileOptions extends TemporaryOptions {
  /** Open, and without a name that anybody could open it by; where the system can't (Windows), a named one. Default: false. */
  readonly unnamed?: boolean | undefined;
}

export interface Temporary {
  /** Absolute. */
  readonly path: string;
  /** Where it lies in fact. */
  readonly in: "disk" | "memory";
  /** Removes it, links in it not followed. What is gone already is no error. Throws a SealtraceError when it can't be, and then may be called again. */
  remove(): Promise<void>;
  /** {@link remove}, blocking. */
  removeSync(): void;
  /**
   * Moves it to `path`, also on another file system, where it appears whole or not at all, and is removed no more. Throws SEALTRACE_FILE_EXISTS when
   * something stands there, and another SealtraceError when it can't be moved; then it is where it was.
   */
  keep(path: string): Promise<void>;
  /** {@link keep}, blocking. */
  keepSync(path: string): void;
  [Symbol.asyncDispose](): Promise<void>;
  [Symbol.dispose](): void;
}

export interface TemporaryFile extends Temporary {
  /** Open for reading and writing until it is removed, for an unnamed one. `path` leads to it in this process; give children the descriptor. */
  readonly descriptor: number | undefined;
}

export type TemporaryDirectory = Temporary;
