/** Walks a value and writes it, without recursion: what is begun lies on stacks of its own. */
import { types } from "node:util";
import { SealtraceError } from "../../../record/index.ts";
import type { KnownClasses } from "../../values/class-registry.ts";
import { isPlainObject } from "../../values/plain-data.ts";
import { unsupportedValue } from "../../values/rich-types.ts";
import { PythonGlobal } from "../python/global.ts";
import { PythonFrozenSet, PythonTuple } from "../python/tuple.ts";
import { areHashable } from "./hashable.ts";
import type { PickleOutput } from "./output.ts";
import { dateReduction, isHarmless, reductionOf } from "./reducers.ts";
import { reduction, type Reduction } from "./reduction.ts";
import { richReduction, sparseReduction, symbolReduction, UNDEFINED_REDUCTION } from "./rich-reductions.ts";
import { typedArrayReduction } from "./typed-array-reduction.ts";

export interface WriterOptions {
  readonly classes: KnownClasses;
  /** What an instance of a registered Python class is written as. */
  readonly pythonReduction: (value: object) => Reduction | undefined;
  readonly onBuffer: ((buffer: Uint8Array) => void) | undefined;
}

/** Something to be done between two values of a plan. */
class Action {
  readonly run: () => void;

  constructor(run: () => void) {
    this.run = run;
  }
}

export class PickleWriter {
  readonly #out: PickleOutput;
  readonly #options: WriterOptions;
  // What is begun: an object with its keys, or an array of values; what comes next; the opcode that ends it.
  readonly #containers: unknown[] = [];
  readonly #keys: (readonly string[] | undefined)[] = [];
  readonly #next: number[] = [];
  readonly #last: number[] = [];
  #top = -1;
  /** Tuples and arguments that are being written, and how much had been memoized when they were begun. */
  readonly #open = new Map<object, number>();
  readonly #globals = new Map<string, PythonGlobal>();

  constructor(out: PickleOutput, options: WriterOptions) {
    this.#out = out;
    this.#options = options;
  }

  write(root: unknown): void {
    const out = this.#out;
    this.#value(root);
    while (this.#top >= 0) {
      const level = this.#top;
      const keys = this.#keys[level];
      const container = this.#containers[level] as Record<string, unknown>;
      const length = keys === undefined ? (container as unknown as unknown[]).length : keys.length;
      let next = this.#next[level] as number;
      while (next < length && this.#top === level) {
        if (keys === undefined) {
          this.#next[level] = next + 1;
          this.#value((container as unknown as unknown[])[next]);
        } else {
          const key = keys[next] as string;
          this.#next[level] = next + 1;
          out.key(key);
          this.#value(container[key]);
        }
        next += 1;
      }
      if (this.#top !== level) continue;
      this.#top -= 1;
      if (this.#last[level] !== 0) out.opcode(this.#last[level] as number);
      out.betweenValues();
    }
  }

  #begin(container: unknown, keys: readonly string[] | undefined, last: number): void {
    this.#top += 1;
    this.#containers[this.#top] = container;
    this.#keys[this.#top] = keys;
    this.#next[this.#top] = 0;
    this.#last[this.#top] = last;
  }

  #value(value: unknown): void {
    switch (typeof value) {
      case "string":
        return this.#out.string(value);
      case "number":
        return this.#out.number(value);
      case "boolean":
        return this.#out.opcode(value ? 0x88 : 0x89); // NEWTRUE, NEWFALSE
      case "bigint":
        return this.#out.bigint(value);
      case "object":
        return value === null ? this.#out.opcode(0x4e) : this.#object(value); // NONE
      case "undefined":
        return this.#reduce(UNDEFINED_REDUCTION, undefined);
      case "symbol": {
        const symbol = symbolReduction(value);
        if (symbol === undefined) throw this.#unsupported(value);
        return this.#reduce(symbol, undefined);
      }
      default:
        throw this.#unsupported(value);
    }
  }

  #object(value: object): void {
    if (this.#out.reference(value)) return;
    const prototype = Object.getPrototypeOf(value) as object | null;
    if (prototype === Object.prototype || prototype === null) this.#dict(value);
    else if (prototype === Array.prototype) this.#list(value as unknown[]);
    else if (value instanceof Action) value.run();
    else if (value instanceof PythonGlobal) this.#namedGlobal(value);
    else this.#instance(value, prototype);
  }

