import { SealtraceError } from "../../record/index.ts";
import { limitExceeded, ReadingBudget, type ReadingLimits } from "../limits.ts";
import { bytesFromBase64 } from "../values/base64.ts";
import { bigIntFromText } from "../values/big-integers.ts";
import type { KnownClasses } from "../values/class-registry.ts";
import { invalidContent } from "../values/invalid-content.ts";
import { placeOf } from "../values/place.ts";
import { setProperty, type PlainObject } from "../values/plain-data.ts";
import { richTypeNamed } from "../values/rich-types.ts";
import { fillSparseArray } from "../values/sparse-arrays.ts";
import { isTypedArrayType } from "../values/typed-arrays.ts";
import { FORM_FIELDS, RICH_KEY, type Form } from "./format.ts";

type Container = PlainObject | unknown[];

/** A container whose items are looked at in turn. */
interface Frame {
  readonly items: Container;
  /** Of the containers in an object; an array has none. */
  readonly keys: readonly string[] | undefined;
  readonly length: number;
  /** Of nesting in the text. */
  readonly level: number;
  /** When all items are what they will be. */
  readonly finish: (() => void) | undefined;
  index: number;
}

/** Of a form, and what it holds. */
const FORM_LEVELS = 2;

const SPECIAL_NUMBERS: ReadonlyMap<unknown, number> = new Map([
  ["NaN", Number.NaN],
  ["Infinity", Infinity],
  ["-Infinity", -Infinity],
  ["-0", -0],
]);

/** Puts what stands in the form of rich JSON (`format.ts`) in place of its forms, without recursion, in the order of the text. */
export class Reviver {
  readonly #classes: KnownClasses;
  readonly #budget: ReadingBudget;
  readonly #maxLevel: number;
  /** Of the container whose items are looked at. */
  #level = 0;
  readonly #stack: Frame[] = [];
  /** Undefined: it is one that can only be made of its whole content, and isn't yet. */
  readonly #byId = new Map<number, object | undefined>();

  /** Above `maxLevel` of nesting, the two of a form included, nothing is revived; Infinity where the caller has seen to it. */
  constructor(classes: KnownClasses, limits: ReadingLimits, maxLevel: number) {
    this.#classes = classes;
    this.#maxLevel = maxLevel;
    this.#budget = new ReadingBudget(limits);
  }

  /** Changes what it is given. Throws a SealtraceError that names the place. */
  revive(parsed: unknown): unknown {
    const root = [parsed];
    this.#enter(root, 0);
    try {
      for (let frame = this.#stack.at(-1); frame !== undefined; frame = this.#stack.at(-1)) this.#go(frame);
    } catch (error) {
      throw this.#located(error);
    }
    return root[0];
  }

  /** `levels` below the container that holds it. */
  #enter(items: Container, levels: number, finish?: () => void): void {
    const level = this.#descend(levels);
    const keys = Array.isArray(items) ? undefined : keysOfContainers(items);
    if (finish === undefined && (keys === undefined ? !hasContainers(items as unknown[]) : keys.length === 0)) return;
    const { length } = keys ?? (items as unknown[]);
    this.#budget.spend(length);
    this.#stack.push({ items, keys, length, level, finish, index: 0 });
  }

  #descend(levels: number): number {
    const level = this.#level + levels;
    if (level > this.#maxLevel) throw limitExceeded("maxDepth", this.#maxLevel);
    return level;
  }

  /** Looks at the items up to the next that is a container, or to the end. */
  #go(frame: Frame): void {
    const { items, keys, length } = frame;
    const depth = this.#stack.length;
    this.#level = frame.level;
    while (frame.index < length) {
      const i = frame.index;
      frame.index += 1;
      // Two ways, each of which V8 makes fast.
      if (keys === undefined) {
        const item = (items as unknown[])[i];
        if (typeof item !== "object" || item === null) continue;
        const revived = this.#item(item, items, i as unknown as string);
        if (revived !== item) (items as unknown[])[i] = revived;
      } else {
        const key = keys[i] as string;
        const item = (items as PlainObject)[key] as object;
        const revived = this.#item(item, items, key);
        if (revived !== item) setProperty(items, key, revived);
      }
      if (this.#stack.length !== depth) return;
    }
    // First: what goes wrong then stands where the container does.
    this.#stack.pop();
    frame.finish?.();
  }

