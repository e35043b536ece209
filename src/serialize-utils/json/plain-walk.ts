/** Whether JSON.stringify alone does it right. */
import { RICH_KEY } from "./format.ts";

/** Beyond, the writer that doesn't recurse takes over. */
const MAX_DEPTH = 200;

/**
 * Whether a value is a tree of plain data, no object of which stands in two places, and not too deep for JSON.stringify. False when in doubt. Of properties
 * that are getters, what they give now is looked at.
 */
export function isPlainTree(value: unknown): boolean {
  return isPlain(value, MAX_DEPTH, new SeenObjects());
}

function isPlain(value: unknown, levels: number, seen: SeenObjects): boolean {
  switch (typeof value) {
    case "string":
    case "boolean":
      return true;
    case "number":
      return isPlainNumber(value);
    case "object":
      return value === null || (levels > 0 && seen.add(value) && isPlainContainer(value, levels - 1, seen));
    default:
      return false;
  }
}

function isPlainContainer(value: object, levels: number, seen: SeenObjects): boolean {
  const prototype = Object.getPrototypeOf(value) as object | null;
  if (Array.isArray(value)) {
    if (prototype !== Array.prototype) return false;
    for (const item of value as unknown[]) if (!isPlain(item, levels, seen)) return false;
    return true;
  }
  if (prototype !== Object.prototype && prototype !== null) return false;
  // for...in is by far the fastest; if something was added to Object.prototype, that is looked at too.
  for (const key in value) {
    if (key === RICH_KEY || !isPlain((value as Record<string, unknown>)[key], levels, seen)) return false;
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

/** A set of objects that costs next to nothing as long as there are few. */
class SeenObjects {
  readonly #few: object[] = [];
  #many: Set<object> | undefined;

  /** False if it is there already. */
  add(object: object): boolean {
    if (this.#many === undefined) {
      if (this.#few.includes(object)) return false;
      if (this.#few.push(object) > MAX_FEW) this.#many = new Set(this.#few);
      return true;
    }
    const before = this.#many.size;
    return this.#many.add(object).size > before;
  }
}

const MAX_FEW = 8;
