import * as fs from "node:fs";
import { SealtraceError } from "../../record/index.ts";
import { fileSystemError } from "../system/errors.ts";
import { nameOfBytes, systemName } from "../system/raw-name.ts";
import { runAsync } from "../system/steps.ts";
import { exactLstat, exactStatOf } from "../system/calls.ts";

/** Something that ends. */
export interface Listener {
  close(): void;
}

/**
 * Tells that something may have happened in a directory, perhaps to this name. These are hints: the system repeats, merges and, under load, loses
 * them; what has really happened is found by comparing.
 */
export function listen(
  directory: string,
  shownPath: string,
  persistent: boolean,
  onHint: (name: string | undefined) => void,
  onError: (error: unknown) => void,
): Listener {
  try {
    const watcher = fs.watch(systemName(directory), { persistent, encoding: "buffer" }, (_event, name) => {
      onHint(name === null ? undefined : nameOfBytes(name));
    });
    watcher.on("error", (error) => {
      onError(watchError(error, shownPath));
    });
    return watcher;
  } catch (error) {
    throw watchError(error, shownPath);
  }
}

function watchError(cause: unknown, path: string): SealtraceError {
  const { code } = cause as NodeJS.ErrnoException;
  if (code !== "ENOSPC" && code !== "EMFILE") return fileSystemError(cause, path, "read");
  return new SealtraceError(
    "SEALTRACE_FILE_SYSTEM",
    `${path} can't be watched: the system watches as many directories as it may (${code}). Watch fewer, or raise its limits (on Linux fs.inotify.max_user_watches and max_user_instances).`,
    { cause },
  );
}

/** What something is like, to be compared: different after every change, and undefined when nothing is there. */
export async function lookAt(path: string, follow = false): Promise<string | undefined> {
  try {
    const status = await runAsync(follow ? exactStatOf(path) : exactLstat(path));
    // What is in a directory changes its times, and is told by itself.
    if (status.isDirectory()) return `${DIRECTORY}${status.dev}:${status.ino}`;
    return `${status.mode}:${status.dev}:${status.ino}:${status.size}:${status.mtimeNs}:${status.ctimeNs}`;
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (["ENOENT", "ENOTDIR", "ELOOP"].includes(code)) return undefined;
    throw fileSystemError(error, path, "read");
  }
}

const DIRECTORY = "directory:";

export function isDirectoryState(state: string | undefined): boolean {
  return state?.startsWith(DIRECTORY) === true;
}
