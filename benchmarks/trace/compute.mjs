/** The function whose calls are recorded. */
export function compute(x, y) {
  return x * y;
}

/** As in a real program, most calls are made in another one. */
export const CALLS_PER_ROUND = 100;
