/** A row of a benchmark whose script measures both contenders itself, in turns; it is run for so many rounds. */
export interface Row {
  readonly script: string;
  /** As the script calls it. */
  readonly name: string;
  readonly what: string;
  /** Of the time that passes, ours by the peer's, at most. Undefined: only shown. */
  readonly goal?: number;
  /** Of the speed, ours by the peer's, at least: told in place of the time. */
  readonly speedGoal?: number;
}
