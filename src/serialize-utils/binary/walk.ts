import type { KnownClasses } from "../values/class-registry.ts";
import { placeOf } from "../values/place.ts";
import { isPlainObject } from "../values/plain-data.ts";
import { richTypeOf, unsupportedValue } from "../values/rich-types.ts";
import { loneSurrogate } from "./failures.ts";
import { itemsOf, type RichForm } from "./rich-form.ts";
import { ARRAY, OBJECT, RICH, type ContainerKind, type ValueSink } from "./value-sink.ts";

const NONE: readonly never[] = [];

/** A container of which some members have been written. There is one for each level, used again for all containers there. */
class Frame {
  kind: ContainerKind = ARRAY;
  value: object = NONE;
  /** Its members: values of an array, or of a rich value. */
  items: readonly unknown[] = NONE;
  /** Of an object: the names of its properties. */
  keys: readonly string[] = NONE;
  length = 0;
  index = 0;
  readonly parent: Frame | undefined;
  child: Frame | undefined;

  constructor(parent: Frame | undefined) {
    this.parent = parent;
  }
}

/**
 * Goes through a value and tells a sink what is in it, in the order in which it is written. Does not recurse, so that depth costs memory only. Objects are
 * numbered in the order in which they begin; what comes again is told as a reference to its number.
 */
export class Walk {
  readonly #sink: ValueSink;
  readonly #classes: KnownClasses;
  readonly #seen = new Set<object>();
  /** Made when something comes again: until then the order of the set is all that is needed. */
  #numbers: Map<object, number> | undefined;
  /** Begun and not ended, of classes whose instances can only be made of their whole content: nothing inside may lead back to them. */
  readonly #closed = new Set<object>();
  #frame: Frame | undefined;

  constructor(sink: ValueSink, classes: KnownClasses) {
    this.#sink = sink;
    this.#classes = classes;
  }

  /** Throws SEALTRACE_VALUE_UNSUPPORTED, naming the place. */
  write(value: unknown): void {
    this.#put(value);
    while (this.#frame !== undefined) {
      if (this.#frame.kind === OBJECT) this.#putProperties(this.#frame);
      else this.#putItems(this.#frame);
    }
  }

  #putProperties(frame: Frame): void {
    const { keys, length } = frame;
    const value = frame.value as Record<string, unknown>;
    while (frame.index < length) {
      const key = keys[frame.index++] as string;
      if (!this.#sink.key(key)) throw loneSurrogate(this.#sink.format, this.#place());
      if (this.#put(value[key])) return;
    }
    this.#end(frame);
  }

  #putItems(frame: Frame): void {
    const { items, length } = frame;
    while (frame.index < length) {
      const index = frame.index++;
      const item = items[index];
      if (item === undefined && !(index in items)) this.#sink.hole();
      else if (this.#put(item)) return;
    }
    this.#end(frame);
  }

  #end({ kind, value, parent }: Frame): void {
    if (kind === RICH) this.#closed.delete(value);
    this.#sink.end(kind);
    this.#frame = parent;
  }

  /** Whether a container was begun, whose members are next. */
  #put(value: unknown): boolean {
    const sink = this.#sink;
    switch (typeof value) {
      case "string":
        if (!sink.string(value)) throw loneSurrogate(sink.format, this.#place());
        return false;
      case "number":
        sink.number(value);
        return false;
      case "boolean":
        sink.boolean(value);
        return false;
      case "undefined":
        sink.undefined();
        return false;
      case "bigint":
        sink.bigint(value);
        return false;
      case "object":
        if (value !== null) return this.#putObject(value);
        sink.null();
        return false;
      case "symbol":
        return this.#putSymbol(value);
      default:
        throw this.#unsupported(value);
    }
  }

  #putSymbol(value: symbol): false {
    const key = Symbol.keyFor(value);
    if (key === undefined) throw this.#unsupported(value);
    if (!this.#sink.symbol(key)) throw loneSurrogate(this.#sink.format, this.#place());
    return false;
  }

  #putObject(value: object): boolean {
    const prototype = Object.getPrototypeOf(value) as object | null;
    if (prototype === Object.prototype || prototype === null) return this.#beginObject(value);
    if (prototype === Array.prototype && Array.isArray(value)) return this.#beginArray(value);
    return this.#putInstance(value, true);
  }

