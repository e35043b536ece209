/** Started with `--import register`, which rewrites `compute.mjs` alone. */
import { measure } from "../measure.mjs";
import { compute } from "./compute.mjs";

let sum = 0;

await measure({
  operations: 300_000,
  warmup: 60_000,
  operation(i) {
    sum += compute(i, 2);
  },
  finish: () => undefined,
});
if (sum === 0) throw new Error("nothing was computed");
