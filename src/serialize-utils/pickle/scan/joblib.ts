/** joblib writes the bytes of an array among the opcodes, right after the object that describes it. */
import { PythonGlobal } from "../python/global.ts";
import { PythonObject } from "../python/object.ts";

/** How many bytes follow; `objects` for a pickle of the elements; undefined where it can't be told. `padding` is how many of zeros, of which their number is the first. */
export function arrayBytes(
  wrapper: object,
): { readonly bytes: number | "objects"; readonly isPadded: boolean } | undefined {
  const { shape, dtype, numpy_array_alignment_bytes: alignment } = wrapper as Readonly<Record<string, unknown>>;
  if (
    !Array.isArray(shape) ||
    !(dtype instanceof PythonObject) ||
    !(dtype.type instanceof PythonGlobal) ||
    dtype.type.name !== "dtype"
  )
    return undefined;
  const [name] = dtype.args;
  const [, kind, digits] = typeof name === "string" ? (/^[<>=|]?([a-zA-Z?])(\d{0,9})$/.exec(name) ?? []) : [];
  if (kind === undefined) return undefined;
  const states = dtype.states.map(stateOf);
  if (kind === "O" || states.includes("objects")) return { bytes: "objects", isPadded: false };
  const count = (shape as unknown[]).reduce<number>(
    (product, size) => product * (Number.isSafeInteger(size) ? (size as number) : NaN),
    1,
  );
  const width = digits === "" ? 1 : Number(digits) * (kind === "U" ? 4 : 1);
  if (states.includes("unknown") || !(count >= 0)) return undefined;
  return { bytes: count * width, isPadded: alignment !== null && alignment !== undefined };
}

/** `(version, byte order, subarray, names, fields, size, alignment, flags)`: NumPy goes by the flags, whatever the name of the type is. */
function stateOf(state: unknown): "plain" | "objects" | "unknown" {
  if (!Array.isArray(state)) return "unknown";
  const [, , subarray, names, fields, , , flags = 0] = state as unknown[];
  if (!Number.isInteger(flags) || (subarray ?? null) !== null) return "unknown";
  if (((flags as number) & HAS_OBJECTS) !== 0) return "objects";
  return (names ?? null) !== null && hasObjects(fields) ? "unknown" : "plain";
}

/** `NPY_ITEM_REFCOUNT` */
const HAS_OBJECTS = 1;

/** Records of which a field holds objects are pickled whole. */
function hasObjects(fields: unknown): boolean {
  if (typeof fields !== "object" || fields === null) return true;
  return Object.values(fields).some((field) => {
    const [dtype] = Array.isArray(field) ? (field as unknown[]) : [];
    return !(dtype instanceof PythonObject) || typeof dtype.args[0] !== "string" || /[OV]/.test(dtype.args[0]);
  });
}
