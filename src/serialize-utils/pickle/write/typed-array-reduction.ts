/** Typed arrays as `array.array`, which every Python has, without NumPy. */
import { typedArrayType } from "../../values/typed-arrays.ts";
import { PythonGlobal } from "../python/global.ts";
import { reduction, type Reduction } from "./reduction.ts";

/** Typecode, and the format of `array`'s module for it in little-endian order. Others have a rich type's form. */
const FORMATS: ReadonlyMap<string, readonly [typecode: string, format: number]> = new Map([
  ["Int8Array", ["b", 1]],
  ["Uint16Array", ["H", 2]],
  ["Int16Array", ["h", 4]],
  ["Uint32Array", ["I", 6]],
  ["Int32Array", ["i", 8]],
  ["BigUint64Array", ["Q", 10]],
  ["BigInt64Array", ["q", 12]],
  ["Float32Array", ["f", 14]],
  ["Float64Array", ["d", 16]],
]);

const ARRAY = new PythonGlobal("array", "array");

export function typedArrayReduction(value: object): Reduction | undefined {
  if (!ArrayBuffer.isView(value)) return undefined;
  const type = typedArrayType(value);
  const format = type === undefined ? undefined : FORMATS.get(type.name);
  if (
    type === undefined ||
    format === undefined ||
    (Object.getPrototypeOf(value) as object).constructor.name !== type.name
  )
    return undefined;
  return reduction("array", "_array_reconstructor", [
    ARRAY,
    ...format,
    new Uint8Array(type.takeApart(value) as Uint8Array),
  ]);
}
