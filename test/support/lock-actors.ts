/** Processes and threads that take locks as a test tells them. */
import { fork, type ChildProcess } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { after } from "node:test";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { listLocks, type LeaseOptions, type LockOptions, type SyncLockOptions } from "../../src/file-utils/index.ts";

export type Order = { readonly id: string } & (
  | {
      readonly do: "hold";
      readonly path: string;
      readonly options?: LockOptions | LeaseOptions;
      /** The id of a lock in whose action this one is taken. */
      readonly within?: string | undefined;
    }
  | {
      readonly do: "hold-sync";
      readonly path: string;
      readonly milliseconds: number;
      readonly options?: SyncLockOptions;
    }
  | { readonly do: "release" | "check"; readonly holding: string }
  | { readonly do: "block"; readonly milliseconds: number }
  /** Takes the lock again and again, until it is killed, and writes into the file, which must be there, how often it had it. */
  | { readonly do: "greedy"; readonly path: string }
);

/** What came of an order. */
export interface Report {
  readonly id: string;
  readonly held: boolean;
  readonly token?: number | undefined;
  readonly code?: string;
  readonly message?: string;
}

const SCRIPT = fileURLToPath(new URL("../fixtures/file-utils/lock-actor.ts", import.meta.url));

let lastId = 0;

type Without<T, K extends string> = T extends unknown ? Omit<T, K> : never;

export class Actor {
  readonly child: ChildProcess | undefined;
  readonly worker: Worker | undefined;
  readonly #reports: EventEmitter = new EventEmitter().setMaxListeners(0);
  readonly #said = new Map<string, Report>();

  private constructor(execArgv: readonly string[] | undefined) {
    const heard = (report: Report): void => {
      this.#said.set(report.id, report);
      this.#reports.emit(report.id, report);
    };
    if (execArgv === undefined) this.worker = new Worker(SCRIPT).on("message", heard);
    else this.child = fork(SCRIPT, { execArgv: [...execArgv] }).on("message", heard);
    running.add(this);
  }

  static async process(...execArgv: string[]): Promise<Actor> {
    const actor = new Actor(execArgv);
    await actor.said("ready");
    return actor;
  }

  static async thread(): Promise<Actor> {
    const actor = new Actor(undefined);
    await actor.said("ready");
    return actor;
  }

  get pid(): number {
    return this.child?.pid ?? process.pid;
  }

  /** Its answer to an order; also one that was given already. */
  async said(id: string): Promise<Report> {
    const said = this.#said.get(id);
    if (said !== undefined) return said;
    const [report] = (await once(this.#reports, id)) as [Report];
    return report;
  }

  order(order: Without<Order, "id">): { readonly id: string; readonly answer: Promise<Report> } {
    const id = `order-${++lastId}`;
    const message = { ...order, id } as Order;
    if (this.child === undefined) this.worker?.postMessage(message);
    else this.child.send(message);
    return { id, answer: this.said(id) };
  }

  /** Takes a lock; resolves to the id of it. Rejects with what it said instead. */
  async hold(path: string, options: LockOptions | LeaseOptions = {}, within?: string): Promise<string> {
    const { id, answer } = this.order({ do: "hold", path, options, within });
    const report = await answer;
    if (!report.held) throw Object.assign(new Error(report.message), { code: report.code });
    return id;
  }

  async release(holding: string): Promise<void> {
    await this.order({ do: "release", holding }).answer;
  }

  signal(name: NodeJS.Signals): void {
    this.child?.kill(name);
  }

  /** Ends it at once, whatever it does, and resolves when it is gone. */
  async kill(): Promise<void> {
    running.delete(this);
    if (this.worker !== undefined) {
      await this.worker.terminate();
      return;
    }
    const child = this.child as ChildProcess;
    const closed = once(child, "exit");
    child.kill("SIGKILL");
    if (child.exitCode === null && child.signalCode === null) await closed;
  }
}

const running = new Set<Actor>();

after(async () => {
  await Promise.all([...running].map((actor) => actor.kill()));
});

/** Resolves when so many threads wait for a lock on a file of this directory. */
export async function untilWaiting(directory: string, threads: number): Promise<void> {
  for (;;) {
    const waiting = listLocks(directory).reduce((sum, { waiters }) => sum + waiters, 0);
    if (waiting === threads) return;
    await setTimeout(5);
  }
}

/** The code of the error that an action rejects with. */
export async function codeOf(action: Promise<unknown>): Promise<string | undefined> {
  try {
    await action;
    return undefined;
  } catch (error) {
    return (error as { readonly code?: string }).code;
  }
}
