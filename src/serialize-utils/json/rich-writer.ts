import { SealtraceError } from "../../record/index.ts";
import { quote } from "../essentials/quote.ts";
import { bytesToBase64 } from "../values/base64.ts";
import { bigIntToText } from "../values/big-integers.ts";
import type { KnownClasses, RegisteredClass } from "../values/class-registry.ts";
import { placeOf } from "../values/place.ts";
import { isPlainObject, type PlainObject } from "../values/plain-data.ts";
import { richTypeOf, unsupportedValue } from "../values/rich-types.ts";
import type { RichType } from "../values/rich-type.ts";
import { holesOf } from "../values/sparse-arrays.ts";
import { RICH_KEY } from "./format.ts";
import { isPlainNumber } from "./plain-walk.ts";

/** A container that is being written. */
interface Frame {
  /** Of an object; an array has none. */
  readonly keys: readonly string[] | undefined;
  readonly items: PlainObject | readonly unknown[];
  readonly length: number;
  readonly close: string;
  readonly spot: Spot;
  index: number;
  /** What stands before the next item. */
  separator: "" | ",";
}

/** Where in the text an object stands, in pieces, so that it can be given an id when it turns up again. */
interface Spot {
  readonly start: number;
  /** -1 as long as it is being written. */
  end: number;
  id: number;
  /** `plain`: the id needs an object around it. `whole`: it is made of its whole content when it is read, so nothing in it may lead back to it. */
  readonly kind: "plain" | "rich" | "whole";
}

/** Writes one value as rich JSON (`format.ts`), in time that is proportional to the text, without recursion. */
export class RichJsonWriter {
  readonly #classes: KnownClasses;
  readonly #rich: boolean;
  readonly #pieces: string[] = [];
  /** What comes after the last piece. */
  #text = "";
  readonly #stack: Frame[] = [];
  readonly #spots = new Map<object, Spot>();
  readonly #shared: Spot[] = [];
  /** The deepest that was met. */
  depth = 0;

  constructor(classes: KnownClasses, rich: boolean) {
    this.#classes = classes;
    this.#rich = rich;
  }

  write(value: unknown): string {
    try {
      this.#value(value, "");
      for (let frame = this.#stack.at(-1); frame !== undefined; frame = this.#stack.at(-1)) this.#go(frame);
      this.#pieces.push(this.#text);
      this.#giveIds();
      return this.#pieces.join("");
    } catch (cause) {
      if (cause instanceof SealtraceError) throw cause;
      throw unreadable(this.#place(), cause);
    }
  }

  /** Writes the items up to the next that is a container, or to the end. */
  #go(frame: Frame): void {
    const { keys, items, length } = frame;
    const depth = this.#stack.length;
    while (frame.index < length) {
      const key = keys === undefined ? frame.index : (keys[frame.index] as string);
      frame.index += 1;
      const item = (items as PlainObject)[key];
      if (item === undefined && !this.#rich && keys !== undefined) continue;
      this.#text += typeof key === "string" ? `${frame.separator}${quote(key)}:` : frame.separator;
      frame.separator = ",";
      this.#value(item, key);
      if (this.#stack.length !== depth) return;
    }
    this.#stack.pop();
    this.#text += frame.close;
    this.#end(frame.spot);
  }

  #value(value: unknown, key: string | number): void {
    switch (typeof value) {
      case "string":
        this.#text += quote(value);
        break;
      case "number":
        if (isPlainNumber(value)) this.#text += String(value);
        else this.#small(value, "Number", Object.is(value, -0) ? "-0" : String(value));
        break;
      case "boolean":
        this.#text += value ? "true" : "false";
        break;
      case "undefined":
        this.#small(value, "undefined");
        break;
      case "bigint":
        this.#small(value, "BigInt", bigIntToText(value));
        break;
      case "symbol":
        this.#small(value, "Symbol", Symbol.keyFor(value));
        break;
      case "function":
        throw this.#unsupported(value);
      default:
        if (value === null) this.#text += "null";
        else this.#object(value as object, key);
    }
  }

  /** What has no identity. */
  #small(value: unknown, type: string, content?: string): void {
    if (!this.#rich || (typeof value === "symbol" && content === undefined)) throw this.#unsupported(value);
    this.#text += `{"${RICH_KEY}":"${type}"${content === undefined ? "" : `,"value":${quote(content)}`}}`;
  }

  #object(value: object, key: string | number): void {
    if (this.#refer(value)) return;
    const prototype = Object.getPrototypeOf(value) as object | null;
    if (prototype === Object.prototype || prototype === null) {
      this.#plainOrAsked(value, key);
      return;
    }
    if (prototype === Array.prototype) {
      this.#array(value as unknown[]);
      return;
    }
    if (this.#rich) {
      const known = this.#classes.withPrototype(prototype);
      if (known !== undefined) {
        this.#instance(value, known);
        return;
      }
      const type = richTypeOf(value);
      if (type !== undefined) {
        this.#richObject(value, type);
        return;
      }
    }
    if (Array.isArray(value) && isArrayOfAnyRealm(prototype)) this.#array(value);
    else this.#plainOrAsked(value, key);
  }

  /** True if the object was met before, and that has been written. */
  #refer(value: object): boolean {
    const spot = this.#spots.get(value);
    if (spot === undefined) return false;
    if (!this.#rich) {
      if (spot.end < 0) throw this.#unsupported(value, "an object that holds itself", "leave it out");
      return false;
    }
    if (spot.kind === "whole" && spot.end < 0) {
      throw this.#unsupported(
        value,
        "an instance with a form of its own that holds itself",
        "register the bare class, which can be put together in steps",
      );
    }
    if (spot.id === 0) spot.id = this.#shared.push(spot);
    this.#text += `{"${RICH_KEY}":"Reference","id":${spot.id}}`;
    return true;
  }

