/**
 * Hearing the signals that ask a program to end, without the program noticing. Programs count listeners to decide whether they, or Node.js, end the
 * program (`signal-exit` does, and through it many packages): ours are kept out of what `process` tells about its listeners.
 */

/** SIGQUIT is not among them: it asks for a core dump. */
export const ENDING_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

export type EndingSignal = (typeof ENDING_SIGNALS)[number];

/** By this property another copy of this module knows a listener that decides nothing. */
const UNSEEN = Symbol.for("sealtrace.unseen-listener");

export function isEndingSignal(event: unknown): event is EndingSignal {
  return ENDING_SIGNALS.includes(event as EndingSignal);
}

/** Marks a listener of `process` as one that {@link hideUnseen} hides. */
export function unseen<Listener extends (...values: never[]) => unknown>(listener: Listener): Listener {
  return Object.defineProperty(listener, UNSEEN, { value: true });
}

export function isUnseen(listener: unknown): boolean {
  return typeof listener === "function" && Object.hasOwn(listener, UNSEEN);
}

/**
 * Calls `heard` for each of the signals, before the program's own listeners, and says whether the program listens itself: if so, it decides what
 * becomes of it; if not, whoever hears has to end it. Returns how to stop.
 */
export function hearSignals(heard: (signal: EndingSignal, handledByProgram: boolean) => void): () => void {
  // A listener that hears once is gone when we are asked, if it was asked before us.
  let justRemoved: EndingSignal | undefined;
  const listener = unseen((signal: EndingSignal): void => {
    heard(signal, process.listenerCount(signal) > 0 || signal === justRemoved);
  });
  // When the program's last listener for a signal goes, Node.js counts, sees none, and lets go of the signal. We take it again.
  const removed = unseen((event: string | symbol, gone: unknown): void => {
    if (!isEndingSignal(event) || isUnseen(gone)) return;
    justRemoved = event;
    process.nextTick(() => (justRemoved = undefined));
    process.removeListener(event, listener);
    process.prependListener(event, listener);
  });
  const show = hideUnseen();
  for (const signal of ENDING_SIGNALS) process.prependListener(signal, listener);
  process.on("removeListener", removed);
  return () => {
    process.removeListener("removeListener", removed);
    for (const signal of ENDING_SIGNALS) process.removeListener(signal, listener);
    show();
  };
}

type Teller<T = unknown[]> = (event: string | symbol) => T;

let hiding = 0;
let shown: Teller | undefined;

/** Keeps marked listeners out of what `process` tells. Returns how to stop; it goes on until all have. */
export function hideUnseen(): () => void {
  hiding += 1;
  // Again when somebody has taken it away.
  if (shown === undefined || process.listeners !== shown) standInFront();
  let done = false;
  return () => {
    if (done) return;
    done = true;
    hiding -= 1;
    if (hiding > 0 || process.listeners !== shown) return;
    for (const name of NAMES) Reflect.deleteProperty(process, name);
    shown = undefined;
  };
}

const NAMES = ["listeners", "rawListeners", "listenerCount", "eventNames"] as const;

function standInFront(): void {
  const seen = (all: Teller): Teller => {
    return (event) => Reflect.apply(all, process, [event]).filter((listener) => !isUnseen(listener));
  };
  const listeners = seen(process.listeners as Teller);
  const allNames = process.eventNames;
  const tellers: Record<(typeof NAMES)[number], unknown> = {
    listeners,
    rawListeners: seen(process.rawListeners as Teller),
    listenerCount: (event: string | symbol, only?: unknown) =>
      listeners(event).filter((listener) => only === undefined || listener === only).length,
    eventNames: () => Reflect.apply(allNames, process, []).filter((name) => listeners(name).length > 0),
  };
  for (const name of NAMES) {
    Object.defineProperty(process, name, {
      value: tellers[name],
      configurable: true,
      writable: true,
      enumerable: false,
    });
  }
  shown = listeners;
}
