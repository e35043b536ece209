import { SealtraceError } from "../../record/index.ts";
import { bytesToBase64 } from "../values/base64.ts";
import { bigIntToText } from "../values/big-integers.ts";
import type { KnownClasses, RegisteredClass } from "../values/class-registry.ts";
import { placeOf } from "../values/place.ts";
import { isPlainObject, setProperty, type PlainObject } from "../values/plain-data.ts";
import { richTypeOf, unsupportedValue } from "../values/rich-types.ts";
import type { RichType } from "../values/rich-type.ts";
import { holesOf } from "../values/sparse-arrays.ts";
import { RICH_KEY, type Form } from "./format.ts";
import { isPlainLeaf, isPlainNumber } from "./plain-walk.ts";

type Container = PlainObject | unknown[];
type Key = string | number;

/** A container of the tree, whose items are still what they were and become what is written, one after the other. */
interface Frame {
  readonly items: Container;
  /** Of an object; an array has none. */
  readonly keys: readonly string[] | undefined;
  readonly length: number;
  readonly spot: Spot | undefined;
  index: number;
}

/** What was made of an object, and where it stands, in case that it turns up again. */
interface Spot {
  /** A form, or a copy of the object or array. */
  readonly made: Form | Container;
  readonly isForm: boolean;
  readonly holder: Container;
  readonly key: Key;
  id: number;
  /** It is being made. */
  isOpen: boolean;
  /** It is made of its whole content when it is read, so nothing in it may lead back to it. */
  readonly isWhole: boolean;
}

/** Makes of a value the tree of plain data that is its rich JSON (`format.ts`); the value stays as it is. Without recursion. */
export class RichTree {
  /** The deepest that was met. */
  depth = 0;
  readonly #classes: KnownClasses;
  readonly #rich: boolean;
  /** Its name, for errors. */
  readonly #format: string;
  readonly #stack: Frame[] = [];
  readonly #spots = new Map<object, Spot>();
  #ids = 0;

  constructor(classes: KnownClasses, rich: boolean, format: string = rich ? "JSON" : "Plain JSON") {
    this.#format = format;
    this.#classes = classes;
    this.#rich = rich;
  }

