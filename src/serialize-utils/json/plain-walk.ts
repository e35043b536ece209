/** Whether JSON.stringify alone does it right. */
import { RICH_KEY } from "./format.ts";

/** Beyond, the writer that doesn't recurse takes over. */
const MAX_DEPTH = 200;

/**
 * Whether a value is a tree of plain data, no object of which stands in two places, and not too deep for JSON.stringify. False when in doubt. Of properties
 * that are getters, what they give now is looked at.
 */
export function isPlainTree(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return isPlainScalar(value);
  const met = new MetObjects();
  return isPlainContainer(value, MAX_DEPTH, met) && met.areDifferent();
}

function isPlainContainer(container: object, levels: number, met: MetObjects): boolean {
  if (levels === 0 || !met.add(container)) return false;
  const prototype = Object.getPrototypeOf(container) as object | null;
  if (Array.isArray(container)) {
    if (prototype !== Array.prototype) return false;
    for (const item of container as unknown[]) {
      if (
        !(typeof item === "object" && item !== null ? isPlainContainer(item, levels - 1, met) : isPlainScalar(item))
      ) {
        return false;
      }
    }
    return true;
  }
  if (prototype !== Object.prototype && prototype !== null) return false;
  // for...in is by far the fastest; if something was added to Object.prototype, that is looked at too.
  for (const key in container) {
    if (key === RICH_KEY) return false;
    const item = (container as Record<string, unknown>)[key];
    if (!(typeof item === "object" && item !== null ? isPlainContainer(item, levels - 1, met) : isPlainScalar(item))) {
      return false;
    }
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

/** Finds out whether an object is met twice: not at once, which would cost three times as much, but before it has cost much. */
class MetObjects {
  #fresh: object[] = [];
  #old: Set<object> | undefined;
  #count = 0;

  /** False if one was met twice, of those so far. */
  add(object: object): boolean {
    return this.#fresh.push(object) < MAX_FRESH || this.#store();
  }

  areDifferent(): boolean {
    if (this.#old !== undefined || this.#fresh.length > MAX_COMPARED) return this.#store();
    return this.#fresh.every((object, i) => this.#fresh.indexOf(object) === i);
  }

  #store(): boolean {
    this.#count += this.#fresh.length;
    if (this.#old === undefined) this.#old = new Set(this.#fresh);
    else for (const object of this.#fresh) this.#old.add(object);
    this.#fresh = [];
    return this.#old.size === this.#count;
  }
}

const MAX_FRESH = 1_024;
/** So few are compared faster than they are put into a set. */
const MAX_COMPARED = 8;
