/**
 * JavaScript's values that Python has no like of, as `types.SimpleNamespace(sealtrace="URL", value="https://...")`: what Python loads, prints and compares
 * without knowing us, and what no dict of somebody else's data can be mistaken for.
 */
import type { PickleBuilder } from "../builders/builder.ts";
import { expectAttributes, expected } from "../builders/builder.ts";
import { PythonNamespace } from "../python/object.ts";
import type { KnownClasses } from "../../values/class-registry.ts";
import { richTypeNamed } from "../../values/rich-types.ts";

export const NAMESPACE = "types:SimpleNamespace";

/** `spend` counts what a length only claims. */
export function namespaceBuilder(classes: KnownClasses, spend: (values: number) => void): PickleBuilder {
  return {
    create: (args) => {
      if (args.length > 0) throw expected("no arguments");
      return new PythonNamespace();
    },
    setState: (_instance, state, look) => {
      const attributes = expectAttributes(state) as Readonly<Record<string, unknown>>;
      const { sealtrace: kind, value, name } = attributes;
      if (kind === undefined) return new PythonNamespace(attributes);
      return kind === "class" ? buildInstance(classes, name, value) : buildRich(kind, value, spend, look);
    },
  };
}

/** A value that is undefined; as a result undefined would say that the instance stays. */
export const UNDEFINED: unique symbol = Symbol("undefined");

function buildRich(kind: unknown, value: unknown, spend: (values: number) => void, look: () => void): unknown {
  if (kind === "undefined") return UNDEFINED;
  if (kind === "Symbol" && typeof value === "string") return Symbol.for(value);
  if (kind === "Array") return buildSparse(expectAttributes(value), spend);
  if (kind === "Object") return Object.fromEntries(pairsOf(value));
  const type = typeof kind === "string" ? richTypeNamed(kind) : undefined;
  if (type === undefined) throw expected("a type that this version of sealtrace knows");
  if ("build" in type) return type.build(value);
  const target = type.begin(value);
  type.fill(target, value, look);
  return target;
}

function pairsOf(value: unknown): [string, unknown][] {
  if (
    Array.isArray(value) &&
    value.every((pair) => Array.isArray(pair) && pair.length === 2 && typeof pair[0] === "string")
  ) {
    return value as [string, unknown][];
  }
  throw expected("a list of pairs");
}

/** An array with holes: its length, then indexes and values in turn. */
function buildSparse(content: object, spend: (values: number) => void): unknown[] {
  const { length, items } = content as { readonly length?: unknown; readonly items?: unknown };
  if (!Number.isInteger(length) || (length as number) < 0 || (length as number) >= 2 ** 32 || !Array.isArray(items)) {
    throw expected("the length and items of an array");
  }
  spend(length as number);
  const array: unknown[] = [];
  array.length = length as number;
  for (let i = 0; i < items.length; i += 2) {
    const index = items[i] as unknown;
    if (!Number.isInteger(index) || (index as number) < 0 || (index as number) >= array.length)
      throw expected("an index");
    array[index as number] = items[i + 1];
  }
  return array;
}

function buildInstance(classes: KnownClasses, name: unknown, value: unknown): object {
  const known = typeof name === "string" ? classes.named(name) : undefined;
  if (known === undefined) throw new UnknownClass(String(name));
  if (known.build !== undefined) return known.build(value);
  const instance = known.begin?.() ?? {};
  known.fill?.(instance, value);
  return instance;
}

/** A class that isn't registered: refused like any other global. */
export class UnknownClass extends Error {}