  of(value: unknown): unknown {
    const root = [value];
    try {
      this.#enter(root, undefined, undefined);
      for (let frame = this.#stack.at(-1); frame !== undefined; frame = this.#stack.at(-1)) this.#go(frame);
      return root[0];
    } catch (cause) {
      if (cause instanceof SealtraceError) throw cause;
      throw unreadable(this.#format, this.#place(), cause);
    }
  }

  #enter(items: Container, keys: readonly string[] | undefined, spot: Spot | undefined): void {
    const { length } = keys ?? (items as unknown[]);
    this.depth = Math.max(this.depth, this.#stack.push({ items, keys, length, spot, index: 0 }));
  }

  /** Up to the next item that is a container, or to the end. */
  #go(frame: Frame): void {
    const { items, keys, length } = frame;
    const depth = this.#stack.length;
    while (frame.index < length) {
      const i = frame.index;
      frame.index += 1;
      // Two ways, each of which V8 makes fast.
      if (keys === undefined) {
        const item = (items as unknown[])[i];
        if (typeof item === "string") continue;
        const written = this.#written(item, items, i);
        if (written === item) continue;
        (items as unknown[])[i] = written;
      } else {
        const key = keys[i] as string;
        const item = (items as PlainObject)[key];
        if (typeof item === "string") continue;
        const written = this.#written(item, items, key);
        if (written === item) continue;
        setProperty(items, key, written);
      }
      if (this.#stack.length !== depth) return;
    }
    if (frame.spot !== undefined) frame.spot.isOpen = false;
    this.#stack.pop();
  }

  #written(value: unknown, holder: Container, key: Key): unknown {
    switch (typeof value) {
      case "string":
      case "boolean":
        return value;
      case "number":
        return isPlainNumber(value) ? value : this.#small(value, "Number", Object.is(value, -0) ? "-0" : String(value));
      case "undefined":
        // JSON.stringify leaves out properties that are undefined.
        return this.#rich || Array.isArray(holder) ? this.#small(value, "undefined") : undefined;
      case "bigint":
        return this.#small(value, "BigInt", bigIntToText(value));
      case "symbol": {
        const name = Symbol.keyFor(value);
        if (name === undefined) throw this.#unsupported(value);
        return this.#small(value, "Symbol", name);
      }
      case "function":
        throw this.#unsupported(value);
      default:
        return value === null ? null : this.#object(value as object, holder, key);
    }
  }

  /** What has no identity. */
  #small(value: unknown, type: string, content?: string): Form {
    if (!this.#rich) throw this.#unsupported(value);
    return { [RICH_KEY]: type, value: content };
  }

  #object(value: object, holder: Container, key: Key): unknown {
    const met = this.#spots.get(value);
    if (met !== undefined && (this.#rich || met.isOpen)) return this.#reference(value, met);
    const prototype = Object.getPrototypeOf(value) as object | null;
    if (prototype === Object.prototype || prototype === null) return this.#plainOrAsked(value, holder, key);
    if (prototype === Array.prototype) return this.#array(value as unknown[], holder, key);
    if (this.#rich) {
      const known = this.#classes.withPrototype(prototype);
      if (known !== undefined) return this.#instance(value, known, holder, key);
      const type = richTypeOf(value);
      if (type !== undefined) return this.#richObject(value, type, holder, key);
    }
    if (Array.isArray(value) && isArrayOfAnyRealm(prototype)) return this.#array(value, holder, key);
    return this.#plainOrAsked(value, holder, key);
  }

  #reference(value: object, spot: Spot): Form {
    if (!this.#rich) throw this.#unsupported(value, "an object that holds itself", "leave it out");
    if (spot.isWhole && spot.isOpen) {
      throw this.#unsupported(
        value,
        "an instance with a form of its own that holds itself",
        "register the bare class, which is put together in steps",
      );
    }
    if (spot.id === 0) this.#giveId(spot);
    return { [RICH_KEY]: spot.id };
  }

  #giveId(spot: Spot): void {
    this.#ids += 1;
    spot.id = this.#ids;
    const { made, isForm, id, holder, key } = spot;
    if (isForm) (made as Form).id = id;
    else setProperty(holder, key as string, { [RICH_KEY]: Array.isArray(made) ? "Array" : "Object", id, value: made });
  }

