/** What the watching thread tells a fuzzing one, and hears from it. */
export const MAX_INPUT = 65_536;

export interface Assignment {
  readonly file: string;
  readonly milliseconds: number;
  readonly seed: number;
  /** Number of runs and length of the input, 4 bytes each; the input. */
  readonly shared: SharedArrayBuffer;
  /** A directory of inputs that were once findings; it may be missing. */
  readonly regressions: string;
}

export interface Outcome {
  readonly runs: number;
  readonly kept: number;
  readonly failure?: string;
}
