import assert from "node:assert/strict";
import { SealtraceError } from "../../src/record/index.ts";
import { deserializeFromProtobuf, serializeToProtobuf } from "../../src/serialize-utils/index.ts";
import { readAndWrite, richSeeds } from "../binary-format.ts";

export const name = "protobuf";

const schema = {
  message: "M",
  source: `
    import "google/protobuf/struct.proto"; import "google/protobuf/timestamp.proto";
    message M {
      optional int32 a = 1; optional M m = 2; repeated sint64 l = 3 [packed = true]; map<string, M> s = 4; optional string t = 5;
      oneof o { fixed32 p = 6; double q = 7; } optional group G = 8 { repeated E e = 1; } enum E { X = 1; }
      optional google.protobuf.Value v = 9; optional google.protobuf.Timestamp at = 10; map<int64, bytes> b = 11; repeated M n = 12;
    }`,
};

export function seeds(): Uint8Array[] {
  const message = { a: -1, m: { t: "ä" }, l: [1n, -(2n ** 60n)], s: { k: { p: 1 } }, q: 1.5, g: { e: ["X", 5] }, v: { x: [null, true, "y", 1] }, at: new Date(-1), b: new Map([[1n, new Uint8Array(2)]]), n: [{}, {}] }; // prettier-ignore
  return [...richSeeds(serializeToProtobuf), serializeToProtobuf(message, { schema })];
}

export function run(bytes: Uint8Array): unknown {
  const outcome = readAndWrite(bytes, deserializeFromProtobuf, serializeToProtobuf);
  return `${String(outcome)} ${readMessage(bytes)}`;
}

function readMessage(bytes: Uint8Array): string {
  const options = { schema, keepUnknown: true, maxDepth: 64, maxValues: 20_000 };
  let value: unknown;
  try {
    value = deserializeFromProtobuf(bytes, options);
  } catch (error) {
    if (error instanceof SealtraceError) return error.code;
    throw error;
  }
  const written = serializeToProtobuf(value, { schema });
  assert.deepEqual(serializeToProtobuf(deserializeFromProtobuf(written, options), { schema }), written);
  return "read";
}
