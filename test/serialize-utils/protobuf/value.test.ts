import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { createFileRegistry, fromBinary, toBinary, toJson, type DescMessage } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import fc from "fast-check";
import { deserializeFromProtobuf, serializeToProtobuf } from "../../../src/serialize-utils/index.ts";
import { compileProto } from "../../../src/serialize-utils/protobuf/proto-source/compile.ts";
import { CLASSES, richValue } from "../binary/example-values.ts";

const source = readFileSync(new URL("../../../schemas/sealtrace-value.proto", import.meta.url), "utf8");
const descriptors = compileProto(source, {});
const type = createFileRegistry(descriptors).getMessage("sealtrace.Value") as DescMessage;

const read = (hex: string): unknown => deserializeFromProtobuf(Buffer.from(hex.replaceAll(" ", ""), "hex"));
const refused = (hex: string, code: string, message: RegExp): void => {
  assert.throws(() => read(hex), { code: `SEALTRACE_${code}`, message }, hex);
};

describe("Protobuf without a schema", () => {
  it("is what sealtrace-value.proto says, to any reader of Protobuf", () => {
    const bytes = serializeToProtobuf({ a: [1, "x", null, -0, 5n], at: new Date(7), m: new Map([["k", undefined]]) });
    assert.deepEqual(toJson(type, fromBinary(type, bytes)), {
      object: {
        properties: [
          { name: "a", value: { list: { items: [{ integer: "1" }, { string: "x" }, { mark: "NULL" }, { number: -0 }, { bigInteger: "BQ==" }] } } }, // prettier-ignore
          { name: "at", value: { date: "7" } },
          { name: "m", value: { rich: { type: "Map", items: [{ string: "k" }, { mark: "UNDEFINED" }] } } },
        ],
      },
    });
  });

  it("is the same bytes when another writer writes it", () => {
    fc.assert(
      fc.property(richValue, (value) => {
        const bytes = serializeToProtobuf(value, { classes: CLASSES });
        assert.deepEqual(toBinary(type, fromBinary(type, bytes)), bytes);
      }),
      { numRuns: 200 },
    );
  });

  it("is what Python reads and writes", { skip: pythonLacks() }, () => {
    const bytes = serializeToProtobuf({ "": [1, { b: "ä" }], big: 2n ** 70n, s: new Set([new Uint8Array([1])]) });
    const program = `
import sys, base64, json
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
files = descriptor_pb2.FileDescriptorSet.FromString(base64.b64decode(sys.argv[1]))
pool = descriptor_pool.DescriptorPool()
for f in files.file: pool.Add(f)
value = message_factory.GetMessageClass(pool.FindMessageTypeByName('sealtrace.Value')).FromString(sys.stdin.buffer.read())
assert value.object.properties[0].value.list.items[1].object.properties[0].value.string == 'ä'
assert int.from_bytes(value.object.properties[1].value.big_integer, 'big', signed=True) == 2**70
sys.stdout.buffer.write(value.SerializeToString())`;
    const set = Buffer.from(toBinary(FileDescriptorSetSchema, descriptors)).toString("base64");
    const { stdout, stderr, status } = spawnSync("python3", ["-c", program, set], { input: bytes });
    assert.equal(status, 0, stderr.toString());
    assert.deepEqual(new Uint8Array(stdout), bytes);
  });

  it("tells a second value from garbage", () => {
    refused("08 00 08 00", "DATA_CONCATENATED", /byte 2/);
    refused("3a 00 3a 00", "DATA_CONCATENATED", /byte 2/);
    refused("08 00 ff", "DATA_TRAILING", /byte 2/);
    refused("3a 00 00", "DATA_TRAILING", /byte 2/);
    refused("", "DATA_TRUNCATED", /0 bytes/);
  });

  it("refuses what sealtrace-value.proto doesn't have", () => {
    refused("70 01", "INVALID_DATA", /no field 14/);
    refused("0a 00", "INVALID_DATA", /no field 1 of this kind/);
    refused("08 02", "INVALID_DATA", /in no array/);
    refused("08 03", "INVALID_DATA", /mark/);
    refused("18 ff ff ff ff ff ff ff ff ff 01", "INVALID_DATA", /beyond the safe ones/);
    refused("68 80 80 d4 af f9 dc fc 1f", "INVALID_DATA", /beyond what a Date holds/);
    refused("3a 02 12 00", "INVALID_DATA", /value is empty/);
    refused("3a 06 12 04 08 00 08 00", "INVALID_DATA", /more than one field/);
    refused("3a 02 0a 00", "INVALID_DATA", /value is missing/);
    refused("42 02 12 00", "INVALID_DATA", /property is missing/);
    refused("42 03 0a 01 0a", "DATA_TRUNCATED", /early/);
    refused("42 08 0a 06 12 02 08 00 08 00", "INVALID_DATA", /end with its value/);
    refused("4a 00", "DATA_TRUNCATED", /early/);
    refused("4a 02 12 00", "INVALID_DATA", /name of a rich value is missing/);
    refused("4a 06 0a 04 4576696c", "TYPE_REFUSED", /"Evil"/);
    refused("50 00", "INVALID_DATA", /leads to none/);
    refused("2a 01 ff", "INVALID_DATA", /UTF-8/);
    refused("62 01 ff", "INVALID_DATA", /UTF-8/);
  });

  it("refuses duplicate keys", () => {
    refused("42 0c 0a 04 12 02 08 00 0a 04 12 02 08 00", "INVALID_DATA", /twice in a map/);
  });

  it("believes no length that isn't there", () => {
    for (const tag of ["2a", "32", "3a", "42", "4a", "5a", "62"]) {
      refused(`${tag} ff ff ff ff 0f`, "DATA_TRUNCATED", /early/);
      refused(`${tag} ff ff ff ff ff ff ff ff 7f 00`, "DATA_TRUNCATED", /early/);
    }
  });
});

function pythonLacks(): string | false {
  const { status } = spawnSync("python3", ["-c", "from google.protobuf.message_factory import GetMessageClass"]);
  return status === 0 ? false : "python3 with the package protobuf is absent";
}
