/** NumPy's arrays. */

export type NdArrayData =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Float32Array
  | Float64Array
  | string[]
  | unknown[];

/**
 * `numpy.ndarray`. `dtype` is NumPy's own short name, as `<f8`, always little-endian; `shape` has the length of each dimension; `data` the elements in C order,
 * the last index running fastest.
 *
 * | dtype | data |
 * |---|---|
 * | `\|b1` (0 or 1), `\|u1`, `\|i1`, `<i2` ... `<u8` | the integer array of that width |
 * | `<f4`, `<f8` | Float32Array, Float64Array |
 * | `<f2` | Uint16Array of the bits |
 * | `<c8`, `<c16` | the float array, real and imaginary part in turn |
 * | `<M8[...]`, `<m8[...]` | BigInt64Array of the units since 1970, or of the span |
 * | `<U...` | strings |
 * | `\|S...` | an array of Uint8Array |
 * | `\|O` | the objects |
 * | `\|V...` | Uint8Array of the raw bytes |
 */
export class NdArray<Data extends NdArrayData = NdArrayData> {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data: Data;

  constructor(dtype: string, shape: readonly number[], data: Data) {
    this.dtype = dtype;
    this.shape = shape;
    this.data = data;
  }
}
