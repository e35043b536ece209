/**
 * A last walk over values whose parts are shared: how deep they are can't be known while they are made, and something that was replaced after it had been put
 * elsewhere (a dict that became a Map with its first key that is no string) is replaced there. Iterative: a cycle is left where it closes.
 */
import { limitExceeded } from "../../limits.ts";
import { setProperty } from "../../values/plain-data.ts";
import type { PickleState } from "../machine/state.ts";

interface Visit {
  readonly value: object;
  readonly children: readonly unknown[];
  next: number;
  deepest: number;
}

/** The value, settled. Throws SEALTRACE_LIMIT_EXCEEDED for what is too deep. */
export function settle(root: unknown, state: PickleState): unknown {
  const result = state.resolve(root);
  if (!isBranch(result)) return result;
  /** How many levels each has; 0 while it is being visited. */
  const depths = new Map<object, number>([[result, 0]]);
  const visits: Visit[] = [begin(result, state)];
  for (;;) {
    const visit = visits.at(-1) as Visit;
    if (visit.next < visit.children.length) {
      const child = visit.children[visit.next++];
      if (!isBranch(child)) continue;
      const depth = depths.get(child);
      if (depth !== undefined) visit.deepest = Math.max(visit.deepest, depth);
      else {
        depths.set(child, 0);
        visits.push(begin(child, state));
      }
    } else {
      visits.pop();
      const depth = visit.deepest + 1;
      if (depth > state.maxDepth) throw limitExceeded("maxDepth", state.maxDepth);
      depths.set(visit.value, depth);
      const parent = visits.at(-1);
      if (parent === undefined) return result;
      parent.deepest = Math.max(parent.deepest, depth);
    }
  }
}

function begin(value: object, state: PickleState): Visit {
  if (state.mustReplace) replaceIn(value, state);
  const children = childrenOf(value);
  state.spend(children.length);
  return { value, children, next: 0, deepest: 0 };
}

function isBranch(value: unknown): value is object {
  return typeof value === "object" && value !== null && !ArrayBuffer.isView(value);
}

function childrenOf(value: object): readonly unknown[] {
  if (Array.isArray(value)) return value as unknown[];
  if (value instanceof Map) return [...value.keys(), ...value.values()];
  if (value instanceof Set) return [...value];
  const { cause, errors } = value as { readonly cause?: unknown; readonly errors?: unknown };
  const values = Object.values(value) as unknown[];
  return value instanceof Error ? [...values, cause, errors] : values;
}

function replaceIn(value: object, state: PickleState): void {
  if (value instanceof Map) {
    const entries = [...value];
    if (!entries.flat(1).some((part) => state.resolve(part) !== part)) return;
    value.clear();
    for (const [key, item] of entries) value.set(state.resolve(key), state.resolve(item));
  } else if (value instanceof Set) {
    const items = [...value];
    if (!items.some((item) => state.resolve(item) !== item)) return;
    value.clear();
    for (const item of items) value.add(state.resolve(item));
  } else {
    const keys = value instanceof Error ? [...Object.keys(value), "cause", "errors"] : Object.keys(value);
    for (const key of keys) {
      const old = (value as Record<string, unknown>)[key];
      const item = state.resolve(old);
      if (item !== old) setProperty(value, key, item);
    }
  }
}
