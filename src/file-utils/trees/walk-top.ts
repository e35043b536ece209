import { resolve } from "node:path";
import { SealtraceError } from "../../record/index.ts";
import { kindOf } from "../system/directory-entries.ts";
import { fileSystemError } from "../system/errors.ts";
import { checkPath } from "../system/place.ts";
import type { Steps } from "../system/steps.ts";
import { lstat } from "../system/calls.ts";
import type { Entry, WalkOptions } from "./walk-entry.ts";

/** The directory that is walked: what people are told. */
export interface NamedTop {
  readonly path: string;
}

export interface WalkTop extends NamedTop {
  /** What the system is told: absolute, so that changing the working directory changes nothing. */
  readonly system: string;
}

export function walkTop(directory: string): WalkTop {
  checkPath(directory);
  return { system: resolve(directory), path: directory.replace(/(?<=[^:/\\])[/\\]+$/, "") };
}

/** The directory itself, as it stands among the directories that are still to be read. */
export const TOP: Entry = { path: "", name: "", kind: "directory", depth: 0 };

export function pathUnder(directory: string, path: string): string {
  if (path === "") return directory;
  return directory.endsWith("/") || directory.endsWith("\\") ? directory + path : `${directory}/${path}`;
}

/** Throws when it is no directory. A symbolic link to one is none. */
export function* checkTop(top: WalkTop): Steps<void> {
  try {
    const kind = kindOf(yield* lstat(top.system));
    if (kind !== "directory") throw Object.assign(new Error(kind), { code: kind === "link" ? "ELOOP" : "ENOTDIR" });
  } catch (error) {
    throw fileSystemError(error, top.path, "read");
  }
}

/** Throws, unless the walk is to go on: a directory that has vanished since it was seen is none any more. */
export function reportUnreadable(cause: unknown, top: NamedTop, path: string, options: WalkOptions): void {
  if (path !== "" && isGone(cause)) return;
  const error = unreadable(cause, pathUnder(top.path, path));
  if (options.onUnreadable === undefined) throw error;
  options.onUnreadable(error, path);
}

function isGone(cause: unknown): boolean {
  return ["ENOENT", "ENOTDIR", "ELOOP"].includes(codeOf(cause) ?? "");
}

function unreadable(cause: unknown, path: string): SealtraceError {
  if (codeOf(cause) !== "ENAMETOOLONG") return fileSystemError(cause, path, "read");
  return new SealtraceError(
    "SEALTRACE_FILE_SYSTEM",
    `${path.slice(0, 100)}... lies deeper than this system's paths reach. Walk from a directory further down, or give maxDepth.`,
    { cause },
  );
}

/** The system's code, also of an error that has been explained. */
function codeOf(error: unknown): string | undefined {
  const { code } = ((error instanceof SealtraceError ? error.cause : error) ?? {}) as NodeJS.ErrnoException;
  return code;
}
