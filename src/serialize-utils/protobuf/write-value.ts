import { bytesOfBigint } from "../binary/bigint-bytes.ts";
import type { RichForm } from "../binary/rich-form.ts";
import { ARRAY, OBJECT, RICH, type ContainerKind, type ValueSink } from "../binary/value-sink.ts";
import { Walk } from "../binary/walk.ts";
import { knownClasses, type ClassRegistry } from "../values/class-registry.ts";
import { MARKS, NAME, NESTED_VALUE, PROPERTY, VALUE } from "./value-fields.ts";
import { FIXED64, LENGTH, utf8Length, VARINT, varintSize, WireWriter } from "./wire-writer.ts";

/** Any value as a `sealtrace.Value` (`schemas/sealtrace-value.proto`); the same value is always the same bytes. */
export function writeValue(value: unknown, classes: ClassRegistry | undefined): Uint8Array {
  const sink = new ValueWriter();
  new Walk(sink, knownClasses(classes)).write(value);
  return sink.finish();
}

class ValueWriter extends WireWriter implements ValueSink {
  readonly format = "Protobuf";
  /** The kinds of the containers that were begun. */
  readonly #kinds: ContainerKind[] = [];

  /** Of a value whose only field takes so many bytes. */
  #begin(length: number): void {
    if (this.#kinds.length === 0) return;
    this.tag(NESTED_VALUE, LENGTH);
    this.varint(length);
  }

  /** A property ends with its value. */
  #end(): void {
    if (this.#kinds.at(-1) === OBJECT) this.close();
  }

  #varintValue(field: number, value: number): void {
    this.#begin(1 + varintSize(value));
    this.tag(field, VARINT);
    this.varint(value);
    this.#end();
  }

  #bytesValue(field: number, bytes: Uint8Array): void {
    this.#begin(1 + varintSize(bytes.length) + bytes.length);
    this.tag(field, LENGTH);
    this.bytesWithLength(bytes);
    this.#end();
  }

  #textValue(field: number, text: string): boolean {
    const length = utf8Length(text);
    if (length < 0) return false;
    this.#begin(1 + varintSize(length) + length);
    this.tag(field, LENGTH);
    this.textWithLength(text);
    this.#end();
    return true;
  }

  null(): void {
    this.#varintValue(VALUE.mark, MARKS.null);
  }

  undefined(): void {
    this.#varintValue(VALUE.mark, MARKS.undefined);
  }

  hole(): void {
    this.#varintValue(VALUE.mark, MARKS.hole);
  }

  boolean(value: boolean): void {
    this.#varintValue(VALUE.boolean, value ? 1 : 0);
  }

  number(value: number): void {
    if (Number.isSafeInteger(value) && !Object.is(value, -0)) return this.#signed(VALUE.integer, value);
    this.#begin(9);
    this.tag(VALUE.number, FIXED64);
    this.reserve(8);
    this.view.setFloat64(this.at, value, true);
    this.at += 8;
    this.#end();
  }

  /** Zigzag, in which a safe integer may take a bit more than is safe. */
  #signed(field: number, value: number): void {
    if (Math.abs(value) < 2 ** 51) return this.#varintValue(field, value < 0 ? -2 * value - 1 : 2 * value);
    this.#begin(9);
    this.tag(field, VARINT);
    this.bigVarint(value < 0 ? -2n * BigInt(value) - 1n : 2n * BigInt(value));
    this.#end();
  }

  string(value: string): boolean {
    return this.#textValue(VALUE.string, value);
  }

  symbol(key: string): boolean {
    return this.#textValue(VALUE.symbol, key);
  }

  bigint(value: bigint): void {
    this.#bytesValue(VALUE.bigInteger, bytesOfBigint(value));
  }

  reference(number: number): void {
    this.#varintValue(VALUE.reference, number);
  }

  keysOf(value: object): readonly string[] {
    return Object.keys(value);
  }

  key(text: string): boolean {
    if (!text.isWellFormed()) return false;
    this.tag(PROPERTY, LENGTH);
    this.open();
    if (text !== "") this.#name(text);
    return true;
  }

  #name(text: string): void {
    this.tag(NAME, LENGTH);
    this.textWithLength(text);
  }

  beginArray(): void {
    this.#beginContainer(VALUE.list, ARRAY);
  }

  beginObject(): void {
    this.#beginContainer(VALUE.object, OBJECT);
  }

  #beginContainer(field: number, kind: ContainerKind): void {
    if (this.#kinds.length > 0) {
      this.tag(NESTED_VALUE, LENGTH);
      this.open();
    }
    this.tag(field, LENGTH);
    this.open();
    this.#kinds.push(kind);
  }

  end(): void {
    this.#kinds.pop();
    this.close();
    if (this.#kinds.length > 0) this.close();
    this.#end();
  }

  leaf(name: string, value: object): boolean {
    if (name === "Uint8Array") this.#bytesValue(VALUE.bytes, value as Uint8Array);
    else if (name === "Date" && !Number.isNaN((value as Date).getTime())) {
      this.#signed(VALUE.date, (value as Date).getTime());
    } else return false;
    return true;
  }

  formOf(): RichForm | undefined {
    return undefined;
  }

  beginRich({ name, items }: RichForm): readonly unknown[] {
    this.#beginContainer(VALUE.rich, RICH);
    this.#name(name);
    return items;
  }
}
