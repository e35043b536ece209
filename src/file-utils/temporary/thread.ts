/** What this thread has of temporaries: a home in each storage once it needs one, removed when the thread ends. */
import type { Steps } from "../system/steps.ts";
import { groundsFor, privateBase, type Storage } from "./base.ts";
import { makeHome, sweep, type Home } from "./home.ts";
import { leaveSignals, watchSignals } from "./signals.ts";

export interface Lodging {
  readonly home: Home;
  /** Where it really is. */
  readonly storage: Storage;
}

const lodgings = new Map<string, Lodging>();

/** The home in this storage, or on the disk where it can't be had. The first call sweeps. Throws a SealtraceError when there is no place at all. */
export function* lodgingIn(storage: Storage): Steps<Lodging> {
  // A program may give up its rights, and then can't use what it made before.
  const key = `${storage} ${process.geteuid?.() ?? ""}`;
  const known = lodgings.get(key);
  if (known !== undefined) return known;
  const [base, actual] = baseIn(storage);
  yield* sweep(base);
  // While we swept, another call may have come here.
  return lodgings.get(key) ?? settle(key, { home: makeHome(base), storage: actual });
}

function baseIn(storage: Storage): [base: string, actual: Storage] {
  let refusal: unknown;
  for (const ground of groundsFor(storage)) {
    try {
      return [privateBase(ground.shared), ground.storage];
    } catch (error) {
      refusal = error;
    }
  }
  throw refusal;
}

function settle(key: string, lodging: Lodging): Lodging {
  if (!listening) process.on("exit", removeAll);
  listening = true;
  lodgings.set(key, lodging);
  return lodging;
}

let listening = false;

/** Somebody has removed it, such as a system that clears out what is old. The next temporary gets a new one. */
export function leaveLodging(lodging: Lodging): void {
  for (const [key, candidate] of lodgings) if (candidate === lodging) lodgings.delete(key);
  lodging.home.remove();
}

function removeAll(): void {
  for (const { home } of lodgings.values()) home.remove();
  lodgings.clear();
}

let awaiting = 0;

/** One more temporary that is to be removed before a signal ends the program. */
export function expectSignals(): void {
  awaiting += 1;
  if (awaiting === 1) watchSignals(removeAll);
}

/** One less. */
export function expectSignalsNoMore(): void {
  awaiting -= 1;
  if (awaiting === 0) leaveSignals();
}
