/** NumPy's arrays, under the module names that NumPy 1 and 2 both know. */
import { SealtraceError } from "../../../record/index.ts";
import { LITTLE_ENDIAN } from "../builders/collections.ts";
import { PythonGlobal } from "../python/global.ts";
import type { NdArray } from "../python/nd-array.ts";
import { PythonTuple } from "../python/tuple.ts";
import { reduction, type Reduction } from "./reduction.ts";

/** A dtype to be written, as part of an array. */
export class DType {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

const NAME = /^([<|])([biufcmMUSOV])(\d*)(?:\[(\d*)([a-zA-Z]+)\])?$/;

export function dtypeReduction({ name }: DType): Reduction {
  const [, order = "|", kind = "", digits = "", count = "", unit = "generic"] = NAME.exec(name) ?? [];
  const width = Number(digits);
  const args = [kind === "O" ? "O8" : kind + digits, false, true];
  const sizes =
    kind === "U" ? [4 * width, 4, 8] : kind === "S" || kind === "V" ? [width, 1, 0] : [-1, -1, kind === "O" ? 63 : 0];
  const state =
    kind === "M" || kind === "m"
      ? [4, order, null, null, null, ...sizes, unitOf(unit, count)]
      : [3, order, null, null, null, ...sizes];
  return reduction("numpy", "dtype", args, { state: PythonTuple.take(state) });
}

function unitOf(unit: string, count: string): PythonTuple {
  return PythonTuple.of<unknown>(
    null,
    PythonTuple.of<unknown>(new Uint8Array(Buffer.from(unit)), count === "" ? 1 : Number(count), 1, 1),
  );
}

export function arrayReduction(array: NdArray): Reduction {
  const { dtype, shape, data } = array;
  const [, , kind = "", digits = ""] = NAME.exec(dtype) ?? [];
  const count = shape.reduce((product, size) => product * size, 1);
  const perElement = kind === "c" ? 2 : kind === "V" ? Number(digits) : 1;
  if (kind === "" || data.length !== count * perElement) {
    throw new SealtraceError(
      "SEALTRACE_VALUE_UNSUPPORTED",
      `An NdArray has ${data.length} elements, which its shape and dtype ${JSON.stringify(dtype)} don't fit.`,
    );
  }
  const content = kind === "O" ? [...data] : bytesOf(array, kind, Number(digits));
  return reduction(
    "numpy.core.multiarray",
    "_reconstruct",
    [new PythonGlobal("numpy", "ndarray"), PythonTuple.take([0]), Uint8Array.of(0x62)],
    {
      state: PythonTuple.take<unknown>([1, PythonTuple.take([...shape]), new DType(dtype), false, content]),
    },
  );
}

function bytesOf({ data, dtype }: NdArray, kind: string, width: number): Uint8Array {
  if (ArrayBuffer.isView(data)) return littleEndian(data);
  const bytes = Buffer.alloc(data.length * width * (kind === "U" ? 4 : 1));
  data.forEach((element, i) => {
    const encoded = kind === "U" && typeof element === "string" ? utf32(element) : element;
    const room = width * (kind === "U" ? 4 : 1);
    if (!(encoded instanceof Uint8Array) || encoded.length > room) {
      throw new SealtraceError(
        "SEALTRACE_VALUE_UNSUPPORTED",
        `Element ${i} of an NdArray does not fit its dtype ${JSON.stringify(dtype)}.`,
      );
    }
    bytes.set(encoded, i * room);
  });
  return new Uint8Array(bytes);
}

function utf32(text: string): Uint8Array {
  const points = Array.from(text, (character) => character.codePointAt(0) as number);
  const bytes = Buffer.alloc(4 * points.length);
  points.forEach((point, i) => bytes.writeUInt32LE(point, 4 * i));
  return bytes;
}

function littleEndian(view: ArrayBufferView): Uint8Array {
  const bytes = Buffer.from(new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
  const width = (view as Uint8Array).BYTES_PER_ELEMENT;
  if (!LITTLE_ENDIAN && width === 2) bytes.swap16();
  else if (!LITTLE_ENDIAN && width === 4) bytes.swap32();
  else if (!LITTLE_ENDIAN && width === 8) bytes.swap64();
  return new Uint8Array(bytes);
}
