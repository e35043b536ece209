/** What becomes of a pickle that was put together by hand. */
import assert from "node:assert/strict";
import { deserializeFromPickle, type PickleReadingOptions } from "../../../src/serialize-utils/index.ts";
import { pickle, type Part } from "./pickles.ts";

export function load(...parts: readonly Part[]): unknown {
  return deserializeFromPickle(pickle(...parts));
}

export function refuses(
  content: readonly Part[],
  code: string,
  message: RegExp = /./,
  options: PickleReadingOptions = {},
): void {
  assert.throws(() => deserializeFromPickle(pickle(...content), options), {
    name: "SealtraceError",
    code: `SEALTRACE_${code}`,
    message,
  });
}
