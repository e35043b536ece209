/** `collections`' classes. An OrderedDict is a Map. */
import type { PythonGlobal } from "./global.ts";

/** `collections.defaultdict`: a Map that names what Python would call for a missing key, and never calls it. */
export class PythonDefaultDict<Key = unknown, Value = unknown> extends Map<Key, Value> {
  factory: PythonGlobal | null = null;
}

/** `collections.Counter`. */
export class PythonCounter<Key = unknown> extends Map<Key, unknown> {}

/** `collections.deque`. */
export class PythonDeque<Item = unknown> {
  readonly items: Item[];
  /** Of which the first are dropped when more are added. Null: any number. */
  readonly maxLength: number | null;

  constructor(items: Iterable<Item> = [], maxLength: number | null = null) {
    this.items = [];
    this.maxLength = maxLength;
    this.append(items);
  }

  append(items: Iterable<Item>): void {
    for (const item of items) this.items.push(item);
    if (this.maxLength !== null) this.items.splice(0, Math.max(0, this.items.length - this.maxLength));
  }
}
