/** NumPy's arrays, scalars and dtypes, under the module names of NumPy 1 and 2. */
import { NdArray, type NdArrayData } from "../python/nd-array.ts";
import { numberIfExact } from "../machine/integers.ts";
import { PythonComplex } from "../python/numbers.ts";
import {
  expectArray,
  expectBytes,
  expected,
  expectString,
  isGlobal,
  type Builders,
  type PickleBuilder,
} from "./builder.ts";
import { viewOf } from "./collections.ts";

type ViewClass = new (buffer: ArrayBuffer) => ArrayBufferView<ArrayBuffer>;

/** A dtype on its way: `numpy.dtype("f8", False, True)`, then BUILD with version, byte order and so on. */
class DType {
  /** `f8`, `U`, `M8`. */
  readonly kind: string;
  /** Bytes of an element. */
  width: number;
  isBigEndian = false;
  /** `[ns]` of dates and spans. */
  unit = "";

  constructor(name: string) {
    const [, kind, digits] = /^[<>=|]?([?biufcSUVOMm])(\d{0,9})$/.exec(name) ?? [];
    if (kind === undefined) throw expected("the name of a dtype");
    this.kind = kind === "?" ? "b" : kind;
    this.width = digits === "" ? 1 : Number(digits) * (kind === "U" ? 4 : 1);
    this.isBigEndian = name.startsWith(">");
  }

  get name(): string {
    const order = this.width === 1 || "SVO".includes(this.kind) ? "|" : "<";
    if (this.kind === "O") return "|O";
    return `${order}${this.kind}${this.kind === "U" ? this.width / 4 : this.width}${this.unit}`;
  }
}

const VIEWS: ReadonlyMap<string, readonly [type: ViewClass, width: number]> = new Map<
  string,
  readonly [ViewClass, number]
>([
  ["b1", [Uint8Array, 1]],
  ["i1", [Int8Array, 1]],
  ["u1", [Uint8Array, 1]],
  ["i2", [Int16Array, 2]],
  ["u2", [Uint16Array, 2]],
  ["f2", [Uint16Array, 2]],
  ["i4", [Int32Array, 4]],
  ["u4", [Uint32Array, 4]],
  ["f4", [Float32Array, 4]],
  ["c8", [Float32Array, 4]],
  ["i8", [BigInt64Array, 8]],
  ["u8", [BigUint64Array, 8]],
  ["f8", [Float64Array, 8]],
  ["c16", [Float64Array, 8]],
  ["M8", [BigInt64Array, 8]],
  ["m8", [BigInt64Array, 8]],
]);

const DTYPE: PickleBuilder = {
  create: ([name]) => new DType(expectString(name, "the name of a dtype")),
  setState: (dtype: DType, state) => {
    const [, order, subarray, names, fields, width, , , metadata] = expectArray(state, "the state of a dtype");
    if (subarray !== null || (names !== null && names !== undefined) || (fields !== null && fields !== undefined)) {
      throw expected("an array of plain elements, not of records");
    }
    dtype.isBigEndian = order === ">";
    if ("SUV".includes(dtype.kind) && Number.isSafeInteger(width) && (width as number) >= 0)
      dtype.width = width as number;
    if ("Mm".includes(dtype.kind)) dtype.unit = unitOf(metadata);
  },
};

/** `(None, (b"ns", 1, 1, 1))`: the unit, and how many of it. */
function unitOf(metadata: unknown): string {
  const [, parts] = expectArray(metadata, "the unit of a time");
  const [unit, count] = expectArray(parts, "the unit of a time");
  const name = Buffer.from(expectBytes(unit, "the unit of a time")).toString("latin1");
  if (!/^[a-zA-Z]{1,8}$/.test(name) || !Number.isSafeInteger(count)) throw expected("the unit of a time");
  return name === "generic" ? "" : `[${count === 1 ? "" : String(count)}${name}]`;
}

/** Between REDUCE and BUILD, which brings everything. */
class UnfinishedArray {
  readonly isUnfinished = true;
}

const RECONSTRUCT: PickleBuilder = {
  create: ([type]) => {
    if (!isGlobal(type, "numpy", "ndarray")) throw expected("numpy.ndarray");
    return new UnfinishedArray();
  },
  setState: (_instance, state) => {
    const parts = expectArray(state, "the state of an array");
    // Before version 1 there was no version.
    const [shape, dtype, isFortran, content] = parts.length === 5 ? parts.slice(1) : parts;
    return makeArray(shape, dtype, isFortran === true || isFortran === 1, content);
  },
};

/** Protocol 5: `_frombuffer(buffer, dtype, shape, order)`. */
function fromBuffer([content, dtype, shape, order]: readonly unknown[]): NdArray {
  return makeArray(shape, dtype, order === "F", content);
}

