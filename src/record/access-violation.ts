/** An attempt to reach a file that a root's policy refuses. */
export interface AccessViolation {
  /** The root's directory. */
  readonly root: string;
  /** As it was asked for. */
  readonly path: string;
  /** What was to be done: read, write, create, delete, list, execute. */
  readonly action: string;
  /** Which rule refused it, as a sentence. */
  readonly reason: string;
}

type Listener = (violation: AccessViolation) => void;

const listeners = new Set<Listener>();

/** Calls the listener for every refusal in this thread, before the refused call throws. Returns how to stop that. */
export function onAccessViolation(listener: Listener): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

export function reportAccessViolation(violation: AccessViolation): void {
  for (const listener of listeners) listener(violation);
}
