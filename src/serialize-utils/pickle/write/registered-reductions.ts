import type { PickleClass, PickleClasses, PickleParts } from "../builders/registered.ts";
import { PythonGlobal } from "../python/global.ts";
import type { Reduction } from "./reduction.ts";

/** What instances of the registered classes are written as; undefined for those of others. */
export function registeredReductions(registry: PickleClasses): (value: object) => Reduction | undefined {
  const byPrototype = new Map<object, (value: object) => Reduction>();
  for (const [key, entry] of Object.entries(registry)) {
    const form: PickleClass = typeof entry === "function" ? { class: entry } : entry;
    if (form.class === undefined) continue;
    const colon = key.indexOf(":");
    const callable = new PythonGlobal(key.slice(0, colon), key.slice(colon + 1));
    const { prototype } = form.class as { readonly prototype: object };
    byPrototype.set(prototype, (value) => {
      const { args = [], state }: PickleParts = form.write?.(value as never) ?? { state: { ...value } };
      return { callable, args, isNew: true, state };
    });
  }
  return (value) => byPrototype.get(Object.getPrototypeOf(value) as object)?.(value);
}
