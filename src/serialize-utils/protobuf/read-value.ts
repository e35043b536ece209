import { bigintOfBytes } from "../binary/bigint-bytes.ts";
import { trailing, truncated } from "../binary/failures.ts";
import { HOLE, OPEN_END, OPENED, ValueBuilder } from "../binary/value-builder.ts";
import type { ReadingLimits } from "../limits.ts";
import { knownClasses, type ClassRegistry, type KnownClasses } from "../values/class-registry.ts";
import { MARKS, NAME, NESTED_VALUE, PROPERTY, VALUE } from "./value-fields.ts";
import { WireReader } from "./wire-reader.ts";
import { FIXED64, LENGTH, VARINT } from "./wire-writer.ts";

/** The value of a `sealtrace.Value`. Its fields must come in the order of their numbers, as every writer of Protobuf writes them. */
export function readValue(
  bytes: Uint8Array,
  { classes, ...limits }: ReadingLimits & { readonly classes?: ClassRegistry | undefined },
): unknown {
  const reader = new ValueReader("Protobuf", bytes, limits);
  return reader.read(knownClasses(classes), limits);
}

class ValueReader extends WireReader {
  read(classes: KnownClasses, limits: ReadingLimits): unknown {
    const builder = new ValueBuilder(this, classes, limits, true);
    let end = this.end;
    for (;;) {
      const value = this.#value(builder, end);
      if (value !== OPENED && builder.add(value)) return builder.result;
      end = builder.expectsKey ? this.#property(builder) : this.#nested();
    }
  }

  /** Where the value of the property ends. */
  #property(builder: ValueBuilder): number {
    this.#expectTag(PROPERTY, "a property");
    const propertyEnd = this.length() + this.at;
    const hasName = this.at < propertyEnd && this.bytes[this.at] === NAME * 8 + LENGTH;
    if (hasName) this.at += 1;
    builder.addTextKey(hasName ? this.text(this.length()) : "");
    const end = this.#nested();
    if (end !== propertyEnd) throw this.invalid("a property doesn't end with its value");
    return end;
  }

  #nested(): number {
    this.#expectTag(NESTED_VALUE, "a value");
    return this.length() + this.at;
  }

  #expectTag(field: number, what: string): void {
    const start = this.at;
    if (this.tag() !== field * 8 + LENGTH) throw this.invalid(`${what} is missing`, start);
  }

  #value(builder: ValueBuilder, end: number): unknown {
    const start = this.at;
    if (start === end) throw start === 0 ? truncated("Protobuf", end) : this.invalid("a value is empty", start);
    const value = this.#field(builder, this.tag(), start, end);
    if (value !== OPENED && this.at !== end) throw this.#more(start === 0);
    return value;
  }

  #more(isWhole: boolean): Error {
    if (!isWhole) return this.invalid("a value has more than one field");
    const next = (this.bytes[this.at] as number) >> 3;
    return trailing("Protobuf", this.at, next >= VALUE.mark && next <= VALUE.date);
  }

  #field(builder: ValueBuilder, tag: number, start: number, end: number): unknown {
    switch (tag) {
      case VALUE.mark * 8 + VARINT:
        return this.#mark(start);
      case VALUE.boolean * 8 + VARINT:
        this.varint();
        return this.low !== 0 || this.high !== 0;
      case VALUE.integer * 8 + VARINT:
        return this.#safeInteger(start);
      case VALUE.number * 8 + FIXED64:
        return this.view.getFloat64(this.take(8), true);
      case VALUE.string * 8 + LENGTH:
        return this.text(this.length());
      case VALUE.bytes * 8 + LENGTH:
        return builder.numbered(this.copy(this.length()));
      case VALUE.list * 8 + LENGTH: {
        const length = this.#container(start, end);
        return builder.openArray(length === 0 ? 0 : OPEN_END, start, end);
      }
      case VALUE.object * 8 + LENGTH: {
        const length = this.#container(start, end);
        return builder.openObject(length === 0 ? 0 : OPEN_END, start, end);
      }
      case VALUE.rich * 8 + LENGTH:
        this.#container(start, end);
        this.#expectTag(NAME, "the name of a rich value");
        return builder.openRich(this.text(this.length()), OPEN_END, start, end);
      case VALUE.reference * 8 + VARINT:
        this.varint();
        return builder.reference(this.high * 2 ** 32 + this.low, start);
      case VALUE.bigInteger * 8 + LENGTH:
        return this.#bigInteger(start);
      case VALUE.symbol * 8 + LENGTH:
        return Symbol.for(this.text(this.length()));
      case VALUE.date * 8 + VARINT: {
        const date = new Date(this.#safeInteger(start));
        if (Number.isNaN(date.getTime())) throw this.invalid("a date is beyond what a Date holds", start);
        return builder.numbered(date);
      }
      default:
        throw this.invalid(`a sealtrace.Value has no field ${tag >>> 3} of this kind`, start);
    }
  }

  /** It is all that the value holds. */
  #container(start: number, end: number): number {
    const length = this.length();
    if (this.at + length !== end) {
      if (this.at + length < end) this.at += length;
      throw this.#more(start === 0);
    }
    return length;
  }

  #mark(start: number): unknown {
    this.varint();
    if (this.high === 0) {
      if (this.low === MARKS.null) return null;
      if (this.low === MARKS.undefined) return undefined;
      if (this.low === MARKS.hole) return HOLE;
    }
    throw this.invalid("a mark is none", start);
  }

  #safeInteger(start: number): number {
    const zigzag = this.bigVarint();
    const value = Number((zigzag >> 1n) ^ -(zigzag & 1n));
    if (!Number.isSafeInteger(value)) throw this.invalid("an integer is beyond the safe ones", start);
    return value;
  }

  #bigInteger(start: number): bigint {
    const bytes = this.copy(this.length());
    try {
      return bigintOfBytes(bytes);
    } catch (cause) {
      throw this.invalid("an integer is too large for a BigInt", start, cause);
    }
  }
}
