/** What a file in `targets/` exports. */
export interface Target {
  readonly name: string;
  /** Several right inputs, from which others are made. */
  readonly seeds: () => readonly Uint8Array[] | Promise<readonly Uint8Array[]>;
  /**
   * Hands the bytes to the decoder. What isn't a SealtraceError is thrown on, as is any property that doesn't hold. What it returns, if it is a string, says
   * what came of it: inputs with an outcome that is new are kept and changed further.
   */
  readonly run: (bytes: Uint8Array) => unknown;
}
