/** 4 KB that replace a file: the old content or the new, and, if durable, on the disk. The peer does not bring the directory to the disk. */
import { join } from "node:path";
import writeFileAtomic from "write-file-atomic";
import { writeFile } from "../../dist/file-utils/index.js";
import { interleave } from "../interleave.mjs";

const content = Buffer.alloc(4096, "x");
const [own, theirs] = ["own", "theirs"].map((name) => join(process.argv[2], name));
for (const durable of [true, false]) {
  await interleave({
    name: durable ? "durable" : "not durable",
    ours: () => writeFile(own, content, { durable }),
    peer: () => writeFileAtomic(theirs, content, { fsync: durable }),
    operations: durable ? 40 : 200,
  });
}
