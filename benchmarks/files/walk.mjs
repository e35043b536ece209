/** 100,000 files in 1,000 directories, below 110 others. Ours are entries with kind and depth, directories too; the peer's are the paths of files. */
import fs from "node:fs";
import { join } from "node:path";
import { fdir } from "fdir";
import { listTree, walk } from "../../dist/file-utils/index.js";
import { interleave } from "../interleave.mjs";

const FILES = 100_000;
const DIRECTORIES = 1_110;
const directory = process.argv[2];
for (let i = 0; i < 1_000; i += 1) {
  const inner = join(directory, `d${i % 10}`, `e${((i / 10) % 10) | 0}`, `f${(i / 100) | 0}`);
  fs.mkdirSync(inner, { recursive: true });
  for (let k = 0; k < 100; k += 1) fs.closeSync(fs.openSync(join(inner, `file-${k}.txt`), "w"));
}
const peer = async () => expect(await new fdir().withFullPaths().crawl(directory).withPromise(), FILES);
const common = { peer, operations: 1, batches: 5, warmup: 1 };
await interleave({
  name: "list",
  ours: async () => expect(await listTree(directory), FILES + DIRECTORIES),
  ...common,
});
await interleave({
  name: "for await",
  ours: async () => {
    const entries = [];
    for await (const entry of walk(directory)) entries.push(entry);
    expect(entries, FILES + DIRECTORIES);
  },
  ...common,
});

function expect({ length }, expected) {
  if (length !== expected) throw new Error(`${length} of ${expected} found`);
}
