/** The function whose calls are recorded. */
export function compute(x, y) {
  return x * y;
}
