import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { it } from "node:test";
import { ERROR_CODES } from "../../src/record/index.ts";

it("docs/errors.md explains every error code, and no other", () => {
  const table = readFileSync(new URL("../../docs/errors.md", import.meta.url), "utf8");
  const explained = [...table.matchAll(/^\| `(SEALTRACE_\w+)` \| [^|]+\. \| [^|]+\. \|$/gm)].map((row) => row[1]);
  assert.deepEqual(explained, [...ERROR_CODES]);
});
