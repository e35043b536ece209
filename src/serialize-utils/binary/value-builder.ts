import { inspect } from "node:util";
import { SealtraceError } from "../../record/index.ts";
import { DEFAULT_MAX_DEPTH, limitExceeded, ReadingBudget, type ReadingLimits } from "../limits.ts";
import type { KnownClasses } from "../values/class-registry.ts";
import { setProperty, type PlainObject } from "../values/plain-data.ts";
import { ITEMS_BETWEEN_LOOKS } from "../values/watched.ts";
import type { ByteReader } from "./byte-reader.ts";
import { knownForm, type KnownForm } from "./known-forms.ts";
import { refusedType } from "./failures.ts";
import { latin1Text } from "./text-bytes.ts";

/** Stands for a missing element of an array; any other place refuses it. */
export const HOLE: unique symbol = Symbol("hole");
/** Instead of a value: a container was begun, whose members are next. */
export const OPENED: unique symbol = Symbol("opened");
/** So many members as there are, until `close`. */
export const OPEN_END = -1;

const ARRAY = 0;
const OBJECT = 1;
const MAP = 2;
const RICH = 3;
/** A value in a wrapper that only the format knows. */
const WRAPPER = 4;

class Frame {
  kind: number;
  readonly parent: Frame | undefined;
  /** In bytes. */
  readonly start: number;
  readonly number: number;
  /** Members that are to come: values, and keys too; below 0 where that isn't known. */
  left: number;
  /** Of a frame that ends there, in bytes. */
  end = Infinity;
  array: unknown[];
  object: PlainObject;
  map: Map<unknown, unknown> | undefined;
  form: KnownForm | undefined;
  wrap: ((value: unknown) => unknown) | undefined;
  /** What is being made of a rich form; undefined until it is begun. */
  target: object | undefined;
  hasKey = false;
  key: unknown;
  size = 0;
  isReferenced = false;
  /** The bytes of keys that are containers. */
  containerKeys: Set<string> | undefined;
  keyStart = 0;

  constructor(kind: number, parent: Frame | undefined, start: number, number: number, left: number) {
    this.kind = kind;
    this.parent = parent;
    this.start = start;
    this.number = number;
    this.left = left;
    this.array = kind === OBJECT || kind === MAP ? NO_ITEMS : [];
    this.object = kind === OBJECT ? {} : NO_PROPERTIES;
  }
}

const NO_ITEMS = Object.freeze<never[]>([]) as never[];
const NO_PROPERTIES: PlainObject = Object.freeze({});

/**
 * Puts a value together from its parts in the order in which they are read, within limits. Does not recurse. Every object gets a number in the order in which it
 * begins, by which references find it.
 */
export class ValueBuilder {
  readonly #reader: ByteReader;
  readonly #classes: KnownClasses;
  readonly #budget: ReadingBudget;
  readonly #maxDepth: number;
  /** The unfinished ones as frames. */
  readonly #objects: unknown[] = [];
  readonly #numbersAll: boolean;
  #isMarked = false;
  #frame: Frame | undefined;
  #depth = 0;
  result: unknown;

  /** With `numbersAll` every object gets a number, otherwise what follows `markNext`. */
  constructor(reader: ByteReader, classes: KnownClasses, limits: ReadingLimits, numbersAll: boolean) {
    this.#numbersAll = numbersAll;
    this.#reader = reader;
    this.#classes = classes;
    this.#budget = new ReadingBudget(limits);
    this.#maxDepth = limits.maxDepth ?? DEFAULT_MAX_DEPTH;
    this.#budget.spend(1);
  }

  /** Whether the next thing is a key. */
  get expectsKey(): boolean {
    const frame = this.#frame;
    return frame !== undefined && (frame.kind === OBJECT || frame.kind === MAP) && !frame.hasKey;
  }

  /** For values of which the builder doesn't hear. */
  spend(values: number): void {
    this.#budget.spend(values);
  }

