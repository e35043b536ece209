/** Remembers where the program threw last, for the report that Node would make of an uncaught exception. */

export interface ThrowSite {
  readonly file: number;
  /** Offset of the throw statement in the original text. */
  readonly offset: number;
}

let thrown: unknown;
let site: ThrowSite | undefined;
let rethrown: unknown;
let hasRethrown = false;

/** A throw statement of instrumented code throws. */
export function noteThrow(file: number, offset: number, error: unknown): void {
  thrown = error;
  site = { file, offset };
}

/** An exception passes through an instrumented function. */
export function noteRethrow(error: unknown): void {
  rethrown = error;
  hasRethrown = true;
}

/** Where instrumented code threw this; undefined when something else did. */
export function throwSiteOf(error: unknown): ThrowSite | undefined {
  return site !== undefined && Object.is(thrown, error) ? site : undefined;
}

/** True when the exception passed through an instrumented function last. */
export function passedThroughUs(error: unknown): boolean {
  return hasRethrown && Object.is(rethrown, error);
}
