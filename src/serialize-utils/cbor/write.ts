import { bytesOfMagnitude } from "../binary/bigint-bytes.ts";
import { ByteWriter } from "../binary/byte-writer.ts";
import type { RichForm } from "../binary/rich-form.ts";
import { writeUtf8 } from "../binary/text-bytes.ts";
import type { ValueSink } from "../binary/value-sink.ts";
import { Walk } from "../binary/walk.ts";
import { knownClasses, type ClassRegistry } from "../values/class-registry.ts";
import { richTypeNamed } from "../values/rich-types.ts";
import { numberToHalf } from "./floats.ts";
import { inKeyOrder } from "./key-order.ts";
import { SharedMarks } from "./shared-marks.ts";
import { CborSimple, CborTag, TAG_OF_TYPED_ARRAY, TAGS } from "./tags.ts";

export interface CborOptions {
  /** Classes whose instances are written, by the names that stand for them. */
  readonly classes?: ClassRegistry | undefined;
}

/**
 * Any value as CBOR in deterministic encoding (RFC 8949, section 4.2.1): equal values are equal bytes, whatever order the properties of objects and the entries of
 * maps with simple keys were set in. What CBOR and the registered tags have no form for is tag 27, an array of a name and what the so named is made of. Throws
 * SEALTRACE_VALUE_UNSUPPORTED, naming the place, for functions, unregistered classes and texts with lone surrogates.
 */
export function serializeToCbor(value: unknown, { classes }: CborOptions = {}): Uint8Array {
  const sink = new CborSink();
  new Walk(sink, knownClasses(classes)).write(value);
  return sink.finish();
}

class CborSink extends ByteWriter implements ValueSink {
  readonly format = "CBOR";
  readonly #marks = new SharedMarks();

