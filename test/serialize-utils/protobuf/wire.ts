/** Writes the wire format of Protobuf by hand, also as no writer would. */
import { readFileSync } from "node:fs";
import type { SchemaOfSource } from "../../../src/serialize-utils/index.ts";

export const VARINT = 0;
export const FIXED64 = 1;
export const LENGTH = 2;
export const GROUP = 3;
export const END_GROUP = 4;
export const FIXED32 = 5;

/** With so many bytes more than it needs. */
export function varint(value: bigint | number, extra = 0): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  } while (rest > 0n);
  for (let i = 0; i < extra; i += 1) bytes.push(0x80);
  const last = bytes.pop() as number;
  return Buffer.from([...bytes, last & 0x7f]);
}

export function tag(number: number, wireType: number): Buffer {
  return varint(number * 8 + wireType);
}

/** Of any wire type, with its payload as it is; of LENGTH with the length before it. */
export function field(number: number, wireType: number, ...payload: (Uint8Array | string)[]): Buffer {
  const content = Buffer.concat(payload.map((part) => Buffer.from(part as string)));
  const before = wireType === LENGTH ? varint(content.length) : Buffer.alloc(0);
  const after = wireType === GROUP ? tag(number, END_GROUP) : Buffer.alloc(0);
  return Buffer.concat([tag(number, wireType), before, content, after]);
}

export function message(number: number, ...fields: (Uint8Array | string)[]): Buffer {
  return field(number, LENGTH, ...fields);
}

export function fixed(value: bigint | number, bytes: 4 | 8): Buffer {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)));
  return buffer.subarray(0, bytes);
}

export function float(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeFloatLE(value);
  return buffer;
}

export function double(value: number): Buffer {
  const buffer = Buffer.alloc(8);
  buffer.writeDoubleLE(value);
  return buffer;
}

/** A message of the schemas under `testdata/protobuf`. */
export function publishedSchema(file: string, name: string, imports: readonly string[] = []): SchemaOfSource {
  return {
    message: name,
    source: source(file),
    imports: Object.fromEntries(imports.map((path) => [path, source(path)])),
  };
}

export const PROTO3: SchemaOfSource = publishedSchema("google/protobuf/test_messages_proto3.proto", "protobuf_test_messages.proto3.TestAllTypesProto3"); // prettier-ignore
export const PROTO2: SchemaOfSource = publishedSchema("google/protobuf/test_messages_proto2.proto", "protobuf_test_messages.proto2.TestAllTypesProto2"); // prettier-ignore

function source(path: string): string {
  return readFileSync(new URL(`../../../testdata/protobuf/${path}`, import.meta.url), "utf8");
}
