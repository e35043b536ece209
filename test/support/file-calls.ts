/** Standing in front of Node's file system, in this process: the callback functions, which everything that returns a promise goes through. */
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

const NAMES = ["open", "close", "read", "write", "fsync", "fstat", "stat", "lstat", "rename", "link", "unlink", "symlink", "readlink", "mkdir", "rmdir",
  "readdir", "ftruncate", "fchmod", "fchown", "futimes", "lutimes"] as const; // prettier-ignore

export type CallName = (typeof NAMES)[number];

/** Goes on with the call, with these arguments in the place of its own if any are given. */
export type GoOn = (args?: readonly unknown[]) => void;

export interface FileCall {
  readonly name: CallName;
  /** Without the callback. */
  readonly args: readonly unknown[];
  readonly callback: (error: unknown, value?: unknown) => void;
}

/** Until `end` is called, `observe` decides what becomes of each call: it goes on, answers by the callback, or leaves it unanswered. */
export function standInFront(observe: (call: FileCall, goOn: GoOn) => void): () => void {
  const module = fs as unknown as Record<string, (...args: unknown[]) => void>;
  const originals = new Map(NAMES.map((name) => [name, module[name] as (...args: unknown[]) => void]));
  for (const [name, original] of originals) {
    module[name] = (...values) => {
      const callback = values.at(-1) as FileCall["callback"];
      const args = values.slice(0, -1);
      observe({ name, args, callback }, (others = args) => {
        Reflect.apply(original, fs, [...others, callback]);
      });
    };
  }
  syncBuiltinESMExports();
  return () => {
    for (const [name, original] of originals) module[name] = original;
    syncBuiltinESMExports();
  };
}

const CHANGING: ReadonlySet<string> = new Set(["write", "fsync", "rename", "link", "unlink", "symlink", "mkdir", "rmdir", "ftruncate", "fchmod", "futimes", "lutimes"]); // prettier-ignore

/**
 * Runs some work that dies at the n-th call that changes the disk: that call and all that would follow never happen, as when the process is killed.
 * A write is done by half. True when it lived to the end.
 */
export async function dyingAt(n: number, work: () => Promise<unknown>): Promise<boolean> {
  let calls = 0;
  let die: (lived: boolean) => void = () => {};
  const death = new Promise<boolean>((resolve) => (die = resolve));
  const end = standInFront(({ name, args }, goOn) => {
    if (CHANGING.has(name) || (name === "open" && (Number(args[1]) & fs.constants.O_CREAT) !== 0)) calls += 1;
    if (calls < n) goOn();
    else {
      if (name === "write") fs.writeSync(args[0] as number, args[1] as Uint8Array, 0, Math.floor(Number(args[3]) / 2), args[4] as number); // prettier-ignore
      calls = Infinity;
      die(false);
    }
  });
  try {
    return await Promise.race([death, work().then(() => true)]);
  } finally {
    end();
  }
}
