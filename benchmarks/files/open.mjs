/** Opening in a root, which nothing leads out of, against opening by a path, which may lead anywhere. Closing is not measured. */
import fs from "node:fs";
import { join } from "node:path";
import { openRoot } from "../../dist/file-utils/index.js";
import { interleave } from "../interleave.mjs";

const directory = process.argv[2];
fs.mkdirSync(join(directory, "a/b/c"), { recursive: true });
const root = await openRoot(directory, { allow: ["read"] });
for (const [depth, path] of [
  [1, "file"],
  [4, "a/b/c/file"],
]) {
  const full = join(directory, path);
  fs.writeFileSync(full, "x");
  await interleave({
    name: `depth ${depth}`,
    ours: () => root.open(path, "r"),
    peer: () => fs.promises.open(full, "r"),
    operations: 200,
    tidy: (opened) => (typeof opened === "number" ? fs.closeSync(opened) : opened.close()),
  });
  await interleave({
    name: `depth ${depth}, blocking`,
    ours: () => root.openSync(path, "r"),
    peer: () => fs.openSync(full, "r"),
    operations: 200,
    tidy: (descriptor) => fs.closeSync(descriptor),
  });
}
await root.close();
