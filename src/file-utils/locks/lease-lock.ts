/**
 * A lock for where the kernel can't lock: numbered files in a directory, each made exclusively, the highest of which is the holder's. Its number is
 * the fencing token: what is protected can refuse a smaller one than it has seen.
 *
 *     settings.yaml.lock.lease/0000000000000007     {"pid":4711,...,"beat":12,"lease":10000,"released":false}
 *
 * The holder renews its file. Who waits takes over (makes the next number; one wins) when the holder has given back, or when it has itself seen no
 * change for the length of the lease, by its own clock: clocks of two machines are never compared. A holder that was stopped for longer
 * has lost the lock without knowing; so it is told by `loss` and by the signal, and can be shut out by its token.
 */
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { fileSystemError } from "../system/errors.ts";
import { makeLocksDirectory } from "./directory.ts";
import { ourselves, type LockHolder } from "./holders.ts";
import type { Mechanism } from "./lock-mechanism.ts";
import type { LockPlace } from "./lock-place.ts";
import { monotonicNow } from "./ticket-content.ts";

/** How long a holder may be silent before another takes over, in milliseconds. */
export const LEASE_MS = 10_000;
const RENEWALS_PER_LEASE = 5;
const TOKEN_DIGITS = 16;
/** A listing of the directory may be out of date: whoever acts on one finds its number taken. */
const KEPT_TOKENS = 8;
const CONTENT_BYTES = 1_024;

/** The newest lease of a lock. */
export interface Lease {
  readonly token: number;
  readonly holder: LockHolder | undefined;
  readonly released: boolean;
  /** How long its holder may be silent, in milliseconds; 0 when it did not say. */
  readonly lease: number;
  /** Changes while the holder is alive. */
  readonly content: string;
}

interface Held {
  readonly token: number;
  readonly since: string;
  readonly timer: NodeJS.Timeout;
  readonly lost: AbortController;
  beat: number;
  /** By the monotonic clock. */
  renewedAt: number;
}

export class LeaseMechanism implements Mechanism {
  readonly pause = { from: 10, to: 100 } as const;
  readonly #place: LockPlace;
  readonly #lease: number;
  #seen: { readonly content: string; readonly token: number; readonly since: number } | undefined;
  #held: Held | undefined;

  constructor(place: LockPlace, lease: number = LEASE_MS) {
    this.#place = place;
    this.#lease = lease;
  }

  get token(): number | undefined {
    return this.#held?.token;
  }

  get signal(): AbortSignal | undefined {
    return this.#held?.lost.signal;
  }

  /** A lease can't be shared: who asks for that gets it alone. */
  attempt(): boolean {
    try {
      const newest = newestLease(this.#place);
      if (newest !== undefined && !this.#isOver(newest)) return false;
      return this.#take((newest?.token ?? 0) + 1);
    } catch (error) {
      throw fileSystemError(error, this.#place.lease, "write");
    }
  }

  release(): void {
    const held = this.#held;
    this.#stop();
    if (held === undefined) return;
    try {
      this.#write(held, true);
    } catch {
      // Then the next one waits until the lease is over.
    }
  }

  loss(): string | undefined {
    const held = this.#held;
    if (held === undefined) return "it was taken over by another holder";
    const loss = this.#renew(held);
    if (loss !== undefined) {
      held.lost.abort(new Error(`The lock on ${this.#place.sidecar} was lost: ${loss}.`));
      clearInterval(held.timer);
    }
    return loss;
  }

  close(): void {
    this.#stop();
  }

  #stop(): void {
    clearInterval(this.#held?.timer);
    this.#held = undefined;
  }

  /** Given back, or silent for as long as we watched it. */
  #isOver({ token, released, lease, content }: Lease): boolean {
    if (released) return true;
    const now = monotonicNow();
    if (this.#seen?.token !== token || this.#seen.content !== content) this.#seen = { token, content, since: now };
    return now - this.#seen.since > (lease > 0 ? lease : this.#lease);
  }

  #take(token: number): boolean {
    makeLocksDirectory(this.#place);
    mkdirSync(this.#place.lease, { recursive: true, mode: 0o700 });
    const since = new Date().toISOString();
    const timer = setInterval(() => this.loss(), this.#lease / RENEWALS_PER_LEASE).unref();
    const held = { token, since, timer, lost: new AbortController(), beat: 0, renewedAt: monotonicNow() };
    if (!this.#make(held)) {
      clearInterval(timer);
      return false;
    }
    this.#held = held;
    this.#removeOld(token);
    return true;
  }

  /** False when another was faster, or a listing was out of date. */
  #make(held: Held): boolean {
    const path = this.#path(held.token);
    try {
      const descriptor = openSync(path, "wx", 0o600);
      writeSync(descriptor, this.#content(held, false));
      closeSync(descriptor);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
      throw error;
    }
    if (tokens(this.#place).at(-1) === held.token) return true;
    unlinkSync(path);
    return false;
  }

  /** Undefined when it is ours still, and renewed. */
  #renew(held: Held): string | undefined {
    try {
      const newest = tokens(this.#place).at(-1);
      if (newest === undefined || newest < held.token) return `its file in ${this.#place.lease} was deleted`;
      if (newest > held.token) return `another holder has token ${newest}, after ours, ${held.token}`;
      held.beat++;
      this.#write(held, false);
      held.renewedAt = monotonicNow();
      return undefined;
    } catch (error) {
      if (monotonicNow() - held.renewedAt < this.#lease) return undefined;
      return `its lease could not be renewed (${error instanceof Error ? error.message : String(error)})`;
    }
  }

  /** Opened anew each time, for only then do network file systems show it to others. A file that is gone is not made again. */
  #write(held: Held, released: boolean): void {
    writeFileSync(this.#path(held.token), this.#content(held, released), { flag: "r+" });
  }

  #content({ since, beat }: Held, released: boolean): string {
    return JSON.stringify({ ...ourselves(since), beat, lease: this.#lease, released }).padEnd(CONTENT_BYTES);
  }

  #removeOld(token: number): void {
    for (const old of tokens(this.#place)) {
      if (old > token - KEPT_TOKENS) return;
      try {
        unlinkSync(this.#path(old));
      } catch {
        // Another did it.
      }
    }
  }

  #path(token: number): string {
    return join(this.#place.lease, String(token).padStart(TOKEN_DIGITS, "0"));
  }
}

/** Undefined when there never was one. */
export function newestLease(place: LockPlace): Lease | undefined {
  const token = tokens(place).at(-1);
  if (token === undefined) return undefined;
  const content = readFileSync(join(place.lease, String(token).padStart(TOKEN_DIGITS, "0")), "utf8");
  try {
    const { pid, thread, host, since, command, ...more } = JSON.parse(content) as LockHolder & Record<string, unknown>;
    const { lease, released } = more;
    const holder = { pid, thread, host, since, command };
    return { token, content, holder, released: released === true, lease: typeof lease === "number" ? lease : 0 };
  } catch {
    // Just being made, or its holder died over it.
    return { token, content, holder: undefined, released: false, lease: 0 };
  }
}

/** Smallest first. */
function tokens({ lease }: LockPlace): number[] {
  try {
    return readdirSync(lease)
      .map(Number)
      .filter(Number.isSafeInteger)
      .sort((one, other) => one - other);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