  #item(item: object, parent: Container, key: string): unknown {
    if (isForm(item)) return this.#rich(item, parent, key);
    this.#enter(item as Container, 1);
    return item;
  }

  /** What a form stands for; if its content is still to be looked at, as far as it can be made. */
  #rich(form: Form, parent: Container, key: string): unknown {
    const { [RICH_KEY]: type, value: content } = form;
    checkFields(form);
    this.#descend(isContainer(content) ? FORM_LEVELS : 1);
    if (typeof type === "number") return this.#referred(type);
    switch (type) {
      case "undefined":
        return undefined;
      case "Number":
        if (!SPECIAL_NUMBERS.has(content)) throw invalidContent("Number", '"NaN", "Infinity", "-Infinity" or "-0"');
        return SPECIAL_NUMBERS.get(content);
      case "BigInt":
        return bigIntFromText(content);
      case "Symbol":
        if (typeof content !== "string") throw invalidContent("Symbol", "its key");
        return Symbol.for(content);
      case "Object":
      case "Array":
        if (!isContainer(content) || Array.isArray(content) !== (type === "Array")) {
          throw invalidContent(type, `an ${type.toLowerCase()}`);
        }
        this.#know(form.id, content);
        this.#enter(content, FORM_LEVELS);
        return content;
      case "SparseArray":
        return this.#sparseArray(form);
      case "class":
        return this.#instance(form, parent, key);
      default:
        return this.#richObject(form);
    }
  }

  #sparseArray(form: Form): unknown[] {
    const { length, value: content } = form;
    if (!Number.isInteger(length) || (length as number) < 0 || (length as number) >= 2 ** 32 || !isContainer(content)) {
      throw invalidContent("SparseArray", "an array, beside a length");
    }
    this.#budget.spend(length as number);
    const array: unknown[] = [];
    this.#know(form.id, array);
    this.#enter(content, FORM_LEVELS, () => {
      fillSparseArray(array, length as number, content);
    });
    return array;
  }

  #richObject(form: Form): object {
    const { [RICH_KEY]: name, value: content } = form;
    const type = typeof name === "string" ? richTypeNamed(name) : undefined;
    if (type === undefined) {
      throw new SealtraceError(
        "SEALTRACE_TYPE_REFUSED",
        `The text asks for the type ${shown(name)}, which there is none of. If the text isn't rich JSON, read it with rich: false.`,
      );
    }
    if ("build" in type) {
      const object = type.build(isTypedArrayType(type) ? bytesFromBase64(content, type.name) : content);
      this.#know(form.id, object);
      return object;
    }
    const object = type.begin(content);
    this.#know(form.id, object);
    if (!isContainer(content)) throw invalidContent(type.name, "an array or object");
    this.#enter(content, FORM_LEVELS, () => {
      type.fill(object, content, () => {
        this.#budget.look();
      });
    });
    return object;
  }

  #instance(form: Form, parent: Container, key: string): unknown {
    const { name, value: content } = form;
    const known = typeof name === "string" ? this.#classes.named(name) : undefined;
    if (known === undefined) {
      throw new SealtraceError(
        "SEALTRACE_TYPE_REFUSED",
        `The text asks for the class ${shown(name)}, which isn't registered. If you trust it, register it by the option classes.`,
      );
    }
    if (known.begin !== undefined) {
      if (!isContainer(content) || Array.isArray(content)) throw invalidContent(known.name, "an object");
      const instance = known.begin();
      this.#know(form.id, instance);
      this.#enter(content, FORM_LEVELS, () => known.fill?.(instance, content));
      return instance;
    }
    this.#know(form.id, undefined);
    const whole = [content];
    this.#enter(whole, 1, () => {
      const instance = known.build?.(whole[0]);
      if (form.id !== undefined) this.#byId.set(form.id, instance);
      setProperty(parent, key, instance);
    });
    return undefined;
  }

  #know(id: unknown, object: object | undefined): void {
    if (id === undefined) return;
    if (!Number.isSafeInteger(id) || this.#byId.has(id as number)) {
      throw malformed(`has the id ${shown(id)}, which must be a whole number that no other has`);
    }
    this.#byId.set(id as number, object);
  }

  #referred(id: number): object {
    const object = this.#byId.get(id);
    if (object === undefined) throw malformed(`refers to ${shown(id)}, which is no id of something before it`);
    return object;
  }

  #located(error: unknown): unknown {
    if (!(error instanceof SealtraceError)) return error;
    const place = placeOf(this.#stack.slice(1).map(({ keys, index }) => keys?.[index - 1] ?? index - 1));
    return place === "" ? error : new SealtraceError(error.code, `${place}: ${error.message}`, { cause: error.cause });
  }
}

function checkFields(form: Form): void {
  for (const field in form) {
    if (field !== RICH_KEY && field !== "value" && !FORM_FIELDS.has(field))
      throw malformed(`has a field ${JSON.stringify(field.slice(0, 100))}`);
  }
}

function hasContainers(items: readonly unknown[]): boolean {
  for (const item of items) if (isContainer(item)) return true;
  return false;
}

/** By for...in, which is by far the fastest, and makes no list of all keys. */
function keysOfContainers(items: PlainObject): readonly string[] {
  let keys: string[] | undefined;
  for (const key in items) {
    if (isContainer(items[key]) && Object.hasOwn(items, key)) (keys ??= []).push(key);
  }
  return keys ?? NO_KEYS;
}

const NO_KEYS: readonly string[] = [];

function isForm(item: object): item is Form {
  // The first is quick, and almost always false.
  return (item as Partial<Form>)[RICH_KEY] !== undefined && Object.hasOwn(item, RICH_KEY) && !Array.isArray(item);
}

function isContainer(content: unknown): content is Container {
  return typeof content === "object" && content !== null;
}

function malformed(how: string): SealtraceError {
  return new SealtraceError("SEALTRACE_INVALID_DATA", `It is no rich JSON: an object with "${RICH_KEY}" ${how}.`);
}

function shown(name: unknown): string {
  if (typeof name === "string") return JSON.stringify(name.slice(0, 100));
  return typeof name === "object" && name !== null ? "of an object" : String(name);
}
