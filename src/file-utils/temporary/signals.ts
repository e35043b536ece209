/**
 * Dying of a signal, but not before temporaries are removed. Only while there are some and only if the program does not listen itself, for then it
 * decides.
 */
import { isMainThread } from "node:worker_threads";
import { hearSignals } from "../../record/index.ts";

let stop: (() => void) | undefined;

/** Calls `action` before a signal ends the program, until {@link leaveSignals}. Threads get no signals. */
export function watchSignals(action: () => void): void {
  if (!isMainThread || stop !== undefined) return;
  stop = hearSignals((signal, handledByProgram) => {
    if (handledByProgram) return;
    action();
    // Others that are unseen, such as a recorder, get the signal too, before the program dies of it.
    process.nextTick(() => {
      leaveSignals();
      process.kill(process.pid, signal);
    });
  });
}

/** Signals end the program at once again. */
export function leaveSignals(): void {
  stop?.();
  stop = undefined;
}