  override finish(): Uint8Array {
    const draft = super.finish();
    if (this.#marks.isEmpty) return draft;
    const whole = new CborSink();
    this.#marks.insert(draft, whole, (tag, number) => {
      whole.#head(TAG, tag);
      if (number !== undefined) whole.#head(UNSIGNED, number);
    });
    return whole.finish();
  }

  null(): void {
    this.#byte(0xf6);
  }

  undefined(): void {
    this.#byte(0xf7);
  }

  boolean(value: boolean): void {
    this.#byte(value ? 0xf5 : 0xf4);
  }

  number(value: number): void {
    if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
      if (value >= 0) this.#head(UNSIGNED, value);
      else this.#head(NEGATIVE, -1 - value);
    } else this.#float(value);
  }

  /** The shortest form that holds the number. */
  #float(value: number): void {
    this.reserve(9);
    const half = numberToHalf(value);
    if (half >= 0) {
      this.u8(0xf9);
      this.u16(half);
    } else if (Math.fround(value) === value) {
      this.u8(0xfa);
      this.view.setFloat32(this.at, value);
      this.at += 4;
    } else {
      this.u8(0xfb);
      this.f64(value);
    }
  }

  bigint(value: bigint): void {
    const isNegative = value < 0n;
    const magnitude = isNegative ? -1n - value : value;
    if (value >= -MAX_SAFE && value <= MAX_SAFE) {
      this.#generic("BigInt", 1);
      this.number(Number(value));
    } else if (magnitude < 1n << 64n) {
      this.reserve(9);
      this.u8((isNegative ? NEGATIVE : UNSIGNED) | 27);
      this.view.setBigUint64(this.at, magnitude);
      this.at += 8;
    } else {
      this.#head(TAG, isNegative ? TAGS.bigNegative : TAGS.bigPositive);
      this.#bytes(bytesOfMagnitude(magnitude));
    }
  }

  string(value: string): boolean {
    this.reserve(value.length * 3 + 9);
    const start = this.at;
    this.#head(TEXT, value.length);
    const announced = this.at;
    const length = writeUtf8(value, this.bytes, announced);
    this.at = start;
    if (length < 0) return false;
    if (length !== value.length) {
      const needed = start + headLength(length);
      this.bytes.copyWithin(needed, announced, announced + length);
    }
    this.#head(TEXT, length);
    this.at += length;
    return true;
  }

  key(text: string): boolean {
    return this.string(text);
  }

  hole(): void {
    this.#generic("hole", 0);
  }

  symbol(key: string): boolean {
    if (!key.isWellFormed()) return false;
    this.#generic("Symbol", 1);
    return this.string(key);
  }

  reference(number: number): void {
    this.#marks.reference(this.at, number);
  }

  keysOf(value: object): readonly string[] {
    return inKeyOrder(Object.keys(value));
  }

  beginArray(length: number): void {
    this.#marks.begin(this.at);
    this.#head(ARRAY, length);
  }

  beginObject(size: number): void {
    this.#marks.begin(this.at);
    this.#head(MAP, size);
  }

  leaf(name: string, value: object): boolean {
    const start = this.at;
    if (!this.#nativeLeaf(name, value)) return false;
    this.#marks.begin(start);
    return true;
  }

  #nativeLeaf(name: string, value: object): boolean {
    const tag = TAG_OF_TYPED_ARRAY.get(name);
    if (tag !== undefined) {
      this.#head(TAG, tag);
      this.#bytes(richTypeNamed(name)?.takeApart(value) as Uint8Array);
    } else if (name === "Uint8Array") this.#bytes(value as Uint8Array);
    else if (name === "URL") {
      this.#head(TAG, TAGS.uri);
      this.string((value as URL).href);
    } else if (name === "Date") return this.#date((value as Date).getTime());
    else return false;
    return true;
  }

  /** False for the dates that seconds can't tell exactly: none, and some beyond the year 100,000. */
  #date(time: number): boolean {
    const seconds = time / 1000;
    if (Math.round(seconds * 1000) !== time) return false;
    this.#head(TAG, TAGS.epoch);
    this.number(seconds);
    return true;
  }

  formOf(value: object): RichForm | undefined {
    if (value instanceof CborTag) return { name: "", items: [value.value] };
    return value instanceof CborSimple ? { name: "", items: [] } : undefined;
  }

  beginRich({ name, items }: RichForm, value: object): readonly unknown[] {
    this.#marks.begin(this.at);
    if (value instanceof CborTag) this.#tag(value.tag);
    else if (value instanceof CborSimple) this.#head(SIMPLE, value.value);
    else if (name === "Set") {
      this.#head(TAG, TAGS.set);
      this.#head(ARRAY, items.length);
    } else if (name === "Map" && value instanceof Map) return this.#beginMap(value, items);
    else this.#generic(name, items.length);
    return items;
  }

  #tag(tag: number | bigint): void {
    if (typeof tag === "number") return this.#head(TAG, tag);
    this.reserve(9);
    this.u8(TAG | 27);
    this.view.setBigUint64(this.at, tag);
    this.at += 8;
  }

  /** Of containers as keys the order of insertion is kept: no other is sure to be the same for each. */
  #beginMap(map: Map<unknown, unknown>, items: readonly unknown[]): readonly unknown[] {
    const keys = [...map.keys()];
    if (keys.some((key) => typeof key === "object" && key !== null)) {
      this.#generic("Map", items.length);
      return items;
    }
    // Otherwise it would be read as an object.
    if (keys.every((key) => typeof key === "string")) this.#head(TAG, TAGS.map);
    this.#head(MAP, map.size);
    return keys
      .map((key) => ({ key, bytes: serializeToCbor(key) }))
      .sort((a, b) => Buffer.compare(a.bytes, b.bytes))
      .flatMap(({ key }) => [key, map.get(key)]);
  }

  end(): void {
    // Lengths are told at the beginning.
  }

  #generic(name: string, items: number): void {
    this.#head(TAG, TAGS.genericObject);
    this.#head(ARRAY, items + 1);
    this.string(name);
  }

  #bytes(bytes: Uint8Array): void {
    this.#head(BYTES, bytes.length);
    this.raw(bytes);
  }

  #byte(value: number): void {
    this.reserve(1);
    this.u8(value);
  }

  /** In the shortest form. */
  #head(majorType: number, value: number): void {
    this.reserve(9);
    if (value < 24) this.u8(majorType | value);
    else if (value < 0x100) {
      this.u8(majorType | 24);
      this.u8(value);
    } else if (value < 0x1_0000) {
      this.u8(majorType | 25);
      this.u16(value);
    } else if (value < 2 ** 32) {
      this.u8(majorType | 26);
      this.u32(value);
    } else {
      this.u8(majorType | 27);
      this.u64(value);
    }
  }
}

function headLength(value: number): number {
  return value < 24 ? 1 : value < 0x100 ? 2 : value < 0x1_0000 ? 3 : value < 2 ** 32 ? 5 : 9;
}

/** Major types, where they stand in a head. */
const UNSIGNED = 0x00;
const NEGATIVE = 0x20;
const BYTES = 0x40;
const TEXT = 0x60;
const ARRAY = 0x80;
const MAP = 0xa0;
const TAG = 0xc0;
const SIMPLE = 0xe0;

const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER);