  /** An object that has a method `toJSON` is written as that says, as by JSON.stringify; any other must be plain. */
  #plainOrAsked(value: object, key: string | number): void {
    const { toJSON } = value as { readonly toJSON?: unknown };
    if (typeof toJSON !== "function") {
      if (!isPlainObject(value)) throw this.#unsupported(value);
      this.#plainObject(value);
      return;
    }
    const said: unknown = Reflect.apply(toJSON, value, [String(key)]);
    if (typeof said !== "object" || said === null) {
      this.#value(said, key);
      return;
    }
    if (said === value) this.#plainObject(value as PlainObject);
    else if (!isPlainObject(said)) this.#object(said, key);
    else if (!this.#refer(said)) this.#plainObject(said);
    const spot = this.#spots.get(said);
    if (spot !== undefined) this.#spots.set(value, spot);
  }

  #plainObject(value: PlainObject): void {
    const keys = Object.keys(value);
    if (this.#rich && Object.hasOwn(value, RICH_KEY)) {
      const spot = this.#begin(value, "rich", "Object");
      this.#text += ',"value":{';
      this.#push(keys, value, "}}", spot);
      return;
    }
    const spot = this.#begin(value, "plain");
    this.#text = "{";
    this.#push(keys, value, "}", spot);
  }

  #array(value: readonly unknown[]): void {
    const present = holesOf(value);
    if (present !== undefined) {
      if (!this.#rich) throw this.#unsupported(value, "an array with holes", "fill them");
      const spot = this.#begin(value, "rich", "SparseArray");
      this.#text += `,"length":${value.length},"value":[`;
      this.#push(undefined, present, "]}", spot);
      return;
    }
    const spot = this.#begin(value, "plain");
    this.#text = "[";
    this.#push(undefined, value, "]", spot);
  }

  #richObject(value: object, type: RichType): void {
    const spot = this.#begin(value, "rich", type.name);
    const content = type.takeApart(value);
    if ("build" in type) {
      const plain = content instanceof Uint8Array ? bytesToBase64(content) : content;
      this.#text += `,"value":${JSON.stringify(plain)}}`;
      this.#end(spot);
      return;
    }
    this.#content(content as object, spot);
  }

  #instance(value: object, known: RegisteredClass): void {
    const spot = this.#begin(value, known.begin === undefined ? "whole" : "rich", "class");
    this.#text += `,"name":${quote(known.name)}`;
    const content = known.takeApart(value);
    if (known.begin !== undefined) {
      this.#content(content as object, spot);
      return;
    }
    this.#text += `,"value":`;
    this.#push(undefined, [content], "}", spot);
  }

  /** Items of which a rich object consists: the container of them is no object of its own. */
  #content(content: object, spot: Spot): void {
    if (Array.isArray(content)) {
      this.#text += ',"value":[';
      this.#push(undefined, content, "]}", spot);
    } else {
      this.#text += ',"value":{';
      this.#push(Object.keys(content), content as PlainObject, "}}", spot);
    }
  }

  /** From here on a new piece. */
  #begin(value: object, kind: Spot["kind"], type?: string): Spot {
    this.#pieces.push(this.#text);
    const spot: Spot = { start: this.#pieces.length, end: -1, id: 0, kind };
    this.#spots.set(value, spot);
    this.#text = "";
    if (type !== undefined) {
      this.#pieces.push(`{"${RICH_KEY}":"${type}"`);
    }
    return spot;
  }

  #end(spot: Spot): void {
    spot.end = this.#pieces.push(this.#text) - 1;
    this.#text = "";
  }

  #push(keys: readonly string[] | undefined, items: Frame["items"], close: string, spot: Spot): void {
    const { length } = keys ?? (items as readonly unknown[]);
    this.depth = Math.max(this.depth, this.#stack.push({ keys, items, length, close, spot, index: 0, separator: "" }));
  }

  #giveIds(): void {
    for (const { kind, start, end, id } of this.#shared) {
      const piece = this.#pieces[start] as string;
      if (kind === "plain") {
        const type = piece.startsWith("[") ? "Array" : "Object";
        this.#pieces[start] = `{"${RICH_KEY}":"${type}","id":${id},"value":${piece}`;
        this.#pieces[end] = `${this.#pieces[end] as string}}`;
      } else {
        this.#pieces[start] = `${piece},"id":${id}`;
      }
    }
  }

  #place(): string {
    return placeOf(this.#stack.map(({ keys, index }) => keys?.[index - 1] ?? index - 1));
  }

  #unsupported(value: unknown, what?: string, advice?: string): SealtraceError {
    const format = this.#rich ? "JSON" : "Plain JSON";
    if (what === undefined) return unsupportedValue(value, format, this.#place());
    const place = this.#place();
    return new SealtraceError(
      "SEALTRACE_VALUE_UNSUPPORTED",
      `${format} has no form for ${what}, which ${place === "" ? "the value is" : `stands at ${place}`}: ${advice ?? ""}.`,
    );
  }
}

function isArrayOfAnyRealm(prototype: { readonly constructor?: { readonly name?: unknown } }): boolean {
  return Array.isArray(prototype) && prototype.constructor?.name === "Array";
}

/** What a getter, a proxy, or a form of a class threw. */
function unreadable(place: string, cause: unknown): SealtraceError {
  return new SealtraceError(
    "SEALTRACE_VALUE_UNSUPPORTED",
    `It can't be written as JSON: what stands at ${place === "" ? "the top" : place} throws when it is read: ${messageOf(cause)}`,
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
