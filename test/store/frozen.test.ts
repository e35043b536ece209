/** Streams written by earlier versions stay readable. */
import assert from "node:assert/strict";
import { it } from "node:test";
import { fileURLToPath } from "node:url";
import { listStreams, readRecords, readTraceChunks, verifyStream } from "../../src/store/index.ts";

it("a stream of format 1 is read and verified", () => {
  const [stream] = listStreams(fileURLToPath(new URL("../../testdata/format-1", import.meta.url)));
  const { directory } = stream as { directory: string };
  const { problems, records, signedSize, root, trace } = verifyStream(directory);
  assert.deepEqual([problems, records, signedSize, trace.chunks, trace.events], [[], 70, 70, 3, 120]);
  assert.equal(root, "nv8eapp3u1yPwS/AUYYgrAW1stlnVWX+9Xd86XFG+uM=");
  assert.equal([...readRecords(directory)].length, 70);
  const chunks = [...readTraceChunks(directory)];
  assert.ok(chunks.every((chunk) => !("error" in chunk) && chunk.functions.get(1)?.name === "outer"));
});
