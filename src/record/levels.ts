/** The five levels, from least to most severe. The number is what levels are compared by. */
export const LEVELS = { DEBUG: 10, INFO: 20, WARNING: 30, ERROR: 40, CRITICAL: 50 } as const;

export type Level = keyof typeof LEVELS;

export const LEVEL_NAMES: readonly Level[] = Object.keys(LEVELS) as Level[];

/** True for one of the five level names, written in capitals. */
export function isLevel(value: unknown): value is Level {
  return typeof value === "string" && Object.hasOwn(LEVELS, value);
}
