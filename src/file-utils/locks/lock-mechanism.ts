/** What holds a lock for a thread: the kernel (`lock-connection.ts`) or, where it can't, a lease (`lease-lock.ts`). */
export interface Mechanism {
  /** Takes the lock if it is free; does not wait. */
  attempt(shared: boolean): boolean;
  release(): void;
  /** Why the lock that we took is no longer ours; undefined while it is. */
  loss(): string | undefined;
  /** Leaves nothing open. */
  close(): void;
  /** Between two attempts of who is next, in milliseconds: at first, and later. */
  readonly pause: { readonly from: number; readonly to: number };
  /** Of what is held; only a lease has one. */
  readonly token?: number | undefined;
  /** Aborted when what is held was lost. */
  readonly signal?: AbortSignal | undefined;
}

/** The file system does not lock: something else must be found. */
export class KernelCannotLock extends Error {}
