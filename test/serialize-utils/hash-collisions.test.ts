/** Keys that are all in one bucket of V8's hash tables: of a big integer it hashes the lowest 64 bits alone, and without a seed. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  deserializeFromCbor,
  deserializeFromJson,
  deserializeFromMessagePack,
  deserializeFromPickle,
  deserializeFromProtobuf,
  serializeToCbor,
  serializeToJson,
  serializeToMessagePack,
  serializeToPickle,
  serializeToProtobuf,
  type ReadingLimits,
} from "../../src/serialize-utils/index.ts";
import { threadTime } from "../support/thread-time.ts";

const KEYS = Array.from({ length: 12_000 }, (_, i) => BigInt(i + 1) << 64n);
const SET = new Set(KEYS);
const MAP = new Map(KEYS.map((key) => [key, null]));

/** So that a list of keys becomes what hashes them: Python's `module.name(list)`. */
function calling(module: string, name: string, list: unknown): Uint8Array {
  const [content, opcodes] = [serializeToPickle(list, { protocol: 3 }), `c${module}\n${name}\n`];
  return Buffer.concat([
    content.subarray(0, 2),
    Buffer.from(opcodes),
    content.subarray(2, -1),
    Buffer.from("\x85R.", "latin1"),
  ]);
}

const CONTENTS: readonly [string, Uint8Array | string, (content: never, limits: ReadingLimits) => unknown][] = [
  ["a Set in JSON", serializeToJson(SET), deserializeFromJson],
  ["a Map in JSON", serializeToJson(MAP), deserializeFromJson],
  ["a Set in MessagePack", serializeToMessagePack(SET), deserializeFromMessagePack],
  ["a Map in MessagePack", serializeToMessagePack(MAP), deserializeFromMessagePack],
  ["a Set in CBOR", serializeToCbor(SET), deserializeFromCbor],
  ["a Map in CBOR", serializeToCbor(MAP), deserializeFromCbor],
  ["a Set in Protobuf", serializeToProtobuf(SET), deserializeFromProtobuf],
  ["a Map in Protobuf", serializeToProtobuf(MAP), deserializeFromProtobuf],
  ["a Set in pickle", serializeToPickle(SET), deserializeFromPickle],
  ["a Map in pickle", serializeToPickle(MAP), deserializeFromPickle],
  ["a set of a list in pickle", calling("builtins", "set", KEYS), deserializeFromPickle],
  [
    "a Counter in pickle",
    calling(
      "collections",
      "Counter",
      KEYS.map((key) => [key, 1]),
    ),
    deserializeFromPickle,
  ],
  ["a namespace's Set in pickle", serializeToPickle(new Set([{}, ...KEYS])), deserializeFromPickle],
];

describe("keys whose hashes collide", () => {
  for (const [name, content, read] of CONTENTS) {
    it(`in ${name} take no longer than they may`, () => {
      const begin = threadTime();
      assert.throws(() => read(content as never, { maxMilliseconds: 20 }), {
        code: "SEALTRACE_LIMIT_EXCEEDED",
        message: /longer than 20 ms/,
      });
      // Without a look at the clock in between, some seconds.
      assert.ok(threadTime() - begin < 500);
    });
  }
});
