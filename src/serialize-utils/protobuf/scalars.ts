/** How each scalar type of Protobuf is read and written, and which values it takes. */
import type { ScalarType } from "@bufbuild/protobuf";
import type { WireReader } from "./wire-reader.ts";
import { FIXED32, FIXED64, LENGTH, VARINT, type WireWriter } from "./wire-writer.ts";

export interface Scalar {
  /** As errors call it. */
  readonly name: string;
  readonly wireType: number;
  /** What its absence means. */
  readonly absent: () => unknown;
  readonly read: (reader: WireReader) => unknown;
  /** Whether the value is one of this type; only then it may be written. */
  readonly takes: (value: unknown) => boolean;
  readonly write: (writer: WireWriter, value: never) => void;
}

function scalar(
  name: string,
  wireType: number,
  absent: () => unknown,
  read: (reader: WireReader) => unknown,
  takes: (value: unknown) => boolean,
  write: (writer: WireWriter, value: never) => void,
): Scalar {
  return { name, wireType, absent, read, takes, write };
}

const zero = (): number => 0;
const bigZero = (): bigint => 0n;

const isInteger =
  (min: number, max: number) =>
  (value: unknown): boolean =>
    Number.isInteger(value) && (value as number) >= min && (value as number) <= max;
const isInt32 = isInteger(-(2 ** 31), 2 ** 31 - 1);
const isUint32 = isInteger(0, 2 ** 32 - 1);

/** Numbers are taken where they are safe. */
const isBig =
  (min: bigint, max: bigint) =>
  (value: unknown): boolean => {
    if (typeof value !== "bigint" && !Number.isSafeInteger(value)) return false;
    const integer = BigInt(value as bigint | number);
    return integer >= min && integer <= max;
  };
const isInt64 = isBig(-(2n ** 63n), 2n ** 63n - 1n);
const isUint64 = isBig(0n, 2n ** 64n - 1n);

const isNumber = (value: unknown): boolean => typeof value === "number";

function int32(reader: WireReader): number {
  reader.varint();
  return reader.low | 0;
}

function writeInt32(writer: WireWriter, value: number): void {
  if (value >= 0) writer.varint(value);
  else writer.bigVarint(BigInt(value));
}

function fixed(writer: WireWriter, length: number): number {
  writer.reserve(length);
  const { at } = writer;
  writer.at += length;
  return at;
}

/** By the library's numbers of types. */
export const SCALARS: Readonly<Record<ScalarType | "enum", Scalar>> = {
  1: scalar("double", FIXED64, zero, (r) => r.view.getFloat64(r.take(8), true), isNumber, (w, v: number) => w.view.setFloat64(fixed(w, 8), v, true)), // prettier-ignore
  2: scalar("float", FIXED32, zero, (r) => r.view.getFloat32(r.take(4), true), isNumber, (w, v: number) => w.view.setFloat32(fixed(w, 4), v, true)), // prettier-ignore
  3: scalar("int64", VARINT, bigZero, (r) => BigInt.asIntN(64, r.bigVarint()), isInt64, (w, v: bigint | number) => w.bigVarint(BigInt(v))), // prettier-ignore
  4: scalar(
    "uint64",
    VARINT,
    bigZero,
    (r) => r.bigVarint(),
    isUint64,
    (w, v: bigint | number) => w.bigVarint(BigInt(v)),
  ),
  5: scalar("int32", VARINT, zero, int32, isInt32, writeInt32),
  6: scalar("fixed64", FIXED64, bigZero, (r) => r.view.getBigUint64(r.take(8), true), isUint64, (w, v: bigint | number) => w.view.setBigUint64(fixed(w, 8), BigInt(v), true)), // prettier-ignore
  7: scalar("fixed32", FIXED32, zero, (r) => r.view.getUint32(r.take(4), true), isUint32, (w, v: number) => w.view.setUint32(fixed(w, 4), v, true)), // prettier-ignore
  8: scalar("bool", VARINT, () => false, (r) => (r.varint(), r.low !== 0 || r.high !== 0), (v) => typeof v === "boolean", (w, v: boolean) => w.varint(v ? 1 : 0)), // prettier-ignore
  9: scalar("string", LENGTH, () => "", (r) => r.text(r.length()), (v) => typeof v === "string" && v.isWellFormed(), (w, v: string) => void w.textWithLength(v)), // prettier-ignore
  12: scalar("bytes", LENGTH, () => new Uint8Array(0), (r) => r.copy(r.length()), (v) => v instanceof Uint8Array, (w, v: Uint8Array) => w.bytesWithLength(v)), // prettier-ignore
  13: scalar(
    "uint32",
    VARINT,
    zero,
    (r) => (r.varint(), r.low),
    isUint32,
    (w, v: number) => w.varint(v),
  ),
  15: scalar("sfixed32", FIXED32, zero, (r) => r.view.getInt32(r.take(4), true), isInt32, (w, v: number) => w.view.setInt32(fixed(w, 4), v, true)), // prettier-ignore
  16: scalar("sfixed64", FIXED64, bigZero, (r) => r.view.getBigInt64(r.take(8), true), isInt64, (w, v: bigint | number) => w.view.setBigInt64(fixed(w, 8), BigInt(v), true)), // prettier-ignore
  17: scalar("sint32", VARINT, zero, (r) => (r.varint(), (r.low >>> 1) ^ -(r.low & 1)), isInt32, (w, v: number) => w.varint(((v << 1) ^ (v >> 31)) >>> 0)), // prettier-ignore
  18: scalar("sint64", VARINT, bigZero, zigzag, isInt64, (w, v: bigint | number) => w.bigVarint((BigInt(v) << 1n) ^ (BigInt(v) >> 63n))), // prettier-ignore
  enum: scalar("enum", VARINT, zero, int32, isInt32, writeInt32),
};

function zigzag(reader: WireReader): bigint {
  const value = reader.bigVarint();
  return (value >> 1n) ^ -(value & 1n);
}
