/** Started with `--import register`, which rewrites `compute.mjs` and `round.mjs` alone. */
import { measure } from "../measure.mjs";
import { CALLS_PER_ROUND } from "./compute.mjs";
import { round } from "./round.mjs";

await measure({
  operations: 4_000,
  warmup: 1_000,
  batch: 20,
  scale: CALLS_PER_ROUND,
  operation: round,
  finish: () => undefined,
});
