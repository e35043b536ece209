/**
 * Who holds a lock, for people: a file of slots beside the sidecar, each one line of JSON padded with spaces. The only holder of an exclusive lock
 * writes into slot 0, those of a shared one into any other. A slot that begins with a space is free. What stands here decides nothing:
 * whether a lock is held, the kernel says; what a killed holder left is not believed where the kernel can name the process.
 */
import { closeSync, constants, openSync, readFileSync, readlinkSync, writeSync } from "node:fs";
import { hostname } from "node:os";
import { pid } from "node:process";
import { threadId } from "node:worker_threads";
import { NO_FOLLOW } from "../content/regular-file.ts";

/** A thread that holds a lock. */
export interface LockHolder {
  readonly pid: number;
  /** As in `node:worker_threads`: 0 for the main thread. Undefined when only the kernel knows the holder. */
  readonly thread?: number | undefined;
  readonly host?: string | undefined;
  /** When it began to hold, by its clock, in ISO 8601. */
  readonly since?: string | undefined;
  /** The script that the process runs, without its arguments. */
  readonly command?: string | undefined;
}

const SLOT_BYTES = 512;
const SLOTS = 64;
const FREE = Buffer.from(" ");

/** Our slot in the file of one lock, kept open. */
export class HolderSlot {
  readonly #path: string;
  readonly #mayMake: boolean;
  #descriptor: number | undefined;
  #offset = 0;

  /** Without `mayMake` the file must be there, and really there: no link on the way leads to it. */
  constructor(path: string, mayMake: boolean) {
    this.#path = path;
    this.#mayMake = mayMake;
  }

  /** Says that we hold the lock; after the kernel gave it to us. */
  take(shared: boolean): void {
    this.#offset = shared ? SLOT_BYTES * (1 + ((pid * 7 + threadId) % (SLOTS - 1))) : 0;
    const line = `${description()}${new Date().toISOString()}"}`;
    try {
      this.#descriptor ??= this.#open();
      writeSync(this.#descriptor, `${line.padEnd(SLOT_BYTES - 1)}\n`, this.#offset, "latin1");
    } catch {
      // A full disk keeps nobody from locking: then the holder is not shown.
    }
  }

  #open(): number {
    const flags = constants.O_RDWR | NO_FOLLOW;
    if (this.#mayMake) return openSync(this.#path, flags | constants.O_CREAT, 0o600);
    const descriptor = openSync(this.#path, flags);
    if (readlinkSync(`/proc/self/fd/${descriptor}`) === this.#path) return descriptor;
    closeSync(descriptor);
    throw new Error("led elsewhere");
  }

  /** Says that we don't; before we give it back. */
  free(): void {
    if (this.#descriptor !== undefined) writeSync(this.#descriptor, FREE, 0, 1, this.#offset);
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }
}

/** Those who said that they hold the lock exclusively, or shared. May be out of date. */
export function readHolders(path: string, shared: boolean): LockHolder[] {
  let content: string;
  try {
    content = readFileSync(path, "latin1");
  } catch {
    return [];
  }
  const slots = shared ? [...Array(SLOTS).keys()].slice(1) : [0];
  return slots.flatMap((slot) => parseHolder(content.slice(slot * SLOT_BYTES, (slot + 1) * SLOT_BYTES)) ?? []);
}

/** `process 123 (worker thread 2, app.mjs), since 12:30:05` */
export function describeHolder(holder: LockHolder): string {
  const details = [
    ...(holder.thread === undefined || holder.thread === 0 ? [] : [`worker thread ${holder.thread}`]),
    ...(holder.host === undefined || holder.host === hostname() ? [] : [`on ${holder.host}`]),
    ...(holder.command === undefined || holder.command === "" ? [] : [holder.command]),
  ];
  const since = holder.since === undefined ? "" : ` since ${holder.since}`;
  return `process ${holder.pid}${details.length === 0 ? "" : ` (${details.join(", ")})`}${since}`;
}

/** This thread, as a holder since a moment. */
export function ourselves(since: string): LockHolder {
  return JSON.parse(`${description()}${since}"}`) as LockHolder;
}

function parseHolder(slot: string): LockHolder | undefined {
  if (!slot.startsWith("{")) return undefined;
  try {
    const holder = JSON.parse(slot) as Partial<Record<keyof LockHolder, unknown>>;
    return typeof holder.pid === "number" ? (holder as unknown as LockHolder) : undefined;
  } catch {
    return undefined;
  }
}

let cachedDescription: string | undefined;

/** The beginning of our line, up to the time; ASCII, and short enough for a slot. */
function description(): string {
  cachedDescription ??= [
    `{"pid":${pid},"thread":${threadId}`,
    `"host":${asciiJson(hostname(), 64)}`,
    `"command":${asciiJson(process.argv[1] ?? "", 200)}`,
    `"since":"`,
  ].join(",");
  return cachedDescription;
}

/** The end of the text, as JSON in ASCII of at most so many characters. */
function asciiJson(text: string, maxLength: number): string {
  const escape = (tail: string): string =>
    JSON.stringify(tail).replace(
      /[^ -~]/g,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
    );
  let tail = text.slice(-maxLength);
  while (escape(tail).length > maxLength + 2) tail = tail.slice(Math.ceil(tail.length / 8));
  return escape(tail);
}
