/**
 * Dying of a signal, but not before temporaries are removed. Only while there are some and only if the program does not listen itself, for then it
 * decides. Our listeners are kept out of what `process` tells of its listeners, because code that counts them to decide whether to end the program
 * (`signal-exit`, and through it many packages) would take ours for the program's own, and nobody would end it.
 */
import { isMainThread } from "node:worker_threads";

/** Those that ask a program to end. SIGQUIT asks for a core dump, and that gets what there is. */
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

let cleanUp: (() => void) | undefined;

/** Calls `action` before a signal ends the program, until {@link leaveSignals}. Threads get no signals. */
export function watchSignals(action: () => void): void {
  if (!isMainThread || cleanUp !== undefined) return;
  cleanUp = action;
  hideListeners();
  for (const signal of SIGNALS) process.prependListener(signal, onSignal);
  process.on("removeListener", onRemoval);
}

/** Signals end the program at once again. */
export function leaveSignals(): void {
  cleanUp = undefined;
  process.removeListener("removeListener", onRemoval);
  for (const signal of SIGNALS) process.removeListener(signal, onSignal);
}

function onSignal(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) > 0 || signal === justRemoved) return;
  cleanUp?.();
  // Others that are unseen, such as a recorder, get the signal too, before the program dies of it.
  process.nextTick(() => {
    leaveSignals();
    process.kill(process.pid, signal);
  });
}

/** A listener that hears once is gone when we are asked, and may have been asked before us. */
let justRemoved: NodeJS.Signals | undefined;

/** When the program's last listener for a signal goes, Node.js counts, sees none, and lets go of the signal. We take it again. */
function onRemoval(event: string | symbol, listener: unknown): void {
  const signal = SIGNALS.find((name) => name === event);
  if (signal === undefined || listener === onSignal) return;
  justRemoved = signal;
  process.nextTick(() => (justRemoved = undefined));
  process.removeListener(signal, onSignal);
  process.prependListener(signal, onSignal);
}

/** By this property other code of ours knows a listener that decides nothing. */
const UNSEEN = Symbol.for("sealtrace.unseen-listener");
for (const listener of [onSignal, onRemoval]) Object.defineProperty(listener, UNSEEN, { value: true });

type Teller<T = unknown[]> = (event: string | symbol) => T;

let shown: Teller | undefined;

/** Again when somebody has taken it away, as who did the same may when he ends. */
function hideListeners(): void {
  if (shown !== undefined && process.listeners === shown) return;
  const seen = (all: Teller): Teller => {
    return (event) => Reflect.apply(all, process, [event]).filter((listener) => !isOurs(listener));
  };
  const listeners = seen(process.listeners as Teller);
  const rawListeners = seen(process.rawListeners as Teller);
  const allNames = process.eventNames;
  const tellers = {
    listeners,
    rawListeners,
    listenerCount: (event: string | symbol, only?: unknown) =>
      listeners(event).filter((listener) => only === undefined || listener === only).length,
    eventNames: () => Reflect.apply(allNames, process, []).filter((name) => listeners(name).length > 0),
  };
  for (const [name, value] of Object.entries(tellers)) {
    Object.defineProperty(process, name, { value, configurable: true, writable: true, enumerable: false });
  }
  shown = listeners;
}

function isOurs(listener: unknown): boolean {
  return listener === onSignal || listener === onRemoval;
}
