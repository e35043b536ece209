/** Python's sequences and sets that can't be changed, as subclasses of JavaScript's, so that they come back as what they were. */

/** A tuple: an array in every way. What `map`, `slice` and the like make of it are arrays. */
export class PythonTuple<Item = unknown> extends Array<Item> {
  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }

  /** A tuple of these items, of which a single number is not a length. */
  static override of<Item>(...items: Item[]): PythonTuple<Item> {
    return PythonTuple.take(items);
  }

  /** The array itself, made a tuple. */
  static take<Item>(items: Item[]): PythonTuple<Item> {
    return Object.setPrototypeOf(items, PythonTuple.prototype) as PythonTuple<Item>;
  }
}

/** A frozenset. That it can't be changed is Python's rule; here nobody holds it. */
export class PythonFrozenSet<Item = unknown> extends Set<Item> {}
