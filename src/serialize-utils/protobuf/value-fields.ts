/** The fields of `schemas/sealtrace-value.proto`, which says what they mean. In every message a value is field 2. */
export const VALUE = {
  mark: 1,
  boolean: 2,
  integer: 3,
  number: 4,
  string: 5,
  bytes: 6,
  list: 7,
  object: 8,
  rich: 9,
  reference: 10,
  bigInteger: 11,
  symbol: 12,
  date: 13,
} as const;

export const PROPERTY = 1;
export const NAME = 1;
export const NESTED_VALUE = 2;

export const MARKS = { null: 0, undefined: 1, hole: 2 } as const;
