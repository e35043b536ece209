/** What a ticket (see `lock-tickets.ts`) says, and whether it is still true. */
import { existsSync, readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/** After so long without renewal, whoever waits is taken for dead, stopped or blocked. */
export const STALE_MS = 2_000;

/** One who waits for a lock and holds others. */
export interface BlockedWaiter {
  readonly id: string;
  /** When it began to wait. */
  readonly since: number;
  readonly pid: number;
  /** The lock that it waits for, and those that it holds: sidecars. */
  readonly waits: string;
  readonly holds: readonly string[];
}

/** What a ticket says. */
export interface TicketContent {
  /** By which clock `beat` is: see `whoWeAre`. */
  readonly clock: string;
  readonly beat: number;
  readonly pid: number;
  /** Where `pid` means something; "" where we can't say. */
  readonly pidSpace: string;
  readonly waiters: readonly BlockedWaiter[];
}

/** Milliseconds since the system was started, in all its processes. */
export function monotonicNow(): number {
  return Number(process.hrtime.bigint() / 1_000n) / 1_000;
}

/** Undefined when it is gone, is just being written, or is no ticket. */
export function readTicket(path: string): TicketContent | undefined {
  try {
    const content = JSON.parse(readFileSync(path, "utf8")) as TicketContent;
    return typeof content.beat === "number" && content.waiters.every(isWaiter) ? content : undefined;
  } catch {
    return undefined;
  }
}

function isWaiter({ id, since, pid, waits, holds }: BlockedWaiter): boolean {
  const isRight = [typeof id, typeof since, typeof pid, typeof waits].join() === "string,number,number,string";
  return isRight && holds.every((sidecar) => typeof sidecar === "string");
}

/** Else its times mean nothing to us. */
export function isOfOurClock({ clock }: TicketContent): boolean {
  return clock === whoWeAre().clock;
}

type Identity = Pick<TicketContent, "clock" | "pid" | "pidSpace">;
let identity: Identity | undefined;

/** The clock is the same for all who see the same: on Linux for all containers of a kernel, until it is started anew. */
export function whoWeAre(): Identity {
  identity ??= {
    clock: fromProc(() => readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim()) ?? hostname(),
    pid: process.pid,
    pidSpace: fromProc(() => readlinkSync("/proc/self/ns/pid")) ?? "",
  };
  return identity;
}

function fromProc(read: () => string): string | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** Whoever was killed need not be waited for, where that can be seen. */
export function isRenewed({ beat, pid, pidSpace }: TicketContent): boolean {
  return isFresh(beat) && (pidSpace === "" || pidSpace !== whoWeAre().pidSpace || existsSync(`/proc/${pid}`));
}

/** Also false for a time to come: then the system was started anew. */
export function isFresh(beat: number): boolean {
  const age = monotonicNow() - beat;
  return age >= -STALE_MS && age < STALE_MS;
}
