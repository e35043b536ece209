/** The rows of `npm run bench -- files`. */
import type { Row } from "../row.ts";

export const FILE_ROWS: readonly Row[] = [
  { script: "files/write.mjs", name: "durable", what: "a durable atomic write of 4 KB, against write-file-atomic 8", goal: 1.1 }, // prettier-ignore
  { script: "files/write.mjs", name: "not durable", what: "the same without durability, against the same with fsync: false", goal: 1 }, // prettier-ignore
  { script: "files/lock.mjs", name: "lock", what: "lock and unlock, against proper-lockfile 4 (a seventh: 0.143)", goal: 1 / 7 }, // prettier-ignore
  {
    script: "files/open.mjs",
    name: "depth 1",
    what: "an open in a root at depth 1, against fs.promises.open",
    goal: 2,
  },
  { script: "files/open.mjs", name: "depth 1, blocking", what: "the same, blocking, against fs.openSync" },
  {
    script: "files/open.mjs",
    name: "depth 4",
    what: "an open in a root at depth 4, against fs.promises.open",
    goal: 5,
  },
  { script: "files/open.mjs", name: "depth 4, blocking", what: "the same, blocking, against fs.openSync" },
  { script: "files/walk.mjs", name: "list", what: "a list of 100,000 files, against fdir 6", goal: 1.1 },
  { script: "files/walk.mjs", name: "for await", what: "the same, one by one by `for await`, against fdir 6" },
];

/** Tells what was lost and torn of the lines that 16 processes append to one file. */
export const APPEND_SCRIPT = "files/append.mjs";