function makeArray(shape: unknown, dtype: unknown, isFortran: boolean, content: unknown): NdArray {
  const dimensions = expectArray(shape, "a shape");
  if (!(dtype instanceof DType)) throw expected("a dtype");
  if (
    dimensions.length > MAX_DIMENSIONS ||
    !dimensions.every((length) => Number.isSafeInteger(length) && (length as number) >= 0)
  ) {
    throw expected("a shape of at most 64 lengths");
  }
  const sizes = [...dimensions] as number[];
  const count = sizes.reduce((product, size) => product * size, 1);
  const elements =
    dtype.kind === "O"
      ? expectArray(content, "a list of objects")
      : readElements(dtype, expectBytes(content, "the bytes of an array"));
  const perElement = dtype.kind === "c" ? 2 : dtype.kind === "V" ? dtype.width : 1;
  if (elements.length !== count * perElement) throw expected(`${count} elements, as the shape says`);
  if (isFortran && sizes.length > 1) return new NdArray(dtype.name, sizes, inCOrder(elements, sizes, perElement));
  return new NdArray(dtype.name, sizes, (dtype.kind === "O" ? [...elements] : elements) as NdArrayData);
}

const MAX_DIMENSIONS = 64;

function readElements(dtype: DType, bytes: Uint8Array): NdArrayData {
  const { kind, width, isBigEndian } = dtype;
  const view = VIEWS.get(`${kind}${width}`);
  if (view !== undefined) return viewOf(view[0], view[1], bytes, isBigEndian) as Float64Array;
  if (kind === "V") return new Uint8Array(bytes);
  if ((kind !== "S" && kind !== "U") || (width === 0 ? bytes.length > 0 : bytes.length % width !== 0)) {
    throw expected("a dtype of numbers, times, strings, bytes or objects");
  }
  const elements: unknown[] = [];
  for (let at = 0; at < bytes.length; at += width) {
    const element = bytes.subarray(at, at + width);
    elements.push(kind === "S" ? withoutZeros(element) : codePoints(element, isBigEndian));
  }
  return elements;
}

function withoutZeros(bytes: Uint8Array): Uint8Array {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end -= 1;
  return new Uint8Array(bytes.subarray(0, end));
}

function codePoints(bytes: Uint8Array, isBigEndian: boolean): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let text = "";
  for (let at = 0; at + 4 <= bytes.length; at += 4) {
    const point = view.getUint32(at, !isBigEndian);
    if (point > 0x10ffff) throw expected("strings of Unicode");
    text += String.fromCodePoint(point);
  }
  return text.replace(/\0+$/, "");
}

/** Elements whose first index runs fastest, rearranged. */
function inCOrder(elements: ArrayLike<unknown>, sizes: readonly number[], perElement: number): NdArrayData {
  const result = (Array.isArray(elements) ? [] : (elements as Float64Array).slice()) as unknown[];
  const strides: number[] = [];
  sizes.reduce((stride, size) => (strides.push(stride), stride * size), 1);
  const index = sizes.map(() => 0);
  for (let to = 0; to < elements.length; to += perElement) {
    const from = perElement * index.reduce((sum, position, axis) => sum + position * (strides[axis] as number), 0);
    for (let part = 0; part < perElement; part += 1) result[to + part] = elements[from + part];
    for (let axis = sizes.length - 1; axis >= 0; axis -= 1) {
      index[axis] = (index[axis] as number) + 1;
      if ((index[axis] as number) < (sizes[axis] as number)) break;
      index[axis] = 0;
    }
  }
  return result;
}

/** `scalar(dtype, bytes)`: what JavaScript has a value for becomes that; of the rest, an array without dimensions. */
function scalar([dtype, content]: readonly unknown[]): unknown {
  if (dtype instanceof DType && dtype.kind === "O") return content;
  const array = makeArray([], dtype, false, content);
  const [first, second] = array.data as unknown[];
  switch ((dtype as DType).kind) {
    case "b":
      return (dtype as DType).width === 1 ? first !== 0 : array;
    case "i":
    case "u":
      return typeof first === "bigint" ? numberIfExact(first) : first;
    case "f":
      return (dtype as DType).width === 2 ? array : first;
    case "c":
      return new PythonComplex(first as number, second as number);
    case "U":
    case "S":
      return first;
    default:
      return array;
  }
}

export const NUMPY: Builders = {
  "numpy:dtype": DTYPE,
  "numpy:ndarray": {},
  "numpy.core.multiarray:_reconstruct": RECONSTRUCT,
  "numpy._core.multiarray:_reconstruct": RECONSTRUCT,
  "numpy.core.multiarray:scalar": { create: scalar },
  "numpy._core.multiarray:scalar": { create: scalar },
  "numpy.core.numeric:_frombuffer": { create: fromBuffer },
  "numpy._core.numeric:_frombuffer": { create: fromBuffer },
};
