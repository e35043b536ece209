/** Python's containers as JavaScript's: what dicts, lists and sets become, and what fills them. */
import { setProperty } from "../../values/plain-data.ts";
import { ITEMS_BETWEEN_LOOKS, watched } from "../../values/watched.ts";
import { PythonTuple } from "../python/tuple.ts";
import type { PickleState } from "./state.ts";

export function isList(value: unknown): value is unknown[] {
  return Array.isArray(value) && !(value instanceof PythonTuple);
}

/** A dict with nothing but strings for keys so far. */
export function isPlainDict(value: unknown): value is object {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function isDictMap(value: unknown): value is Map<unknown, unknown> {
  return value instanceof Map && Object.getPrototypeOf(value) === Map.prototype;
}

/** Keys and values in turn, on the stack from `from` on, into what lies before them. Python's rule for a key that comes twice: the last one counts. */
export function setItems(state: PickleState, from: number, at: number): void {
  const { stack } = state;
  let target = stack[from - 1];
  if (!isPlainDict(target) && !isDictMap(target)) {
    const { values, depth } = state.cut(from);
    state.deepen(depth + 1);
    state.handlers.setItems(target, values, at);
    return;
  }
  const { values, depth } = state.cut(from);
  state.deepen(depth + 1);
  for (let i = 0; i < values.length; i += 2) {
    const key = values[i];
    if (i % ITEMS_BETWEEN_LOOKS === ITEMS_BETWEEN_LOOKS - 2) state.look();
    if (target instanceof Map) target.set(key, values[i + 1]);
    else if (typeof key === "string") setProperty(target as object, key, values[i + 1]);
    else {
      const map = new Map<unknown, unknown>(Object.entries(target as object));
      state.replace(target, map);
      stack[from - 1] = map;
      target = map.set(key, values[i + 1]);
    }
  }
}

/** The values on the stack from `from` on, into the list that lies before them. */
export function append(state: PickleState, from: number, at: number): void {
  const target = state.stack[from - 1];
  const { values, depth } = state.cut(from);
  state.deepen(depth + 1);
  if (isList(target)) for (const value of values) target.push(value);
  else state.handlers.append(target, values, at);
}

export function addItems(state: PickleState, from: number, at: number): void {
  const target = state.stack[from - 1];
  const { values, depth } = state.cut(from);
  state.deepen(depth + 1);
  if (target instanceof Set && Object.getPrototypeOf(target) === Set.prototype) {
    for (const value of watched(values, () => {
      state.look();
    }))
      target.add(value);
  } else state.handlers.append(target, values, at);
}
