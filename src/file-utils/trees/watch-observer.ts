import { SealtraceError } from "../../record/index.ts";
import { lookAt } from "./watch-events.ts";
import type { ChangeQueue } from "./watch-queue.ts";

/** Whoever knows what was, and finds what is different. */
export interface Observer {
  /** Looks at how things are; changes after that are found. */
  start(): Promise<void>;
  /** Puts what is different into the queue. Not before `start` is done, and one call at a time. */
  compare(): Promise<void>;
  stop(): void;
}

/** What an observer works with. */
export interface Situation {
  readonly queue: ChangeQueue;
  readonly persistent: boolean;
  readonly recursive: boolean;
  /** Entries that may be watched. */
  readonly maxEntries: number;
  readonly onNoise: () => void;
  readonly onError: (error: unknown) => void;
}

/** Throws when another directory stands where one was watched, or none: its changes would not be seen. */
export async function demandSame(directory: string, before: string | undefined, path: string): Promise<void> {
  if ((await lookAt(directory, true)) === before) return;
  throw new SealtraceError(
    "SEALTRACE_FILE_MISSING",
    `The directory that was watched for ${path} is gone, or another stands in its place. Watch again when it is there.`,
  );
}
