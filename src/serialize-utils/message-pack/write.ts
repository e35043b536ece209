import { ByteWriter } from "../binary/byte-writer.ts";
import { bytesOfBigint } from "../binary/bigint-bytes.ts";
import { keysAreNativeIn } from "../binary/native-maps.ts";
import type { RichForm } from "../binary/rich-form.ts";
import { writeUtf8 } from "../binary/text-bytes.ts";
import { RICH, type ContainerKind, type ValueSink } from "../binary/value-sink.ts";
import { Walk } from "../binary/walk.ts";
import { knownClasses, type ClassRegistry } from "../values/class-registry.ts";
import { MessagePackExtension } from "./extension.ts";
import { SEALTRACE_TYPE, TIMESTAMP_TYPE } from "./extension-types.ts";
import { timestampBytes } from "./timestamp.ts";

export interface MessagePackOptions {
  /** Classes whose instances are written, by the names that stand for them. */
  readonly classes?: ClassRegistry | undefined;
}

/**
 * Any value as MessagePack. Plain data, Uint8Array, Date, BigInt beyond the safe integers and Map with keys that aren't texts use MessagePack's own forms; all
 * else is an extension of type 115 (see `extension-types.ts`). Throws SEALTRACE_VALUE_UNSUPPORTED, naming the place, for functions, unregistered classes and
 * texts with lone surrogates.
 *
 * @see https://github.com/msgpack/msgpack/blob/master/spec.md
 */
export function serializeToMessagePack(value: unknown, { classes }: MessagePackOptions = {}): Uint8Array {
  const sink = new MessagePackSink();
  new Walk(sink, knownClasses(classes)).write(value);
  return sink.finish();
}

class MessagePackSink extends ByteWriter implements ValueSink {
  readonly format = "MessagePack";
  /** Where the lengths of the extensions stand that were begun. */
  readonly #lengths: number[] = [];

  null(): void {
    this.#byte(0xc0);
  }

  boolean(value: boolean): void {
    this.#byte(value ? 0xc3 : 0xc2);
  }

  number(value: number): void {
    this.reserve(9);
    if (value >>> 0 === value && !(value === 0 && 1 / value < 0)) this.#unsigned(value);
    else if ((value | 0) === value && value !== 0) this.#negative(value);
    else if (Number.isSafeInteger(value) && value !== 0) this.#bigInteger(value);
    else {
      this.u8(0xcb);
      this.f64(value);
    }
  }

