/** How far a long piece of work is. */
export interface Progress {
  /** So far. */
  readonly bytes: number;
  /** Bytes in all, as far as is known. */
  readonly total: number;
}

/** What everything has that may take long. */
export interface LongWork {
  /** Called now and then, between pieces of work. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** Ends the work between two pieces of it, with the signal's reason. Of no effect in functions ending in Sync. */
  readonly signal?: AbortSignal | undefined;
}
