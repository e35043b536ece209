/** 100,000 files in 1,000 directories. */
import fs from "node:fs";
import { join } from "node:path";
import { fdir } from "fdir";
import { listTree, walk } from "../../dist/file-utils/index.js";
import { interleave } from "./interleave.mjs";

const directory = process.argv[2];
for (let i = 0; i < 1_000; i += 1) {
  const inner = join(directory, `d${i % 10}`, `e${((i / 10) % 10) | 0}`, `f${(i / 100) | 0}`);
  fs.mkdirSync(inner, { recursive: true });
  for (let k = 0; k < 100; k += 1) fs.closeSync(fs.openSync(join(inner, `file-${k}.txt`), "w"));
}
const peer = async () => expect(await new fdir().withFullPaths().crawl(directory).withPromise());
const common = { peer, operations: 1, batches: 5, warmup: 1 };
await interleave({
  name: "list",
  ours: async () => expect((await listTree(directory)).filter(({ kind }) => kind === "file")),
  ...common,
});
await interleave({
  name: "for await",
  ours: async () => {
    const files = [];
    for await (const entry of walk(directory)) if (entry.kind === "file") files.push(entry);
    expect(files);
  },
  ...common,
});

function expect({ length }) {
  if (length !== 100_000) throw new Error(`${length} files found`);
}