  #beginObject(value: object): boolean {
    if (this.#isRepeated(value)) return false;
    const keys = this.#sink.keysOf(value);
    this.#sink.beginObject(keys.length);
    this.#enter(OBJECT, value, NONE, keys, keys.length);
    return true;
  }

  #beginArray(value: readonly unknown[]): boolean {
    if (this.#isRepeated(value)) return false;
    this.#sink.beginArray(value.length);
    this.#enter(ARRAY, value, value, NONE, value.length);
    return true;
  }

  #putInstance(value: object, mayHaveToJson: boolean): boolean {
    const known = this.#classes.withPrototype(Object.getPrototypeOf(value) as object);
    if (known !== undefined) {
      if (this.#isRepeated(value)) return false;
      if (known.build !== undefined) this.#closed.add(value);
      const content = known.takeApart(value);
      return this.#beginRich(value, { name: known.name, items: known.build ? [content] : itemsOf(content) });
    }
    const own = this.#sink.formOf(value);
    if (own !== undefined) {
      if (this.#isRepeated(value)) return false;
      this.#closed.add(value);
      return this.#beginRich(value, own);
    }
    const type = richTypeOf(value);
    if (type !== undefined) {
      if (this.#isRepeated(value)) return false;
      if (this.#sink.leaf(type.name, value)) return false;
      const content = type.takeApart(value);
      return this.#beginRich(value, { name: type.name, items: "fill" in type ? itemsOf(content) : [content] });
    }
    if (isForeign(value)) return Array.isArray(value) ? this.#beginArray(value) : this.#beginObject(value);
    const { toJSON } = value as { readonly toJSON?: unknown };
    if (!mayHaveToJson || typeof toJSON !== "function") throw this.#unsupported(value);
    const replacement: unknown = Reflect.apply(toJSON, value, [""]);
    const isInstance = typeof replacement === "object" && replacement !== null && !isPlain(replacement);
    return isInstance ? this.#putInstance(replacement, false) : this.#put(replacement);
  }

  #beginRich(value: object, form: RichForm): boolean {
    const items = this.#sink.beginRich(form, value);
    this.#enter(RICH, value, items, NONE, items.length);
    return true;
  }

  #enter(kind: ContainerKind, value: object, items: readonly unknown[], keys: readonly string[], length: number): void {
    const frame = this.#frame === undefined ? new Frame(undefined) : (this.#frame.child ??= new Frame(this.#frame));
    frame.kind = kind;
    frame.value = value;
    frame.items = items;
    frame.keys = keys;
    frame.length = length;
    frame.index = 0;
    this.#frame = frame;
  }

  #isRepeated(value: object): boolean {
    if (!this.#seen.has(value)) {
      this.#numbers?.set(value, this.#seen.size);
      this.#seen.add(value);
      return false;
    }
    if (this.#closed.has(value)) {
      throw unsupportedValue(value, `${this.#sink.format}, inside of itself,`, this.#place());
    }
    this.#numbers ??= new Map([...this.#seen].map((object, at) => [object, at]));
    this.#sink.reference(this.#numbers.get(value) as number);
    return true;
  }

  #unsupported(value: unknown): Error {
    return unsupportedValue(value, this.#sink.format, this.#place());
  }

  /** Where the value is that is being written. */
  #place(): string {
    const keys: (string | number)[] = [];
    for (let frame = this.#frame; frame !== undefined; frame = frame.parent) {
      keys.push(frame.kind === OBJECT ? (frame.keys[frame.index - 1] as string) : frame.index - 1);
    }
    return placeOf(keys.reverse());
  }
}

function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value) as object | null;
  return prototype === null || prototype === Object.prototype || prototype === Array.prototype;
}

/** Plain objects and arrays of another realm, as of a vm context. */
function isForeign(value: object): boolean {
  return Array.isArray(value) ? Array.isArray(Object.getPrototypeOf(value)) : isPlainObject(value);
}
