import { types } from "node:util";
import { SealtraceError } from "../../record/index.ts";
import { beginError, fillError, takeErrorApart } from "./errors.ts";
import { readProperties } from "./plain-data.ts";
import { isReservedName } from "./rich-types.ts";

/** Anything that `new` can be said to. */
export type AnyClass = abstract new (...parameters: never[]) => object;

/** A class whose instances are written as something of your own choice. */
export interface ClassForm<Instance extends object = object, Content = unknown> {
  readonly class: abstract new (...parameters: never[]) => Instance;
  /** What is written of an instance: plain or rich data. */
  readonly write: (instance: Instance) => Content;
  /** An instance, of what was written, which may come from anywhere. What it throws becomes the cause of SEALTRACE_INVALID_DATA. */
  readonly read: (content: unknown) => Instance;
}

/** A {@link ClassForm}, of whatever class. */
export interface AnyClassForm {
  readonly class: AnyClass;
  readonly write: (instance: never) => unknown;
  readonly read: (content: unknown) => object;
}

/**
 * The classes whose instances survive, by the names under which they are written. For a bare class the own enumerable properties are written, and given
 * to a new object with the class's prototype; its constructor isn't called. For a bare subclass of Error, message, cause and errors survive too. What has more
 * inside than its properties (a subclass of Map, of Array) needs a form. Nothing else is ever looked up by a name from the content.
 *
 * The names of types that survive anyway (`Map`, `Date`, `Uint8Array`, ..., also `BigInt`, `Symbol`, `undefined`, `hole`) are refused with SEALTRACE_USAGE.
 */
export type ClassRegistry = Readonly<Record<string, AnyClass | AnyClassForm>>;

/** How a registered class is taken apart and put together; made first and filled later where cycles may lead back to it. */
export interface RegisteredClass {
  readonly name: string;
  readonly takeApart: (instance: object) => unknown;
  /** Undefined where the instance can only be made of its whole content. */
  readonly begin?: () => object;
  readonly fill?: (instance: object, content: unknown) => void;
  readonly build?: (content: unknown) => object;
}

/** A registry, looked up from both sides. */
export class KnownClasses {
  readonly #byName = new Map<string, RegisteredClass>();
  readonly #byPrototype = new Map<object, RegisteredClass>();
  readonly #entries = new Map<string, AnyClass | AnyClassForm>();

  constructor(registry: ClassRegistry = {}) {
    for (const [name, entry] of Object.entries(registry)) {
      if (isReservedName(name)) throw reservedName(name);
      const known =
        typeof entry === "function" ? bareClass(name, entry) : classWithForm(name, entry as unknown as ClassForm);
      const { prototype } = (typeof entry === "function" ? entry : entry.class) as { readonly prototype: object };
      this.#entries.set(name, entry);
      this.#byName.set(name, known);
      this.#byPrototype.set(prototype, known);
    }
  }

  /** Whether they are still what the registry says. */
  areThoseOf(registry: ClassRegistry): boolean {
    let count = 0;
    for (const name in registry) {
      if (this.#entries.get(name) !== registry[name]) return false;
      count += 1;
    }
    return count === this.#entries.size;
  }

  named(name: string): RegisteredClass | undefined {
    return this.#byName.get(name);
  }

  /** Of exactly this prototype: an instance of an unregistered subclass is no instance of the class. */
  withPrototype(prototype: object): RegisteredClass | undefined {
    return this.#byPrototype.get(prototype);
  }
}

export const NO_CLASSES: KnownClasses = new KnownClasses();

/** Those of a registry. Of one that is used again, what was made the first time: it costs as much as writing a small record. */
export function knownClasses(registry: ClassRegistry | undefined): KnownClasses {
  if (registry === undefined) return NO_CLASSES;
  const made = MADE.get(registry);
  if (made?.areThoseOf(registry) === true) return made;
  const known = new KnownClasses(registry);
  MADE.set(registry, known);
  return known;
}

const MADE = new WeakMap<ClassRegistry, KnownClasses>();

function bareClass(name: string, { prototype }: { readonly prototype: object }): RegisteredClass {
  if (prototype instanceof Error) {
    return {
      name,
      takeApart: (instance) => takeErrorApart(instance as Error),
      begin: () => beginError(prototype, name),
      fill: fillError,
    };
  }
  return {
    name,
    takeApart: (instance) => {
      if (!hasMoreInside(instance)) return { ...instance };
      throw new SealtraceError(
        "SEALTRACE_VALUE_UNSUPPORTED",
        `An instance of ${name} is more than its properties: register the class with a form, { class, write, read }.`,
      );
    },
    begin: () => Object.create(prototype) as object,
    fill: (instance, content) => {
      for (const [key, value] of readProperties(content, name)) {
        Object.defineProperty(instance, key, { value, writable: true, enumerable: true, configurable: true });
      }
    },
  };
}

function classWithForm(name: string, form: ClassForm): RegisteredClass {
  return {
    name,
    takeApart: (instance) => form.write(instance),
    build: (content) => {
      try {
        return form.read(content);
      } catch (cause) {
        throw new SealtraceError("SEALTRACE_INVALID_DATA", `It holds no ${name}: ${String(cause)}`, { cause });
      }
    },
  };
}

function reservedName(name: string): SealtraceError {
  return new SealtraceError(
    "SEALTRACE_USAGE",
    `No class can be registered as ${JSON.stringify(name)}, which is what a type of the language is written as: choose another name, such as ${JSON.stringify(`My${name}`)}.`,
  );
}

function hasMoreInside(instance: object): boolean {
  return (
    Array.isArray(instance) ||
    ArrayBuffer.isView(instance) ||
    types.isAnyArrayBuffer(instance) ||
    types.isMap(instance) ||
    types.isSet(instance) ||
    types.isDate(instance) ||
    types.isRegExp(instance) ||
    types.isPromise(instance) ||
    types.isWeakMap(instance) ||
    types.isWeakSet(instance) ||
    types.isBoxedPrimitive(instance)
  );
}
