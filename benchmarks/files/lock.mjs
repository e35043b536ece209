import { writeFileSync } from "node:fs";
import { join } from "node:path";
import lockfile from "proper-lockfile";
import { withLock } from "../../dist/file-utils/index.js";
import { interleave } from "../interleave.mjs";

const path = join(process.argv[2], "file");
writeFileSync(path, "");
await interleave({
  name: "lock",
  ours: () => withLock(path, () => undefined),
  peer: async () => {
    const release = await lockfile.lock(path);
    await release();
  },
  operations: 200,
});
