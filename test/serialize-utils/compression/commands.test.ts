/** What the commands of these formats write is read, and what is written they read. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, it } from "node:test";
import {
  compress,
  compressStream,
  decompress,
  decompressStream,
  type CompressionName,
} from "../../../src/serialize-utils/index.ts";
import { gathered, inPieces, textOf } from "./pieces.ts";

const COMMANDS: readonly (readonly [CompressionName, string, readonly string[]])[] = [
  ["zstd", "zstd", ["-1", "-19", "--fast=3", "--no-check", "--long=27", "--ultra"]],
  ["gzip", "gzip", ["-1", "-9"]],
];

for (const [name, command, options] of COMMANDS) {
  const skip = spawnSync(command, ["--version"]).status !== 0 && `there is no command ${command} here`;
  const content = textOf(20_000);
  const run = (
    args: readonly string[],
    input: Uint8Array,
  ): { readonly status: number | null; readonly stdout: Buffer } =>
    spawnSync(command, [...args, "-c"], { input, maxBuffer: 1 << 30 });

  describe(`the command ${command}`, { skip }, () => {
    it("reads what is written", async () => {
      const streamed = await gathered(compressStream(inPieces(content, 100_000), name));
      for (const written of [compress(content, name), compress(Buffer.alloc(0), name), streamed]) {
        const { status, stdout } = run(["-d"], written);
        assert.equal(status, 0);
        assert.deepEqual(stdout, decompress(written, name));
      }
      const two = Buffer.concat([compress(content, name), compress(content, name)]);
      assert.deepEqual(run(["-d"], two).stdout, decompress(two, name));
    });

    it("writes what is read", async () => {
      for (const option of options) {
        const { status, stdout } = run([option], content);
        assert.equal(status, 0, option);
        assert.deepEqual(decompress(stdout, name), content, option);
        assert.deepEqual(await gathered(decompressStream(inPieces(stdout, 9_999), name)), content, option);
      }
      assert.deepEqual(decompress(run([], Buffer.alloc(0)).stdout, name), Buffer.alloc(0));
    });
  });
}
