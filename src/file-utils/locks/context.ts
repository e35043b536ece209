/** What the code that runs now holds: the locks of its own asynchronous context, and those of the whole thread. */
import { AsyncLocalStorage } from "node:async_hooks";

/** A lock that is held, or was. */
export interface Acquisition {
  readonly sidecar: string;
  /** What is locked. */
  readonly path: string;
  readonly shared: boolean;
  released: boolean;
  /** The lock within whose action this one was asked for. */
  readonly within: Acquisition | undefined;
}

const context = new AsyncLocalStorage<Acquisition>();
const heldByThread = new Set<Acquisition>();

/** The innermost lock that is held where this code runs. */
export function innermost(): Acquisition | undefined {
  return firstHeld(context.getStore());
}

/** What was given back is left out, so that chains of actions which start each other don't grow. */
function firstHeld(acquisition: Acquisition | undefined): Acquisition | undefined {
  let at = acquisition;
  while (at?.released === true) at = at.within;
  return at;
}

export function acquired(details: Omit<Acquisition, "released">): Acquisition {
  const acquisition = { ...details, released: false };
  heldByThread.add(acquisition);
  return acquisition;
}

export function released(acquisition: Acquisition): void {
  acquisition.released = true;
  heldByThread.delete(acquisition);
}

/** Runs an action, and all that it starts, as holder of the lock. */
export function runHolding<T>(acquisition: Acquisition, action: () => T): T {
  return context.run(acquisition, action);
}

/** The locks that are not given back before what runs now has ended. */
export function heldHere(): Acquisition[] {
  const held: Acquisition[] = [];
  for (let at = innermost(); at !== undefined; at = firstHeld(at.within)) held.push(at);
  return held;
}

/** The locks that are not given back while the thread does not turn its event loop. */
export function heldInThread(): Acquisition[] {
  return [...heldByThread];
}
