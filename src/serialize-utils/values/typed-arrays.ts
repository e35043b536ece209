/** Typed arrays and what is like them, as bytes in little-endian order whatever the machine's. */
import { endianness } from "node:os";
import { types } from "node:util";
import { invalidContent } from "./invalid-content.ts";
import type { LeafType } from "./rich-type.ts";

type View = ArrayBufferView<ArrayBuffer>;
type ViewClass = new (buffer: ArrayBuffer) => View;

/** Float16Array is not in every version of Node. */
const NAMES = [
  "Int8Array",
  "Uint8Array",
  "Uint8ClampedArray",
  "Int16Array",
  "Uint16Array",
  "Int32Array",
  "Uint32Array",
  "BigInt64Array",
  "BigUint64Array",
  "Float16Array",
  "Float32Array",
  "Float64Array",
] as const;

const BIG_ENDIAN = endianness() === "BE";

const BUFFER: LeafType = {
  name: "Buffer",
  takeApart: (value) => bytesOf(value as View),
  build: (content) => {
    const bytes = expectBytes("Buffer", content);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  },
};

const ARRAY_BUFFER: LeafType = {
  name: "ArrayBuffer",
  takeApart: (value) => new Uint8Array(value as ArrayBuffer),
  build: (content) => copyOf("ArrayBuffer", content),
};

const DATA_VIEW: LeafType = {
  name: "DataView",
  takeApart: (value) => bytesOf(value as View),
  build: (content) => new DataView(copyOf("DataView", content)),
};

export const TYPED_ARRAY_TYPES: readonly LeafType[] = [...NAMES.map(typedArray), BUFFER, ARRAY_BUFFER, DATA_VIEW];
const BY_NAME: ReadonlyMap<string, LeafType> = new Map(TYPED_ARRAY_TYPES.map((type) => [type.name, type]));

/** Whether the type's content is bytes. */
export function isTypedArrayType({ name }: { readonly name: string }): boolean {
  return BY_NAME.has(name);
}

/** Undefined for shared memory: a copy would not be shared. */
export function typedArrayType(value: ArrayBufferView | ArrayBufferLike): LeafType | undefined {
  if (types.isArrayBuffer(value)) return ARRAY_BUFFER;
  if (!ArrayBuffer.isView(value) || types.isSharedArrayBuffer(value.buffer)) return undefined;
  if (Buffer.isBuffer(value)) return BUFFER;
  return BY_NAME.get(value instanceof DataView ? "DataView" : Object.prototype.toString.call(value).slice(8, -1));
}

function typedArray(name: string): LeafType {
  return {
    name,
    takeApart: (value) => littleEndian(bytesOf(value as View), (value as Uint8Array).BYTES_PER_ELEMENT),
    build: (content) => {
      const viewClass = (globalThis as unknown as Record<string, (ViewClass & typeof Uint8Array) | undefined>)[name];
      if (viewClass === undefined) throw invalidContent(name, "of a type that this version of Node knows");
      const buffer = copyOf(name, content);
      if (buffer.byteLength % viewClass.BYTES_PER_ELEMENT !== 0) {
        throw invalidContent(name, `a multiple of ${viewClass.BYTES_PER_ELEMENT} bytes long`);
      }
      littleEndianInPlace(new Uint8Array(buffer), viewClass.BYTES_PER_ELEMENT);
      return new viewClass(buffer);
    },
  };
}

function bytesOf({ buffer, byteOffset, byteLength }: View): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function expectBytes(name: string, content: unknown): Uint8Array<ArrayBuffer> {
  if (content instanceof Uint8Array) return content as Uint8Array<ArrayBuffer>;
  throw invalidContent(name, "bytes");
}

/** Aligned, and nobody else's. */
function copyOf(name: string, content: unknown): ArrayBuffer {
  return new Uint8Array(expectBytes(name, content)).buffer;
}

function littleEndian(bytes: Uint8Array, width: number): Uint8Array {
  if (!BIG_ENDIAN || width === 1) return bytes;
  const copy = new Uint8Array(bytes);
  littleEndianInPlace(copy, width);
  return copy;
}

function littleEndianInPlace(bytes: Uint8Array, width: number): void {
  if (!BIG_ENDIAN || width === 1) return;
  const swapped = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (width === 2) swapped.swap16();
  else if (width === 4) swapped.swap32();
  else swapped.swap64();
}