  #dict(value: object): void {
    const keys = Object.keys(value);
    this.#out.opcode(0x7d); // EMPTY_DICT
    this.#out.memoize(value);
    if (keys.length === 0) return;
    this.#out.opcode(0x28); // MARK
    this.#begin(value, keys, 0x75); // SETITEMS
  }

  #list(value: readonly unknown[]): void {
    if (hasHoles(value)) return this.#reduce(sparseReduction(value), value);
    this.#out.opcode(0x5d); // EMPTY_LIST
    this.#out.memoize(value);
    if (value.length === 0) return;
    this.#out.opcode(0x28); // MARK
    this.#begin(value, undefined, 0x65); // APPENDS
  }

  #instance(value: object, prototype: object): void {
    if (value instanceof PythonTuple) this.#tuple(value);
    else if (prototype === PythonFrozenSet.prototype) this.#set(value as PythonFrozenSet);
    else if (prototype === Uint8Array.prototype || prototype === Buffer.prototype) this.#bytes(value as Uint8Array);
    else if (prototype === Date.prototype) this.#reduceOr(value, dateReduction(value as Date));
    else this.#classInstance(value, prototype);
  }

  #classInstance(value: object, prototype: object): void {
    const { classes, pythonReduction } = this.#options;
    // What is Python's own stays that, also when it is registered for other formats.
    const python = pythonReduction(value) ?? reductionOf(value);
    const known = python === undefined ? classes.withPrototype(prototype) : undefined;
    if (known !== undefined) {
      const state = { sealtrace: "class", name: known.name, value: known.takeApart(value) };
      return this.#reduce(reduction("types", "SimpleNamespace", [], { state }), value);
    }
    const reduced = python ?? typedArrayReduction(value);
    if (reduced !== undefined) return this.#reduce(reduced, value);
    if (types.isMap(value) && prototype === Map.prototype) return this.#map(value);
    if (types.isSet(value) && prototype === Set.prototype) return this.#set(value);
    if (Array.isArray(value) && (prototype as { constructor?: { name?: unknown } }).constructor?.name === "Array")
      return this.#list(value);
    if (isPlainObject(value)) return this.#dict(value);
    return this.#reduceOr(value, undefined);
  }

  /** As given, or in the form that every rich type has, or as its method `toJSON` says. */
  #reduceOr(value: object, reduced: Reduction | undefined): void {
    const form = reduced ?? richReduction(value);
    if (form !== undefined) return this.#reduce(form, value);
    const { toJSON } = value as { readonly toJSON?: unknown };
    if (typeof toJSON !== "function") throw this.#unsupported(value);
    const replaced: unknown = Reflect.apply(toJSON, value, [""]);
    if (replaced === value) throw this.#unsupported(value);
    this.#value(replaced);
  }

  #map(map: Map<unknown, unknown>): void {
    if (!areHashable(map.keys())) return this.#reduceOr(map, undefined);
    let hasOtherKeys = false;
    for (const key of map.keys()) hasOtherKeys ||= typeof key !== "string";
    // A dict of nothing but strings is read as an object; an OrderedDict is equal to it, and read as a Map.
    if (!hasOtherKeys)
      return this.#reduce(reduction("collections", "OrderedDict", [], { entries: [...map].flat(1) }), map);
    this.#out.opcode(0x7d); // EMPTY_DICT
    this.#out.memoize(map);
    this.#out.opcode(0x28); // MARK
    this.#begin([...map].flat(1), undefined, 0x75); // SETITEMS
  }

  #set(set: Set<unknown>): void {
    const isFrozen = set instanceof PythonFrozenSet;
    if (!areHashable(set)) {
      if (isFrozen) throw this.#unsupported(set);
      return this.#reduceOr(set, undefined);
    }
    const items = [...set];
    if (this.#out.protocol < 4)
      return this.#reduce(reduction("builtins", isFrozen ? "frozenset" : "set", [items]), set);
    if (isFrozen) {
      this.#out.opcode(0x28); // MARK
      return this.#begin([...items, this.#after([0x91], set)], undefined, 0); // FROZENSET
    }
    this.#out.opcode(0x8f); // EMPTY_SET
    this.#out.memoize(set);
    if (items.length === 0) return;
    this.#out.opcode(0x28); // MARK
    this.#begin(items, undefined, 0x90); // ADDITEMS
  }

  #tuple(tuple: PythonTuple): void {
    const { length } = tuple;
    if (length === 0) return this.#out.opcode(0x29); // EMPTY_TUPLE
    this.#enter(tuple);
    if (length > 3) this.#out.opcode(0x28); // MARK
    const end = new Action(() => {
      this.#open.delete(tuple);
      if (this.#out.has(tuple)) {
        // A list in it led back to it, and wrote it: that is the tuple; what was begun here is dropped.
        this.#out.opcodes(length > 3 ? [0x31] : Array<number>(length).fill(0x30)); // POP_MARK, POP
        this.#out.reference(tuple);
      } else {
        this.#out.opcode(length > 3 ? 0x74 : 0x84 + length); // TUPLE, TUPLE1 to TUPLE3
        this.#out.memoize(tuple);
      }
    });
    this.#begin([...tuple, end], undefined, 0);
  }

  #bytes(bytes: Uint8Array): void {
    const isBuffer = Buffer.isBuffer(bytes);
    if (this.#options.onBuffer !== undefined) {
      this.#options.onBuffer(bytes);
      this.#out.opcode(0x97); // NEXT_BUFFER
      this.#out.memoize(bytes);
    } else if (this.#out.protocol >= (isBuffer ? 5 : 3)) {
      this.#out.bytes(bytes, isBuffer);
      this.#out.memoize(bytes);
    } else if (isBuffer) this.#reduce(reduction("builtins", "bytearray", [new Uint8Array(bytes)]), bytes);
    else this.#reduce(reduction("_codecs", "encode", [Buffer.from(bytes).toString("latin1"), "latin1"]), bytes);
  }

  #reduce(
    { callable, args, isNew = false, state, items = [], entries = [] }: Reduction,
    value: object | undefined,
  ): void {
    if (value !== undefined && args.length > 0) this.#enter(value);
    this.#global(callable);
    const isLong = args.length > 3;
    if (isLong || args.length === 0) this.#out.opcode(isLong ? 0x28 : 0x29); // MARK, EMPTY_TUPLE
    const plan: unknown[] = [
      args,
      args.length === 0 ? [] : [this.#after([isLong ? 0x74 : 0x84 + args.length])], // TUPLE, TUPLE1 to TUPLE3
      [this.#after([isNew ? 0x81 : 0x52], value)], // NEWOBJ, REDUCE
      items.length === 0 ? [] : [this.#after([0x28]), ...items, this.#after([0x65])], // MARK, APPENDS
      entries.length === 0 ? [] : [this.#after([0x28]), ...entries, this.#after([0x75])], // MARK, SETITEMS
      state === undefined ? [] : [state, this.#after([0x62])], // BUILD
    ].flat(1);
    this.#begin(plan, undefined, 0);
  }

  /** Opcodes, after which the value on top is what `value` is a reference to. */
  #after(opcodes: readonly number[], value?: object): Action {
    return new Action(() => {
      this.#out.opcodes(opcodes);
      if (value === undefined) return;
      this.#open.delete(value);
      this.#out.memoize(value);
    });
  }

  /** Python can't make what contains itself without a list, dict or attribute in between. */
  #enter(value: object): void {
    const { memoized } = this.#out;
    if (this.#open.get(value) === memoized) {
      throw new SealtraceError(
        "SEALTRACE_VALUE_UNSUPPORTED",
        `Pickle has no form for what is made of itself, at ${this.#place()}: put a list in between.`,
      );
    }
    this.#open.set(value, memoized);
  }

  #namedGlobal(global: PythonGlobal): void {
    if (!isHarmless(global)) {
      throw new SealtraceError(
        "SEALTRACE_VALUE_UNSUPPORTED",
        `The name ${String(global)} is not written, at ${this.#place()}: Python would import it wherever this is read.`,
      );
    }
    this.#global(global);
  }

  #global({ module, name }: PythonGlobal): void {
    const out = this.#out;
    const key = `${module}:${name}`;
    const known = this.#globals.get(key);
    if (known !== undefined) {
      out.reference(known);
      return;
    }
    if (out.protocol >= 4) {
      out.string(module);
      out.string(name);
      out.opcode(0x93); // STACK_GLOBAL
    } else {
      out.opcode(0x63); // GLOBAL
      out.line(out.protocol === 2 && module === "builtins" ? "__builtin__" : module);
      out.line(name);
    }
    const global = new PythonGlobal(module, name);
    this.#globals.set(key, global);
    out.memoize(global);
  }

  #unsupported(value: unknown): SealtraceError {
    return unsupportedValue(value, "Pickle", this.#place());
  }

  /** Where the value at hand stands, as `user.tags[3]`. */
  #place(): string {
    let place = "";
    for (let level = 0; level <= this.#top; level += 1) {
      const next = (this.#next[level] as number) - 1;
      const key = this.#keys[level]?.[next];
      if (key !== undefined) place += place === "" ? key : `.${key}`;
      else if (this.#last[level] === 0x65) place += `[${next}]`;
    }
    return place;
  }
}

function hasHoles(array: readonly unknown[]): boolean {
  for (let i = 0; i < array.length; i += 1) if (array[i] === undefined && !(i in array)) return true;
  return false;
}
