/** What the code that runs now holds: the locks of its own asynchronous context, and those of the whole thread. */
import { AsyncLocalStorage } from "node:async_hooks";

/** A lock that is held, or was. */
export interface Acquisition {
  readonly sidecar: string;
  /** As its holder called it. */
  readonly path: string;
  readonly shared: boolean;
  released: boolean;
  /** The lock within whose action this one was asked for. */
  readonly within: Acquisition | undefined;
}

const context = new AsyncLocalStorage<Acquisition>();
const heldByThread = new Set<Acquisition>();

/** The innermost lock that was held, or is, where this code runs. */
export function innermost(): Acquisition | undefined {
  return context.getStore();
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

/** The locks that are not given back before what runs now has ended. Those of the whole thread where that waits without turning its event loop. */
export function heldHere(blocking: boolean): Acquisition[] {
  if (blocking) return [...heldByThread];
  const held: Acquisition[] = [];
  for (let at = innermost(); at !== undefined; at = at.within) {
    if (!at.released) held.push(at);
  }
  return held;
}
