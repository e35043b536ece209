/** Whether JSON.stringify alone does it right. */
import { RICH_KEY } from "./format.ts";

/** Beyond, the writer that doesn't recurse takes over. */
const MAX_DEPTH = 200;

/**
 * Whether a value is a tree of plain data, no object of which stands in two places, and not too deep for JSON.stringify. False when in doubt. Of properties
 * that are getters, what they give now is looked at.
 */
export function isPlainTree(value: unknown): boolean {
  return isPlainItem(value, MAX_DEPTH, new MetObjects());
}

function isPlainItem(item: unknown, levels: number, met: MetObjects): boolean {
  return typeof item === "object" && item !== null ? isPlainContainer(item, levels, met) : isPlainScalar(item);
}

function isPlainContainer(container: object, levels: number, met: MetObjects): boolean {
  if (levels === 0 || met.hasMet(container)) return false;
  const prototype = Object.getPrototypeOf(container) as object | null;
  // Most items are strings: worth a look before anything is called.
  if (Array.isArray(container)) {
    if (prototype !== Array.prototype) return false;
    for (const item of container as unknown[]) {
      if (typeof item !== "string" && !isPlainItem(item, levels - 1, met)) return false;
    }
    return true;
  }
  if (prototype !== Object.prototype && prototype !== null) return false;
  // for...in is by far the fastest; if something was added to Object.prototype, that is looked at too.
  for (const key in container) {
    if (key === RICH_KEY) return false;
    const item = (container as Record<string, unknown>)[key];
    if (typeof item !== "string" && !isPlainItem(item, levels - 1, met)) return false;
  }
  return true;
}

/** Neither NaN nor an infinity nor -0. */
export function isPlainNumber(value: number): boolean {
  return Number.isFinite(value) && (value !== 0 || 1 / value > 0);
}

/** Whether a container holds nothing but what JSON.stringify writes right, and no other containers. False when in doubt. */
export function isPlainLeaf(container: object): boolean {
  if (Array.isArray(container)) {
    for (const item of container as unknown[]) if (!isPlainScalar(item)) return false;
    return true;
  }
  for (const key in container) {
    if (key === RICH_KEY || !isPlainScalar((container as Record<string, unknown>)[key])) return false;
  }
  return true;
}

function isPlainScalar(value: unknown): boolean {
  switch (typeof value) {
    case "string":
    case "boolean":
      return true;
    case "number":
      return isPlainNumber(value);
    default:
      return value === null;
  }
}

/** Tells whether an object comes again. */
class MetObjects {
  readonly #few: object[] = [];
  #many: Set<object> | undefined;
  #count = 0;

  /** Whether it comes again. */
  hasMet(object: object): boolean {
    if (this.#many !== undefined) {
      this.#count += 1;
      return this.#many.add(object).size < this.#count;
    }
    if (this.#few.includes(object)) return true;
    if (this.#few.push(object) === FEW) {
      this.#many = new Set(this.#few);
      this.#count = FEW;
    }
    return false;
  }
}

/** So few are compared faster than they are put into a set. */
const FEW = 8;
