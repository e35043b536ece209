import { SealtraceError, type SealtraceErrorCode } from "../../record/index.ts";

type Purpose = "read" | "write";

/** What the system's error means for somebody who wanted to read or write this path, and what to do about it. */
export function fileSystemError(cause: unknown, path: string, purpose: Purpose): SealtraceError {
  if (cause instanceof SealtraceError) return cause;
  const code = (cause as NodeJS.ErrnoException | null)?.code;
  const [ours, sentence] = explain(code, purpose);
  const detail = code ?? (cause instanceof Error ? cause.message : String(cause));
  return new SealtraceError(
    ours,
    `${path} could not be ${purpose === "read" ? "read" : "written"}: ${sentence} (${detail}).`,
    {
      cause,
    },
  );
}

function explain(code: string | undefined, purpose: Purpose): [SealtraceErrorCode, string] {
  switch (code) {
    case "ENOSPC":
    case "EDQUOT":
      return ["SEALTRACE_DISK_FULL", "the disk is full; free some space"];
    case "EFBIG":
      return ["SEALTRACE_DISK_FULL", "a file may not grow further; raise the limit on file sizes"];
    case "EACCES":
    case "EPERM":
      return [directoryCode(purpose), `no permission to ${purpose}; check the owner and the mode`];
    case "EROFS":
      return ["SEALTRACE_DIRECTORY_UNWRITABLE", "the file system is mounted read-only; choose another directory"];
    case "ENOENT":
      return ["SEALTRACE_FILE_MISSING", "it does not exist; check the path"];
    case "EEXIST":
    case "ENOTEMPTY":
      return ["SEALTRACE_FILE_EXISTS", "something stands there already; remove it first, or choose another name"];
    case "ELOOP":
      return ["SEALTRACE_LINK_REFUSED", "a symbolic link stands in the way; give the path that it points to"];
    case "EMFILE":
    case "ENFILE":
      return ["SEALTRACE_FILE_SYSTEM", "too many files are open; close some, or raise the limit (ulimit -n)"];
    case "ENOTDIR":
    case "EISDIR":
      return [
        directoryCode(purpose),
        "a file stands where a directory should be, or the other way round; check the path",
      ];
    default:
      return ["SEALTRACE_FILE_SYSTEM", "the system refused"];
  }
}

function directoryCode(purpose: Purpose): SealtraceErrorCode {
  return purpose === "read" ? "SEALTRACE_DIRECTORY_UNREADABLE" : "SEALTRACE_DIRECTORY_UNWRITABLE";
}

export function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException | null)?.code === "ENOENT";
}

/** Says which file an error is about. */
export function about(path: string, error: unknown): unknown {
  if (!(error instanceof SealtraceError)) return error;
  return new SealtraceError(error.code, `${path}: ${error.message}`, { cause: error, stage: error.stage });
}
