/** All names that the loader knows without being told: what the scanner calls safe is this list too. */
import type { PickleBuilder } from "./builder.ts";
import { BUILT_IN } from "./built-in.ts";
import { COLLECTIONS } from "./collections.ts";
import { DATE_TIME } from "./date-time.ts";
import { NUMPY } from "./numpy.ts";
import { SCALARS } from "./scalars.ts";

export const BUILT_IN_BUILDERS: ReadonlyMap<string, PickleBuilder> = new Map(
  Object.entries({ ...BUILT_IN, ...SCALARS, ...DATE_TIME, ...COLLECTIONS, ...NUMPY }),
);
