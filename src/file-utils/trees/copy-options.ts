import type { BigIntStats } from "node:fs";
import type { LongWork } from "../system/options.ts";
import type { TreePolicy } from "./tree-policy.ts";

export interface CopyOptions extends LongWork {
  /**
   * Files and symbolic links in the way are replaced, each at once, and directories are filled up: what else is in them stays. Default: false,
   * anything in the way is an error (SEALTRACE_FILE_EXISTS).
   */
  readonly overwrite?: boolean | undefined;
  /** Symbolic links are copied as links that say the same, or are an error, or left out. Default: keep. They are never followed. */
  readonly links?: "keep" | "refuse" | "skip" | undefined;
  /** Each file is read back and its SHA-256 compared with that of what was read from the source. Default: true. */
  readonly verify?: boolean | undefined;
  /** On the disk when it is done, so that it survives a power failure. Default: true. */
  readonly durable?: boolean | undefined;
  /**
   * Whose the copies are: "mine", the process's; or the source's "if allowed", and otherwise the process's (it needs to be root). Set-user and
   * set-group bits are kept only with the owner. Default: mine.
   */
  readonly owner?: "mine" | "if allowed" | undefined;
}

export interface CopyReport {
  readonly files: number;
  readonly directories: number;
  readonly links: number;
  /** In files. */
  readonly bytes: number;
}

/** What a copy has done so far. */
export class CopyWork {
  readonly options: CopyOptions & TreePolicy;
  files = 0;
  directories = 0;
  links = 0;
  bytes = 0;
  /** What each copied file was like, by its path in the tree; of directories, that they were there. Only where somebody wants to know. */
  readonly copied: Map<string, BigIntStats | undefined> | undefined;

  constructor(options: CopyOptions & TreePolicy, remembers = false) {
    this.options = options;
    this.copied = remembers ? new Map() : undefined;
  }

  get durable(): boolean {
    return this.options.durable !== false;
  }

  remember(path: string, status: BigIntStats | undefined): void {
    this.copied?.set(path, status);
  }

  /** `rest`: bytes that are known to be left. */
  tell(rest: number): void {
    this.options.onProgress?.({ bytes: this.bytes, total: this.bytes + rest });
  }

  report(): CopyReport {
    const { files, directories, links, bytes } = this;
    return { files, directories, links, bytes };
  }
}
