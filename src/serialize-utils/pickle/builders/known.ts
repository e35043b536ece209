/** All names that the loader knows without being told: what the scanner calls safe is this list too. */
import { SealtraceError } from "../../../record/index.ts";
import { PythonGlobal } from "../python/global.ts";
import { isGlobal, type PickleBuilder } from "./builder.ts";
import { BUILT_IN } from "./built-in.ts";
import { COLLECTIONS } from "./collections.ts";
import { DATE_TIME } from "./date-time.ts";
import { NUMPY } from "./numpy.ts";
import { SCALARS } from "./scalars.ts";

/**
 * CPython writes a ZoneInfo by way of `getattr(ZoneInfo, "_unpickle")`, which is all that this takes: what `getattr` gives otherwise could be anything. So it is
 * none of the names that are safe.
 */
export const GETATTR: PickleBuilder = {
  create: (args) => {
    if (isZoneInfoMethod(args)) return new PythonGlobal("zoneinfo", "ZoneInfo._unpickle");
    throw new SealtraceError("SEALTRACE_TYPE_REFUSED", "It calls builtins.getattr, which could lead to anything.");
  },
};

export function isZoneInfoMethod([type, name]: readonly unknown[]): boolean {
  return isGlobal(type, "zoneinfo", "ZoneInfo") && name === "_unpickle";
}

export const BUILT_IN_BUILDERS: ReadonlyMap<string, PickleBuilder> = new Map(
  Object.entries({ ...BUILT_IN, ...SCALARS, ...DATE_TIME, ...COLLECTIONS, ...NUMPY }),
);
