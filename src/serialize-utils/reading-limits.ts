/** What a reader of bytes from anywhere takes. */
export interface ReadingLimits {
  /** Levels of nesting. Default: 512. */
  readonly maxDepth?: number | undefined;
}

export const DEFAULT_MAX_DEPTH = 512;
