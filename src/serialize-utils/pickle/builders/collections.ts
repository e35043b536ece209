/** `collections`, `array`, and `types.SimpleNamespace`. */
import { watched } from "../../values/watched.ts";
import { PythonCounter, PythonDefaultDict, PythonDeque } from "../python/collections.ts";
import { PythonGlobal } from "../python/global.ts";
import { expectArray, expectBytes, expected, isGlobal, type Builders, type PickleBuilder } from "./builder.ts";

function setItems(map: Map<unknown, unknown>, keysAndValues: readonly unknown[]): void {
  for (let i = 0; i < keysAndValues.length; i += 2) map.set(keysAndValues[i], keysAndValues[i + 1]);
}

/** The pairs of a dict, or of a list of pairs. */
function entriesOf(value: unknown): Iterable<readonly [unknown, unknown]> {
  if (value instanceof Map) return value;
  if (Array.isArray(value)) {
    if (value.every((pair) => Array.isArray(pair) && pair.length === 2)) return value as [unknown, unknown][];
  } else if (typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype) {
    return Object.entries(value);
  }
  throw expected("a dict, or a list of pairs");
}

/** Attributes of its own, which a subclass or somebody by hand may give a dict, have no place in a Map. */
function noAttributes(_instance: never, state: unknown): void {
  if (state !== null && !(typeof state === "object" && Object.keys(state).length === 0))
    throw expected("no attributes");
}

const ORDERED_DICT: PickleBuilder = {
  create: ([content = []], _, look) => new Map(watched(entriesOf(content), look)),
  setItems,
  setState: noAttributes,
};

const DEFAULT_DICT: PickleBuilder = {
  create: ([factory = null, content = []], _, look) => {
    if (factory !== null && !(factory instanceof PythonGlobal)) throw expected("a class or function, or None");
    const map = new PythonDefaultDict(watched(entriesOf(content), look));
    map.factory = factory;
    return map;
  },
  setItems,
  setState: noAttributes,
};

const DEQUE: PickleBuilder = {
  create: ([items = [], maxLength = null]) => {
    if (maxLength !== null && !(Number.isSafeInteger(maxLength) && (maxLength as number) >= 0))
      throw expected("a length");
    return new PythonDeque(expectArray(items, "a list of items"), maxLength as number | null);
  },
  append: (deque: PythonDeque, items) => {
    // Python drops the first for each that is too much, which takes the square of their number; no deque was ever written so.
    if (deque.maxLength !== null && deque.items.length + items.length > deque.maxLength)
      throw expected(`at most ${deque.maxLength} items`);
    deque.append(items);
  },
  setState: noAttributes,
};

type ViewClass = new (buffer: ArrayBuffer) => ArrayBufferView<ArrayBuffer>;

/** `array`'s machine formats, in pairs of little- and big-endian from 2 on. */
const FORMATS: readonly (readonly [type: ViewClass, width: number])[] = [
  [Uint16Array, 2],
  [Int16Array, 2],
  [Uint32Array, 4],
  [Int32Array, 4],
  [BigUint64Array, 8],
  [BigInt64Array, 8],
  [Float32Array, 4],
  [Float64Array, 8],
];

/** `_array_reconstructor(array.array, typecode, format, bytes)`. */
function reconstructArray([type, , format, content]: readonly unknown[]): ArrayBufferView {
  if (!isGlobal(type, "array", "array")) throw expected("array.array");
  const bytes = expectBytes(content, "the bytes of an array");
  if (format === 0) return new Uint8Array(bytes);
  if (format === 1) return new Int8Array(bytes);
  const entry = Number.isInteger(format) ? FORMATS[((format as number) - 2) >> 1] : undefined;
  if (entry === undefined) throw expected("an array of numbers");
  return viewOf(entry[0], entry[1], bytes, (format as number) % 2 === 1);
}

/** A typed array of its own, in this machine's order. */
export function viewOf(
  type: ViewClass,
  width: number,
  bytes: Uint8Array,
  isBigEndian: boolean,
): ArrayBufferView<ArrayBuffer> {
  if (bytes.length % width !== 0) throw expected(`a multiple of ${width} bytes`);
  const copy = new Uint8Array(bytes);
  if (width > 1 && isBigEndian === LITTLE_ENDIAN) {
    const swapped = Buffer.from(copy.buffer);
    if (width === 2) swapped.swap16();
    else if (width === 4) swapped.swap32();
    else swapped.swap64();
  }
  return new type(copy.buffer);
}

export const LITTLE_ENDIAN: boolean = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** Of protocols up to 2: `array(typecode, list)`. How wide a long is depends on the machine that wrote it: by the numbers, the widest. */
function listArray([typecode, items]: readonly unknown[]): unknown {
  const numbers = expectArray(items, "a list of numbers");
  const type = typeof typecode === "string" ? BY_TYPECODE.get(typecode) : undefined;
  if (type === undefined || !numbers.every((item) => typeof item === "number" || typeof item === "bigint")) {
    throw expected("a typecode and numbers");
  }
  const isBig = type === BigInt64Array || type === BigUint64Array;
  return type.from(numbers.map((item) => (isBig ? BigInt(item) : Number(item))) as never[]);
}

const BY_TYPECODE: ReadonlyMap<string, { from(items: never[]): ArrayBufferView }> = new Map<string, { from(items: never[]): ArrayBufferView }>([
  ["b", Int8Array], ["B", Uint8Array], ["h", Int16Array], ["H", Uint16Array], ["i", Int32Array], ["I", Uint32Array], ["l", BigInt64Array],
  ["L", BigUint64Array], ["q", BigInt64Array], ["Q", BigUint64Array], ["f", Float32Array], ["d", Float64Array],
]); // prettier-ignore

export const COLLECTIONS: Builders = {
  "collections:OrderedDict": ORDERED_DICT,
  "collections:defaultdict": DEFAULT_DICT,
  "collections:Counter": {
    create: ([content = {}], _, look) => new PythonCounter(watched(entriesOf(content), look)),
    setItems,
    setState: noAttributes,
  },
  "collections:deque": DEQUE,
  "array:array": { create: listArray },
  "array:_array_reconstructor": { create: reconstructArray },
};
