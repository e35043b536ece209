import { limitExceeded, DEFAULT_MAX_VALUES } from "../limits.ts";
import { bytesToBase64 } from "./base64.ts";
import { bigIntToText } from "./big-integers.ts";
import { knownClasses, type ClassRegistry, type KnownClasses } from "./class-registry.ts";
import { placeOf } from "./place.ts";
import { isPlainObject, setProperty, type PlainObject } from "./plain-data.ts";
import { richTypeOf, unsupportedValue } from "./rich-types.ts";
import { isTypedArrayType } from "./typed-arrays.ts";

/** A kind of loss, how often it happened, and where first (`user.tags[3]`). */
export interface PlainLoss {
  readonly what: string;
  readonly count: number;
  readonly place: string;
}

export interface PlainForm {
  /** Null, booleans, finite numbers, strings, arrays and plain objects, as a tree. */
  readonly value: unknown;
  /** What `value` no longer says; none where the value was plain already. */
  readonly losses: readonly PlainLoss[];
}

/** A container whose items are still to be made plain. */
interface Frame {
  readonly source: object;
  readonly items: PlainObject | readonly unknown[];
  /** Of an object; an array has none. */
  readonly keys: readonly string[] | undefined;
  readonly target: object;
  index: number;
}

/**
 * What is left of a value for programs that know plain JSON alone, and what is lost by it: dates and URLs become text, big integers numbers or text, bytes base64, maps
 * objects where their keys are texts and pairs elsewhere, sets and tuples arrays, instances of `classes` what they are written as. Throws SEALTRACE_VALUE_UNSUPPORTED
 * for other instances and functions, SEALTRACE_LIMIT_EXCEEDED when shared objects, each written wherever it stands, multiply beyond `maxValues`.
 */
export function plainForm(
  value: unknown,
  classes: ClassRegistry = {},
  maxValues: number = DEFAULT_MAX_VALUES,
): PlainForm {
  return new PlainMaker(knownClasses(classes), maxValues).make(value);
}

class PlainMaker {
  readonly #classes: KnownClasses;
  readonly #maxValues: number;
  readonly #losses = new Map<string, { count: number; place: string }>();
  readonly #stack: Frame[] = [];
  /** Containers that are on the stack, and those that have been. */
  readonly #open = new Set<object>();
  readonly #seen = new Set<object>();
  #values = 0;

  constructor(classes: KnownClasses, maxValues: number) {
    this.#classes = classes;
    this.#maxValues = maxValues;
  }

  make(value: unknown): PlainForm {
    const root: unknown[] = [];
    root[0] = this.#plain(value);
    for (let frame = this.#stack.at(-1); frame !== undefined; frame = this.#stack.at(-1)) this.#go(frame);
    return { value: root[0], losses: Array.from(this.#losses, ([what, loss]) => ({ what, ...loss })) };
  }

  /** Makes items plain up to the next that is a container, or to the end. */
  #go(frame: Frame): void {
    const { items, keys, target } = frame;
    const depth = this.#stack.length;
    const length = (keys ?? (items as readonly unknown[])).length;
    while (frame.index < length) {
      const key = (keys === undefined ? frame.index : keys[frame.index]) as string;
      frame.index += 1;
      const item = (items as PlainObject)[key];
      if (item === undefined && keys !== undefined) this.#lose("undefined is left out");
      else setProperty(target, key, this.#plain(item));
      if (this.#stack.length !== depth) return;
    }
    this.#stack.pop();
    this.#open.delete(frame.source);
  }

  #plain(value: unknown): unknown {
    this.#values += 1;
    if (this.#values > this.#maxValues) throw limitExceeded("maxValues", this.#maxValues);
    switch (typeof value) {
      case "string":
      case "boolean":
        return value;
      case "number":
        if (!Number.isFinite(value)) return this.#lose("NaN and infinities become null", null);
        return Object.is(value, -0) ? this.#lose("-0 becomes 0", 0) : value;
      case "undefined":
        return this.#lose("undefined becomes null", null);
      case "bigint":
        return BigInt(Number(value)) === value && Number.isSafeInteger(Number(value))
          ? this.#lose("a bigint becomes a number", Number(value))
          : this.#lose("a bigint becomes text", bigIntToText(value));
      case "symbol":
        return this.#lose("a symbol becomes its description", value.description ?? "");
      case "function":
        throw unsupportedValue(value, "Plain data", this.#place());
      default:
        return value === null ? null : this.#object(value as object);
    }
  }

  #object(value: object): unknown {
    if (this.#open.has(value)) return this.#lose("an object that holds itself becomes null within", null);
    if (this.#seen.has(value)) this.#lose("an object that stands in several places is written in each");
    this.#seen.add(value);
    const prototype = Object.getPrototypeOf(value) as object | null;
    if (prototype === Array.prototype) return this.#array(value, value as unknown[]);
    if (isPlainObject(value)) return this.#enter(value, value);
    const known = prototype === null ? undefined : this.#classes.withPrototype(prototype);
    if (known !== undefined) {
      this.#lose(`${withArticle(known.name)} becomes what it is made of`);
      return this.#content(value, known.takeApart(value));
    }
    const type = richTypeOf(value);
    if (type === undefined) throw unsupportedValue(value, "Plain data", this.#place());
    if (type.name === "Map") return this.#map(value as Map<unknown, unknown>);
    if (type.name === "Set") return this.#replaced("a Set becomes an array", value, [...(value as Set<unknown>)]);
    const content = type.takeApart(value);
    if (isTypedArrayType(type))
      return this.#lose(`${withArticle(type.name)} becomes base64`, bytesToBase64(content as Uint8Array));
    if (type.name === "RegExp") return this.#lose("a RegExp becomes text", RegExp.prototype.toString.call(value));
    return this.#replaced(`${withArticle(type.name)} becomes what it is made of`, value, content);
  }

  #map(map: Map<unknown, unknown>): unknown {
    const keys = [...map.keys()];
    return keys.every((key) => typeof key === "string")
      ? this.#replaced("a Map becomes an object", map, Object.fromEntries(map))
      : this.#replaced("a Map becomes an array of pairs", map, [...map]);
  }

  #replaced(what: string, source: object, content: unknown): unknown {
    this.#lose(what);
    return this.#content(source, content);
  }

  /** What stands for an object, under its identity. */
  #content(source: object, content: unknown): unknown {
    if (typeof content !== "object" || content === null) return this.#plain(content);
    if (Array.isArray(content)) return this.#array(source, content);
    return isPlainObject(content) ? this.#enter(source, content) : this.#plain(content);
  }

  #array(source: object, items: readonly unknown[]): unknown {
    if (items.length > this.#maxValues) throw limitExceeded("maxValues", this.#maxValues);
    return this.#enter(source, items);
  }

  #enter(source: object, items: PlainObject | readonly unknown[]): unknown {
    const keys = Array.isArray(items) ? undefined : Object.keys(items);
    const target = keys === undefined ? [] : {};
    this.#open.add(source);
    this.#stack.push({ source, items, keys, target, index: 0 });
    return target;
  }

  #lose<Result>(what: string, result?: Result): Result {
    const loss = this.#losses.get(what);
    if (loss === undefined) this.#losses.set(what, { count: 1, place: this.#place() });
    else loss.count += 1;
    return result as Result;
  }

  #place(): string {
    return placeOf(this.#stack.map(({ keys, index }) => keys?.[index - 1] ?? index - 1));
  }
}

function withArticle(name: string): string {
  return /^[AEIO]|^Nd/.test(name) ? `an ${name}` : `a ${name}`;
}
