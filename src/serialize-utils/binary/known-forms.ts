import type { KnownClasses, RegisteredClass } from "../values/class-registry.ts";
import { invalidContent } from "../values/invalid-content.ts";
import { setProperty, type PlainObject } from "../values/plain-data.ts";
import type { RichType } from "../values/rich-type.ts";
import { richTypeNamed } from "../values/rich-types.ts";
import { bigintOfBytes } from "./bigint-bytes.ts";

/** How a rich form is made into what it stands for. */
export interface KnownForm {
  readonly name: string;
  /** Gets no number, since it is no object. */
  readonly isScalar: boolean;
  /** An unfinished object of what has been read of its items. Undefined where there is none before the whole is known. */
  readonly begin?: (items: readonly unknown[]) => object | undefined;
  readonly finish: (items: readonly unknown[], begun: object | undefined, look: () => void) => unknown;
}

/** What stands under a name, here and for these classes; undefined when nothing does. */
export function knownForm(name: string, classes: KnownClasses): KnownForm | undefined {
  const known = SCALARS.get(name) ?? BUILT_IN.get(name);
  if (known !== undefined) return known;
  const registered = classes.named(name);
  if (registered !== undefined) return classForm(registered);
  const type = richTypeNamed(name);
  if (type === undefined) return undefined;
  const form = typeForm(type);
  BUILT_IN.set(name, form);
  return form;
}

/** Filled with types that exist, and so never with names from a stranger. */
const BUILT_IN = new Map<string, KnownForm>();

const SCALARS: ReadonlyMap<string, KnownForm> = new Map(
  [
    scalar("undefined", 0, () => undefined),
    scalar("BigInt", 1, ([content]) => {
      if (typeof content === "number" && Number.isSafeInteger(content)) return BigInt(content);
      if (typeof content === "bigint") return content;
      if (content instanceof Uint8Array) return bigintOfBytes(content);
      throw invalidContent("BigInt", "an integer, or the bytes of one");
    }),
    scalar("Symbol", 1, ([key]) => {
      if (typeof key !== "string") throw invalidContent("Symbol", "the text of its key");
      return Symbol.for(key);
    }),
  ].map((form) => [form.name, form]),
);

function scalar(name: string, count: number, make: (items: readonly unknown[]) => unknown): KnownForm {
  return {
    name,
    isScalar: true,
    finish: (items) => {
      if (items.length !== count) throw invalidContent(name, count === 0 ? "empty" : "one value");
      return make(items);
    },
  };
}

function typeForm(type: RichType): KnownForm {
  const { name } = type;
  if ("build" in type) return { name, isScalar: false, finish: (items) => type.build(single(name, items)) };
  const content = name === "Map" || name === "Set" ? (items: readonly unknown[]) => items : propertiesOf;
  return {
    name,
    isScalar: false,
    begin: (items) => type.begin(content(items.slice(0, items.length & ~1), name)),
    finish: (items, begun, look) => {
      const whole = content(items, name);
      const target = begun ?? type.begin(whole);
      type.fill(target, whole, look);
      return target;
    },
  };
}

function classForm({ name, begin, fill, build }: RegisteredClass): KnownForm {
  if (build !== undefined) return { name, isScalar: false, finish: (items) => build(single(name, items)) };
  return {
    name,
    isScalar: false,
    ...(begin === undefined ? {} : { begin }),
    finish: (items, begun = begin?.() ?? {}) => {
      fill?.(begun, propertiesOf(items, name));
      return begun;
    },
  };
}

function single(name: string, items: readonly unknown[]): unknown {
  if (items.length !== 1) throw invalidContent(name, "one value");
  return items[0];
}

function propertiesOf(items: readonly unknown[], name: string): PlainObject {
  const properties: PlainObject = {};
  const seen = new Set<string>();
  for (let i = 0; i < items.length; i += 2) {
    const key = items[i];
    if (typeof key !== "string" || i + 1 === items.length || seen.has(key)) {
      throw invalidContent(name, "names and values of properties in turn, each name once");
    }
    seen.add(key);
    setProperty(properties, key, items[i + 1]);
  }
  return properties;
}
