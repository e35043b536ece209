/** A tag that sealtrace has no meaning for, as it was read. It is written as it is. */
export class CborTag {
  readonly tag: number | bigint;
  readonly value: unknown;

  constructor(tag: number | bigint, value: unknown) {
    this.tag = tag;
    this.value = value;
  }
}

/** A simple value without a meaning (RFC 8949, section 3.3): 0 to 19, 32 to 255. */
export class CborSimple {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

/** https://www.iana.org/assignments/cbor-tags */
export const TAGS = {
  dateText: 0,
  epoch: 1,
  bigPositive: 2,
  bigNegative: 3,
  /** An array of a name and what the so named is made of: what CBOR has no form of its own for. */
  genericObject: 27,
  shareable: 28,
  sharedReference: 29,
  uri: 32,
  regularExpression: 35,
  set: 258,
  map: 259,
  selfDescribed: 55_799,
} as const;

interface TypedArrayTag {
  readonly name: string;
  readonly width: number;
  readonly isBigEndian: boolean;
}

/** RFC 8746, section 2.1. */
export const TYPED_ARRAY_TAGS: ReadonlyMap<number, TypedArrayTag> = new Map(
  (
    [
      [64, "Uint8Array", 1],
      [65, "Uint16Array", 2],
      [66, "Uint32Array", 4],
      [67, "BigUint64Array", 8],
      [68, "Uint8ClampedArray", 1],
      [69, "Uint16Array", -2],
      [70, "Uint32Array", -4],
      [71, "BigUint64Array", -8],
      [72, "Int8Array", 1],
      [73, "Int16Array", 2],
      [74, "Int32Array", 4],
      [75, "BigInt64Array", 8],
      [77, "Int16Array", -2],
      [78, "Int32Array", -4],
      [79, "BigInt64Array", -8],
      [80, "Float16Array", 2],
      [81, "Float32Array", 4],
      [82, "Float64Array", 8],
      [84, "Float16Array", -2],
      [85, "Float32Array", -4],
      [86, "Float64Array", -8],
    ] as const
  ).map(([tag, name, width]) => [tag, { name, width: Math.abs(width), isBigEndian: width > 1 }]),
);

/** The tags that are written: of bytes in little-endian order. A Uint8Array is a byte string without a tag. */
export const TAG_OF_TYPED_ARRAY: ReadonlyMap<string, number> = new Map(
  [...TYPED_ARRAY_TAGS]
    .filter(([tag, { isBigEndian }]) => !isBigEndian && tag !== 64)
    .map(([tag, { name }]) => [name, tag]),
);
