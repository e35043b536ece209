import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  compress,
  decode,
  decompress,
  deserializeFromCbor,
  deserializeFromJson,
  deserializeFromMessagePack,
  deserializeFromPickle,
  deserializeFromProtobuf,
  deserializeFromYaml,
  parseAgeIdentities,
  parseAgeRecipients,
  parseMinisignPublicKey,
  salvage,
  scanPickle,
  verifyDsse,
} from "../../src/serialize-utils/index.ts";

type Reader = (content: never) => unknown;

const OF_TEXT: Readonly<Record<string, Reader>> = {
  deserializeFromJson,
  deserializeFromYaml,
  parseAgeIdentities,
  parseAgeRecipients,
  parseMinisignPublicKey,
  verifyDsse: (content) => verifyDsse(content, { keys: [], payloadType: "text/plain" }),
};

const OF_BYTES: Readonly<Record<string, Reader>> = {
  deserializeFromMessagePack,
  deserializeFromCbor,
  deserializeFromProtobuf,
  deserializeFromPickle,
  scanPickle,
  decode,
  salvage,
  compress: (content) => compress(content, "zstd"),
  decompress: (content) => decompress(content, "zstd"),
};

const NEITHER = [undefined, null, 5, 5n, true, Symbol("s"), {}, [], () => 1, new Date(0), new DataView(new ArrayBuffer(1)), new Uint16Array(1), new ArrayBuffer(1)]; // prettier-ignore

describe("what is no content", () => {
  for (const [name, read] of Object.entries({ ...OF_TEXT, ...OF_BYTES })) {
    it(`is refused by ${name} as the caller's mistake`, async () => {
      for (const content of [...NEITHER, name in OF_TEXT ? new Uint8Array(1) : "text"]) {
        const reading = Promise.resolve().then(() => read(content as never));
        await assert.rejects(reading, { name: "SealtraceError", code: "SEALTRACE_USAGE" });
      }
    });
  }
});
