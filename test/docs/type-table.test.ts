import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { it } from "node:test";
import { DOCUMENT_FILE, documentText } from "../../scripts/generate-type-table.ts";

it("the table of which type survives in which format is what comes of trying", () => {
  const document = readFileSync(DOCUMENT_FILE, "utf8");
  assert.equal(document, documentText(document), "node scripts/generate-type-table.ts makes it anew");
});