  /** An object that has a method `toJSON` is written as that says, as by JSON.stringify; any other must be plain. */
  #plainOrAsked(value: object, holder: Container, key: Key): unknown {
    const { toJSON } = value as { readonly toJSON?: unknown };
    if (typeof toJSON !== "function") {
      if (!isPlainObject(value)) throw this.#unsupported(value);
      return this.#plainObject(value, holder, key);
    }
    const said: unknown = Reflect.apply(toJSON, value, [String(key)]);
    if (typeof said !== "object" || said === null) return this.#written(said, holder, key);
    if (said === value) return this.#plainObject(value as PlainObject, holder, key);
    const isNew = isPlainObject(said) && !this.#spots.has(said);
    const written = isNew ? this.#plainObject(said, holder, key) : this.#object(said, holder, key);
    const spot = this.#spots.get(said);
    if (spot !== undefined) this.#spots.set(value, spot);
    return written;
  }

  #plainObject(value: PlainObject, holder: Container, key: Key): Container | Form {
    if (isPlainLeaf(value)) return this.#leaf(value, holder, key);
    const copy = { ...value };
    const keys = Object.keys(copy);
    if (this.#rich && Object.hasOwn(copy, RICH_KEY)) {
      const form: Form = { [RICH_KEY]: "Object", id: undefined, value: copy };
      this.#enter(copy, keys, this.#remember(value, form, true, holder, key));
      return form;
    }
    this.#enter(copy, keys, this.#remember(value, copy, false, holder, key));
    return copy;
  }

  /** What is right as it is needs no copy. */
  #leaf(value: Container, holder: Container, key: Key): Container {
    this.#remember(value, value, false, holder, key).isOpen = false;
    return value;
  }

  #array(value: unknown[], holder: Container, key: Key): Container | Form {
    if (isPlainLeaf(value)) return this.#leaf(value, holder, key);
    const present = holesOf(value);
    if (present !== undefined) {
      if (!this.#rich) throw this.#unsupported(value, "an array with holes", "fill them");
      const form: Form = { [RICH_KEY]: "SparseArray", id: undefined, length: value.length, value: present };
      this.#enter(present, undefined, this.#remember(value, form, true, holder, key));
      return form;
    }
    const copy = [...value];
    this.#enter(copy, undefined, this.#remember(value, copy, false, holder, key));
    return copy;
  }

  #richObject(value: object, type: RichType, holder: Container, key: Key): Form {
    const content = type.takeApart(value);
    if ("build" in type) {
      const plain = content instanceof Uint8Array ? bytesToBase64(content) : content;
      const form: Form = { [RICH_KEY]: type.name, id: undefined, value: plain };
      this.#remember(value, form, true, holder, key).isOpen = false;
      return form;
    }
    const form: Form = { [RICH_KEY]: type.name, id: undefined, value: content };
    this.#enterContent(content as Container, this.#remember(value, form, true, holder, key));
    return form;
  }

  #instance(value: object, known: RegisteredClass, holder: Container, key: Key): Form {
    const content = known.takeApart(value);
    const form: Form = { [RICH_KEY]: "class", id: undefined, name: known.name, value: content };
    const isWhole = known.begin === undefined;
    const spot = this.#remember(value, form, true, holder, key, isWhole);
    if (isWhole) this.#enter(form as unknown as PlainObject, ONLY_VALUE, spot);
    else this.#enterContent(content as Container, spot);
    return form;
  }

  /** The container of what an object consists of, which is no object of its own. */
  #enterContent(content: Container, spot: Spot): void {
    this.#enter(content, Array.isArray(content) ? undefined : Object.keys(content), spot);
  }

  #remember(value: object, made: Spot["made"], isForm: boolean, holder: Container, key: Key, isWhole = false): Spot {
    const spot: Spot = { made, isForm, holder, key, id: 0, isOpen: true, isWhole };
    this.#spots.set(value, spot);
    return spot;
  }

  #place(): string {
    return placeOf(this.#stack.slice(1).map(({ keys, index }) => keys?.[index - 1] ?? index - 1));
  }

  #unsupported(value: unknown, what?: string, advice?: string): SealtraceError {
    if (what === undefined) return unsupportedValue(value, this.#format, this.#place());
    const place = this.#place();
    return new SealtraceError(
      "SEALTRACE_VALUE_UNSUPPORTED",
      `${this.#format} has no form for ${what}, which ${place === "" ? "the value is" : `stands at ${place}`}: ${advice ?? ""}.`,
    );
  }
}

const ONLY_VALUE: readonly string[] = ["value"];

function isArrayOfAnyRealm(prototype: { readonly constructor?: { readonly name?: unknown } }): boolean {
  return Array.isArray(prototype) && prototype.constructor?.name === "Array";
}

/** What a getter, a proxy, or a form of a class threw. */
function unreadable(format: string, place: string, cause: unknown): SealtraceError {
  return new SealtraceError(
    "SEALTRACE_VALUE_UNSUPPORTED",
    `It can't be written as ${format}: ${place === "" ? "it" : `what stands at ${place}`} throws when it is read: ${messageOf(cause)}`,
    { cause },
  );
}

function messageOf(cause: unknown): string {
  try {
    return String(cause);
  } catch {
    return "something that can't be shown";
  }
}
