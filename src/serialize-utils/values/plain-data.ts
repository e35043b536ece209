/** Plain data: null, booleans, numbers, strings, arrays, and objects that are nothing but their properties. */
import { SealtraceError } from "../../record/index.ts";

export type PlainObject = Record<string, unknown>;

/** An object without a class, of any realm. */
export function isPlainObject(value: object): value is PlainObject {
  const prototype = Object.getPrototypeOf(value) as object | null;
  return prototype === null || prototype === Object.prototype || isForeignObjectPrototype(prototype);
}

/** `Object.prototype` of another realm, as of a vm context. */
function isForeignObjectPrototype(prototype: object): boolean {
  return (
    Object.getPrototypeOf(prototype) === null &&
    Object.hasOwn(prototype, "isPrototypeOf") &&
    Object.hasOwn(prototype, "__lookupGetter__")
  );
}

/** Sets a property as data, whatever its name: `__proto__` by assignment would change what the object is. */
export function setProperty(target: object, key: string, value: unknown): void {
  if (key === "__proto__") {
    Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
  } else {
    (target as PlainObject)[key] = value;
  }
}

/** The properties of a content that must be an object. `what` it describes stands in the error. */
export function readProperties(content: unknown, what: string): [string, unknown][] {
  if (typeof content === "object" && content !== null && !Array.isArray(content)) return Object.entries(content);
  throw new SealtraceError("SEALTRACE_INVALID_DATA", `The content of a ${what} must be an object.`);
}
