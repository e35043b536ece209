/** The classes that a program registers for its own Python classes. */
import type { AnyClass } from "../../values/class-registry.ts";
import { readProperties } from "../../values/plain-data.ts";
import { expected, type PickleBuilder } from "./builder.ts";

/** What an instance is written as: what Python calls its class with, and what it sets afterwards. */
export interface PickleParts {
  readonly args?: readonly unknown[] | undefined;
  readonly state?: unknown;
}

/** A Python class of your own, in both directions. */
export interface PickleClass extends PickleBuilder {
  /** Whose instances are written as that class. */
  readonly class?: AnyClass | undefined;
  /** What of an instance is written. Default: its own enumerable properties as its state. */
  readonly write?: ((instance: never) => PickleParts) | undefined;
}

/**
 * By `module:name`, as `shop.models:Order`. For a bare class an instance is made without calling its constructor, and given the attributes that Python's had:
 * right for dataclasses and most other classes.
 */
export type PickleClasses = Readonly<Record<string, AnyClass | PickleClass>>;

export function builderOf(entry: AnyClass | PickleClass): PickleBuilder {
  return typeof entry === "function" ? bareClass(entry) : entry;
}

function bareClass(type: AnyClass): PickleBuilder {
  const { prototype } = type as { readonly prototype: object };
  return {
    create: (args) => {
      if (args.length > 0) throw expected("no arguments: a class with some wants a builder with `create`");
      return Object.create(prototype) as object;
    },
    setState: (instance: object, state) => {
      // With __slots__ two dicts: of the attributes that are none, and of those that are.
      const parts = Array.isArray(state) && state.length === 2 ? (state as unknown[]) : [state];
      for (const part of parts) {
        if (part === null) continue;
        // Not by assignment: a setter of the class is none of the content's business.
        for (const [key, value] of readProperties(part, type.name)) {
          Object.defineProperty(instance, key, { value, writable: true, enumerable: true, configurable: true });
        }
      }
    },
  };
}