  #unsigned(value: number): void {
    if (value < 0x80) this.u8(value);
    else if (value < 0x100) {
      this.u8(0xcc);
      this.u8(value);
    } else if (value < 0x1_0000) {
      this.u8(0xcd);
      this.u16(value);
    } else {
      this.u8(0xce);
      this.u32(value);
    }
  }

  #negative(value: number): void {
    if (value >= -0x20) this.u8(value + 0x100);
    else if (value >= -0x80) {
      this.u8(0xd0);
      this.u8(value + 0x100);
    } else if (value >= -0x8000) {
      this.u8(0xd1);
      this.u16(value);
    } else {
      this.u8(0xd2);
      this.u32(value);
    }
  }

  /** Safe, and of more than 32 bits. */
  #bigInteger(value: number): void {
    this.u8(value < 0 ? 0xd3 : 0xcf);
    this.u64(value);
  }

  string(value: string): boolean {
    const { length } = value;
    if (length >= 0x20) return this.#text(value);
    this.reserve(0x20);
    const { at, bytes } = this;
    for (let i = 0; i < length; i += 1) {
      const unit = value.charCodeAt(i);
      if (unit >= 0x80) return this.#text(value);
      bytes[at + 1 + i] = unit;
    }
    bytes[at] = 0xa0 | length;
    this.at = at + 1 + length;
    return true;
  }

  #text(value: string): boolean {
    this.reserve(value.length * 3 + 5);
    const start = this.at;
    const announced = textHeadLength(value.length);
    const length = writeUtf8(value, this.bytes, start + announced);
    if (length < 0) return false;
    const needed = textHeadLength(length);
    if (needed !== announced) {
      this.bytes.copyWithin(start + needed, start + announced, start + announced + length);
    }
    if (length < 0x20) this.u8(0xa0 | length);
    else if (length < 0x100) {
      this.u8(0xd9);
      this.u8(length);
    } else this.#longLength(length, 0xda);
    this.at = start + needed + length;
    return true;
  }

  key(text: string): boolean {
    const { length } = text;
    if (length === 0 || length >= 0x20) return this.string(text);
    const slot = (text.charCodeAt(0) + text.charCodeAt(length - 1) * 33 + length * 7) & (KEY_SLOTS - 1);
    if (knownKeys[slot] !== text) return this.#newKey(text, slot);
    this.reserve(0x20);
    const { at, bytes } = this;
    const start = slot * 0x20;
    for (let i = 0; i <= length; i += 1) bytes[at + i] = knownKeyBytes[start + i] as number;
    this.at = at + length + 1;
    return true;
  }

  #newKey(text: string, slot: number): boolean {
    const start = this.at;
    if (!this.string(text)) return false;
    if (this.at - start === text.length + 1) {
      knownKeys[slot] = text;
      for (let i = 0; i <= text.length; i += 1) knownKeyBytes[slot * 0x20 + i] = this.bytes[start + i] as number;
    }
    return true;
  }

  /** Of 16 or 32 bits, whose heads follow each other. */
  #longLength(length: number, head16: number): void {
    if (length < 0x1_0000) {
      this.u8(head16);
      this.u16(length);
    } else {
      this.u8(head16 + 1);
      this.u32(length);
    }
  }

  bigint(value: bigint): void {
    if (value >= -MAX_SAFE && value <= MAX_SAFE) this.#rich("BigInt", () => this.number(Number(value)));
    else if (value >= -(1n << 63n) && value < 1n << 64n) {
      this.reserve(9);
      this.u8(value < 0n ? 0xd3 : 0xcf);
      this.view.setBigUint64(this.at, BigInt.asUintN(64, value));
      this.at += 8;
    } else this.#rich("BigInt", () => this.#bytes(bytesOfBigint(value)));
  }

  undefined(): void {
    this.#rich("undefined");
  }

  hole(): void {
    this.#rich("hole");
  }

  symbol(key: string): boolean {
    if (!key.isWellFormed()) return false;
    this.#rich("Symbol", () => this.string(key));
    return true;
  }

  reference(number: number): void {
    this.#beginExtension();
    this.number(number);
    this.end(RICH);
  }

  #rich(name: string, writeContent?: () => void): void {
    this.#beginExtension();
    this.string(name);
    writeContent?.();
    this.end(RICH);
  }

  keysOf(value: object): readonly string[] {
    return Object.keys(value);
  }

  beginArray(length: number): void {
    this.reserve(5);
    if (length < 0x10) this.u8(0x90 | length);
    else this.#longLength(length, 0xdc);
  }

  beginObject(size: number): void {
    this.reserve(5);
    if (size < 0x10) this.u8(0x80 | size);
    else this.#longLength(size, 0xde);
  }

  leaf(name: string, value: object): boolean {
    if (name === "Uint8Array") this.#bytes(value as Uint8Array);
    else if (name === "Date" && !Number.isNaN((value as Date).getTime())) {
      this.#extension(TIMESTAMP_TYPE, timestampBytes(value as Date));
    } else return false;
    return true;
  }

  formOf(value: object): RichForm | undefined {
    return value instanceof MessagePackExtension ? { name: "", items: [] } : undefined;
  }

  beginRich({ name, items }: RichForm, value: object): readonly unknown[] {
    if (value instanceof MessagePackExtension) {
      this.#extension(value.type, value.bytes);
      this.#lengths.push(NO_LENGTH);
    } else if (name === "Map" && keysAreNativeIn(value)) {
      this.beginObject(items.length / 2);
      this.#lengths.push(NO_LENGTH);
    } else {
      this.#beginExtension();
      this.string(name);
    }
    return items;
  }

  end(kind: ContainerKind): void {
    if (kind !== RICH) return;
    const at = this.#lengths.pop() as number;
    if (at !== NO_LENGTH) this.view.setUint32(at, this.at - at - 5);
  }

  /** Its length is known at the end. */
  #beginExtension(): void {
    this.reserve(6);
    this.u8(0xc9);
    this.#lengths.push(this.at);
    this.at += 4;
    this.u8(SEALTRACE_TYPE);
  }

  #extension(type: number, bytes: Uint8Array): void {
    this.reserve(6);
    const { length } = bytes;
    const fixed = FIXED_LENGTHS.indexOf(length);
    if (fixed >= 0) this.u8(0xd4 + fixed);
    else if (length < 0x100) {
      this.u8(0xc7);
      this.u8(length);
    } else this.#longLength(length, 0xc8);
    this.u8(type & 0xff);
    this.raw(bytes);
  }

  #bytes(bytes: Uint8Array): void {
    this.reserve(5);
    if (bytes.length < 0x100) {
      this.u8(0xc4);
      this.u8(bytes.length);
    } else this.#longLength(bytes.length, 0xc5);
    this.raw(bytes);
  }

  #byte(value: number): void {
    this.reserve(1);
    this.u8(value);
  }
}

/** Short ASCII keys that were written before, and their bytes: objects have few keys, again and again. */
const KEY_SLOTS = 256;
const knownKeys: string[] = new Array<string>(KEY_SLOTS).fill("");
const knownKeyBytes = new Uint8Array(KEY_SLOTS * 0x20);

const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER);
const FIXED_LENGTHS: readonly number[] = [1, 2, 4, 8, 16];
const NO_LENGTH = -1;

function textHeadLength(length: number): number {
  return length < 0x20 ? 1 : length < 0x100 ? 2 : length < 0x1_0000 ? 3 : 5;
}