  /** A number for an object that was made as a whole; the bytes of a big integer are no object. */
  numbered<T>(value: T): T {
    const isOfScalar = this.#frame?.form?.isScalar === true;
    if (this.#isMarked || (this.#numbersAll && !isOfScalar)) this.#objects.push(value);
    this.#isMarked = false;
    return value;
  }

  /** The next value gets a number, of whatever kind it is. */
  markNext(start: number): void {
    if (this.#isMarked) throw this.#reader.invalid("a value is marked as shared twice", start);
    this.#isMarked = true;
  }

  openArray(length: number, start: number, end: number = Infinity): unknown {
    if (length === 0) return this.numbered([]);
    this.#open(ARRAY, length, length, start).end = end;
    return OPENED;
  }

  /** Becomes a Map when a key is no text. */
  openObject(size: number, start: number, end: number = Infinity): unknown {
    if (size === 0) return this.numbered({});
    this.#open(OBJECT, size, size < 0 ? size : size * 2, start).end = end;
    return OPENED;
  }

  openMap(size: number, start: number): unknown {
    if (size === 0) return this.numbered(new Map());
    this.#open(MAP, size, size < 0 ? size : size * 2, start).map = new Map();
    return OPENED;
  }

  /** `length` items of what has this name; or as many as there are until the byte `end` or `close`. */
  openRich(name: string, length: number, start: number, end: number = Infinity): unknown {
    const form = knownForm(name, this.#classes);
    if (form === undefined) throw refusedType(`a ${JSON.stringify(name.slice(0, 100))}`, start);
    const frame = this.#open(RICH, length, length, start, form.isScalar);
    frame.form = form;
    frame.end = end;
    if (length !== 0 && this.#reader.at !== end) return OPENED;
    this.#frame = frame.parent;
    return this.#finish(frame);
  }

  openWrapper(wrap: (value: unknown) => unknown, start: number): void {
    this.#open(WRAPPER, 1, 1, start).wrap = wrap;
  }

  #open(kind: number, values: number, left: number, start: number, isScalar = false): Frame {
    this.#budget.spend(values > 0 ? left : 1);
    this.#depth += 1;
    if (this.#depth > this.#maxDepth) throw limitExceeded("maxDepth", this.#maxDepth, `at byte ${start}`);
    const isNumbered = this.#isMarked || (this.#numbersAll && !isScalar);
    const frame = new Frame(kind, this.#frame, start, isNumbered ? this.#objects.length : -1, left);
    if (isNumbered) this.#objects.push(frame);
    this.#isMarked = false;
    frame.keyStart = this.#reader.at;
    this.#frame = frame;
    return frame;
  }

  /** The object with this number; of an unfinished one what there is. */
  reference(number: number, start: number): unknown {
    if (number >= this.#objects.length) {
      throw this.#reader.invalid(`a reference to object ${number} leads to none that began before it`, start);
    }
    const object = this.#objects[number];
    if (!(object instanceof Frame)) return object;
    object.isReferenced = true;
    if (object.kind === ARRAY) return object.array;
    if (object.kind === OBJECT) return object.object;
    return object.kind === MAP ? object.map : this.#beginTarget(object, start);
  }

  #beginTarget(frame: Frame, start: number): object {
    if (frame.target !== undefined) return frame.target;
    const target = this.#made(frame, () => frame.form?.begin?.(frame.array)) as object | undefined;
    if (target === undefined) throw this.#reader.invalid("a value that can't be circular leads back to itself", start);
    frame.target = target;
    return target;
  }

  /** A key of what may be an object; gives whether the text has become one. */
  addTextKey(key: string): void {
    const frame = this.#frame as Frame;
    frame.key = key;
    frame.hasKey = true;
    frame.left -= 1;
  }

  /** A value, or a key that is no text. Whether that was all: then it is `result`. */
  add(value: unknown): boolean {
    if (this.#isMarked) this.numbered(value);
    for (;;) {
      const frame = this.#frame;
      if (frame === undefined) {
        if (value === HOLE) throw this.#reader.invalid("a missing element stands in no array");
        this.result = value;
        return true;
      }
      if (value === HOLE && frame.kind !== ARRAY) throw this.#reader.invalid("a missing element stands in no array");
      this.#addTo(frame, value);
      if (frame.left !== 0 && !this.#isAtEnd(frame)) return false;
      this.#frame = frame.parent;
      value = this.#finish(frame);
    }
  }

  #isAtEnd({ end }: Frame): boolean {
    if (this.#reader.at > end) throw this.#reader.invalid("a value goes on after the end of what it is in", end);
    return this.#reader.at === end;
  }

  /** Ends a container whose length wasn't announced; otherwise like `add`. */
  close(start: number): boolean {
    const frame = this.#frame;
    if (frame === undefined || frame.left >= 0 || frame.hasKey || this.#isMarked) {
      throw this.#reader.invalid("an end stands where nothing ends", start);
    }
    this.#frame = frame.parent;
    return this.add(this.#finish(frame));
  }

  #addTo(frame: Frame, value: unknown): void {
    if (frame.left < 0) this.#budget.spend(1);
    else frame.left -= 1;
    switch (frame.kind) {
      case ARRAY:
        if (value === HOLE) frame.array.length += 1;
        else frame.array.push(value);
        return;
      case OBJECT:
        if (!frame.hasKey) return this.#addKey(frame, value);
        frame.hasKey = false;
        frame.size += 1;
        frame.keyStart = this.#reader.at;
        return setProperty(frame.object, frame.key as string, value);
      case MAP:
        if (!frame.hasKey) return this.#addKey(frame, value);
        frame.hasKey = false;
        frame.size += 1;
        frame.map?.set(frame.key, value);
        if (frame.size % ITEMS_BETWEEN_LOOKS === 0) this.#budget.look();
        if (frame.map?.size !== frame.size) throw this.#duplicateKey(frame.key, frame.keyStart);
        frame.keyStart = this.#reader.at;
        return;
      default:
        frame.array.push(value);
    }
  }

  #addKey(frame: Frame, key: unknown): void {
    if (frame.kind === OBJECT) {
      if (frame.isReferenced) throw this.#reader.invalid("an object becomes a map inside of itself", frame.keyStart);
      if (frame.size > 0) this.#checkSize(frame);
      frame.kind = MAP;
      frame.map = new Map(Object.entries(frame.object));
    }
    if (typeof key === "object" && key !== null) this.#checkContainerKey(frame, key);
    frame.key = key;
    frame.hasKey = true;
  }

  /** Containers are never equal to each other in JavaScript; their bytes are. */
  #checkContainerKey(frame: Frame, key: object): void {
    const { at, bytes } = this.#reader;
    this.#budget.spend((at - frame.keyStart) >> 6);
    const keyBytes = latin1Text(bytes, frame.keyStart, at);
    frame.containerKeys ??= new Set();
    if (frame.containerKeys.has(keyBytes)) throw this.#duplicateKey(key, frame.keyStart);
    frame.containerKeys.add(keyBytes);
  }

  #finish(frame: Frame): unknown {
    this.#depth -= 1;
    const value = this.#valueOf(frame);
    if (frame.number >= 0) this.#objects[frame.number] = value;
    return value;
  }

  #valueOf(frame: Frame): unknown {
    switch (frame.kind) {
      case ARRAY:
        return frame.array;
      case OBJECT:
        this.#checkSize(frame);
        return frame.object;
      case MAP:
        return frame.map;
      case WRAPPER:
        return this.#made(frame, () => frame.wrap?.(frame.array[0]));
      default:
        return this.#made(frame, () => frame.form?.finish(frame.array, frame.target, this.#look));
    }
  }

  /** A duplicate key was set twice, and is there once. */
  #checkSize(frame: Frame): void {
    if (Object.keys(frame.object).length !== frame.size) throw this.#duplicateKey(undefined, frame.start);
  }

  #duplicateKey(key: unknown, at: number): Error {
    const which = key === undefined ? "a key stands" : `the key ${shown(key)} stands`;
    return this.#reader.invalid(`${which} twice in a map`, at);
  }

  readonly #look = (): void => {
    this.#budget.look();
  };

  #made(frame: Frame, make: () => unknown): unknown {
    try {
      return make();
    } catch (error) {
      if (error instanceof SealtraceError && error.code === "SEALTRACE_LIMIT_EXCEEDED") throw error;
      throw this.#reader.invalid(`${frame.form === undefined ? "" : `a ${frame.form.name} can't be made: `}${sentenceOf(error)}`, frame.start, error); // prettier-ignore
    }
  }
}

function shown(key: unknown): string {
  if (typeof key === "string") return JSON.stringify(key.slice(0, 100));
  return key === null || typeof key !== "object" ? inspect(key) : "of a container";
}

/** To stand within another. */
function sentenceOf(error: unknown): string {
  return (error as Error).message.replace(/\.$/, "");
}
