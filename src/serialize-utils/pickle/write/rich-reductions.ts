/** JavaScript's values that Python has no like of: `types.SimpleNamespace(sealtrace=..., value=...)`, which `read/rich-values.ts` reads. */
import { richTypeOf } from "../../values/rich-types.ts";
import { reduction, type Reduction } from "./reduction.ts";

export const UNDEFINED_REDUCTION: Reduction = namespace({ sealtrace: "undefined" });

function namespace(state: object): Reduction {
  return reduction("types", "SimpleNamespace", [], { state });
}

/** Undefined for what is no rich type. */
export function richReduction(value: object): Reduction | undefined {
  const type = richTypeOf(value);
  return type === undefined ? undefined : namespace({ sealtrace: type.name, value: type.takeApart(value) });
}

/** Undefined for a symbol that only this program has. */
export function symbolReduction(symbol: symbol): Reduction | undefined {
  const key = Symbol.keyFor(symbol);
  return key === undefined ? undefined : namespace({ sealtrace: "Symbol", value: key });
}

/** An array with holes: its length, then indexes and values in turn. */
export function sparseReduction(array: readonly unknown[]): Reduction {
  const indexes = Object.keys(array).filter((key) => String(Number(key) >>> 0) === key);
  const items = indexes.flatMap((key) => [Number(key), array[Number(key)]]);
  return namespace({ sealtrace: "Array", value: { length: array.length, items } });
}
