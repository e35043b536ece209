import { SealtraceError } from "../../record/index.ts";
import { constants } from "../system/calls.ts";

const { O_APPEND, O_CREAT, O_EXCL, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY } = constants;
const ACCESS = O_WRONLY | O_RDWR;

/** Not O_PATH or O_TMPFILE, which name or make things past the policy. */
const { O_SYNC = 0, O_DSYNC = 0, O_DIRECT = 0, O_DIRECTORY = 0, O_NOATIME = 0, O_NOCTTY = 0, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants as Partial<typeof constants>; // prettier-ignore
const KNOWN =
  ACCESS | O_APPEND | O_CREAT | O_EXCL | O_TRUNC | O_SYNC | O_DSYNC | O_DIRECT | O_DIRECTORY | O_NOATIME | O_NOCTTY | O_NOFOLLOW | O_NONBLOCK; // prettier-ignore

/** How a file is to be opened, as a number. Throws SEALTRACE_USAGE for anything that is more than opening a file. */
export function checkedFlags(flags: string | number): number {
  if (typeof flags === "string") return flagsOf(flags);
  if (Number.isInteger(flags) && (flags & ~KNOWN) === 0 && (flags & ACCESS) !== ACCESS) return flags;
  throw new SealtraceError(
    "SEALTRACE_USAGE",
    `A file can't be opened by the flags ${flags}: take O_RDONLY, O_WRONLY or O_RDWR, with O_APPEND, O_CREAT, O_EXCL, O_TRUNC, O_SYNC and the like.`,
  );
}

function flagsOf(flags: string): number {
  switch (flags) {
    case "r":
      return O_RDONLY;
    case "r+":
      return O_RDWR;
    case "w":
      return O_WRONLY | O_CREAT | O_TRUNC;
    case "wx":
      return O_WRONLY | O_CREAT | O_EXCL;
    case "w+":
      return O_RDWR | O_CREAT | O_TRUNC;
    case "wx+":
      return O_RDWR | O_CREAT | O_EXCL;
    case "a":
      return O_WRONLY | O_CREAT | O_APPEND;
    case "ax":
      return O_WRONLY | O_CREAT | O_APPEND | O_EXCL;
    case "a+":
      return O_RDWR | O_CREAT | O_APPEND;
    default:
      throw new SealtraceError(
        "SEALTRACE_USAGE",
        `A file can't be opened as ${JSON.stringify(flags)}: take r, r+, w, wx, w+, wx+, a, ax or a+.`,
      );
  }
}
