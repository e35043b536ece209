/** Reads the header of `.npy` files for the scanner: NumPy evaluates it as an expression of Python, which can say the same in many ways. */

export interface NpyContent {
  /** Where the header ends. */
  readonly start: number;
  /** Where the elements end: undefined where they are objects, a pickle, or may be. */
  readonly end: number | undefined;
}

/** As NumPy writes it, of anything but objects and records. */
const PLAIN =
  /^\{'descr': '[|<>=]?([?a-zA-Z])(\d{0,9})(?:\[\w+\])?', 'fortran_order': (?:True|False), 'shape': \(([\d, ]*)\), ?\}\s*$/;

/** Undefined for what ends within its header. */
export function contentOfNpy(bytes: Uint8Array): NpyContent | undefined {
  if (bytes.length < 12) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const isNew = (bytes[6] as number) >= 2;
  const from = isNew ? 12 : 10;
  const start = from + (isNew ? view.getUint32(8, true) : view.getUint16(8, true));
  if (start > bytes.length) return undefined;
  const [, kind, digits = "", shape = ""] =
    PLAIN.exec(Buffer.from(bytes.subarray(from, start)).toString("latin1")) ?? [];
  if (kind === undefined || kind === "O") return { start, end: undefined };
  const sizes = shape.split(",").filter((size) => size.trim() !== "");
  const count = sizes.reduce((product, size) => product * Number(size), 1);
  const width = digits === "" ? 1 : Number(digits) * (kind === "U" ? 4 : 1);
  const end = start + count * width;
  return { start, end: end <= bytes.length ? end : undefined };
}
