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
  if (kind === "O") return { bytes: "objects", isPadded: false };
  const count = (shape as unknown[]).reduce<number>(
    (product, size) => product * (Number.isSafeInteger(size) ? (size as number) : NaN),
    1,
  );
  const width = digits === "" ? 1 : Number(digits) * (kind === "U" ? 4 : 1);
  const isRecord = dtype.states.some(
    (state) => Array.isArray(state) && state[3] !== null && state[3] !== undefined && hasObjects(state[4]),
  );
  if (isRecord || !(count >= 0)) return undefined;
  return { bytes: count * width, isPadded: typeof alignment === "number" };
}

/** Records of which a field holds objects are pickled whole. */
function hasObjects(fields: unknown): boolean {
  if (typeof fields !== "object" || fields === null) return true;
  return Object.values(fields).some((field) => {
    const [dtype] = Array.isArray(field) ? (field as unknown[]) : [];
    return !(dtype instanceof PythonObject) || typeof dtype.args[0] !== "string" || /[OV]/.test(dtype.args[0]);
  });
}
