/** What a root looks at when content passes, in or out. Each may throw, and then nothing passes. */
export interface Gate {
  /** A file that was opened and is about to be read or written to. */
  file(status: FileStatus): void;
  /** A content that was read, or that is about to be a file: its beginning at least, and its size in bytes. */
  content(head: Uint8Array, size: number): void;
  /** How much larger files are about to become together, in bytes. */
  growth(bytes: number): void;
  /** False where only new files may be made, also when somebody else has just made one. */
  readonly mayReplace: boolean;
}

export interface FileStatus {
  readonly mode: number | bigint;
  readonly nlink: number | bigint;
  readonly uid: number | bigint;
}
