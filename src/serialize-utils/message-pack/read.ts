import { checkBytes } from "../content-argument.ts";
import { ByteReader } from "../binary/byte-reader.ts";
import { refusedType, trailing } from "../binary/failures.ts";
import { HOLE, OPEN_END, OPENED, ValueBuilder } from "../binary/value-builder.ts";
import type { ReadingLimits } from "../limits.ts";
import { knownClasses, type ClassRegistry } from "../values/class-registry.ts";
import { MessagePackExtension } from "./extension.ts";
import { SEALTRACE_TYPE, TIMESTAMP_TYPE } from "./extension-types.ts";
import { endOfMessagePack } from "./scan.ts";
import { dateOfTimestamp } from "./timestamp.ts";

export interface MessagePackReadingOptions extends ReadingLimits {
  /** Classes that the content may ask for. */
  readonly classes?: ClassRegistry | undefined;
  /** Gives extensions without a meaning here as {@link MessagePackExtension}. Default: they are refused with SEALTRACE_TYPE_REFUSED. */
  readonly keepUnknown?: boolean | undefined;
}

/**
 * The value of MessagePack. Maps become plain objects while all of their keys are texts, otherwise Map; 64-bit integers become BigInt where they are beyond the
 * safe integers; a timestamp becomes a Date, rounded down to milliseconds. Throws SEALTRACE_INVALID_DATA (also for duplicate keys and invalid UTF-8),
 * SEALTRACE_DATA_TRUNCATED, SEALTRACE_DATA_CONCATENATED, SEALTRACE_DATA_TRAILING, SEALTRACE_LIMIT_EXCEEDED, SEALTRACE_TYPE_REFUSED.
 */
export function deserializeFromMessagePack(bytes: Uint8Array, options: MessagePackReadingOptions = {}): unknown {
  checkBytes(bytes);
  const reader = new MessagePackReader(bytes, options);
  const value = reader.value();
  if (reader.at < reader.end) throw trailing("MessagePack", reader.at, isSequence(bytes, reader.at));
  return value;
}

function isSequence(bytes: Uint8Array, start: number): boolean {
  let at: number | undefined = start;
  while (at !== undefined && at < bytes.length) at = endOfMessagePack(bytes, at);
  return at !== undefined;
}

class MessagePackReader extends ByteReader {
  readonly #builder: ValueBuilder;
  readonly #keepUnknown: boolean;
  constructor(bytes: Uint8Array, { classes, keepUnknown = false, ...limits }: MessagePackReadingOptions) {
    super("MessagePack", bytes, limits);
    this.#builder = new ValueBuilder(this, knownClasses(classes), limits, true);
    this.#keepUnknown = keepUnknown;
  }

  value(): unknown {
    const builder = this.#builder;
    for (;;) {
      if (builder.expectsKey && this.#readKey()) continue;
      const value = this.#item();
      if (value !== OPENED && builder.add(value)) return builder.result;
    }
  }

  /** False, with nothing read, when the key is no text. */
  #readKey(): boolean {
    const head = this.at < this.end ? (this.bytes[this.at] as number) : 0;
    let length: number;
    if (head >= 0xa0 && head <= 0xbf) {
      this.at += 1;
      length = head & 0x1f;
    } else if (head >= 0xd9 && head <= 0xdb) {
      this.at += 1;
      length = this.#length(head - 0xd9);
    } else return false;
    this.#builder.addTextKey(this.text(length));
    return true;
  }

  #item(): unknown {
    const start = this.at;
    const head = this.u8();
    if (head < 0x80) return head;
    if (head >= 0xe0) return head - 0x100;
    if (head >= 0xa0 && head < 0xc0) return this.text(head & 0x1f);
    if (head < 0x90) return this.#object(head & 0xf, start);
    if (head < 0xa0) return this.#array(head & 0xf, start);
    switch (head) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return this.#builder.numbered(this.copy(this.#length(head - 0xc4)));
      case 0xc7:
      case 0xc8:
      case 0xc9:
        return this.#extension(this.#length(head - 0xc7), start);
      case 0xca:
        return this.view.getFloat32(this.take(4));
      case 0xcb:
        return this.f64();
      case 0xcc:
        return this.u8();
      case 0xcd:
        return this.u16();
      case 0xce:
        return this.u32();
      case 0xcf:
        return safeOrBig(this.view.getBigUint64(this.take(8)));
      case 0xd0:
        return this.view.getInt8(this.take(1));
      case 0xd1:
        return this.view.getInt16(this.take(2));
      case 0xd2:
        return this.view.getInt32(this.take(4));
      case 0xd3:
        return safeOrBig(this.view.getBigInt64(this.take(8)));
      case 0xd4:
      case 0xd5:
      case 0xd6:
      case 0xd7:
      case 0xd8:
        return this.#extension(1 << (head - 0xd4), start);
      case 0xd9:
      case 0xda:
      case 0xdb:
        return this.text(this.#length(head - 0xd9));
      case 0xdc:
      case 0xdd:
        return this.#array(this.#length(head - 0xdb), start);
      case 0xde:
      case 0xdf:
        return this.#object(this.#length(head - 0xdd), start);
      default:
        throw this.invalid("the byte c1 stands, which begins nothing", start);
    }
  }

  /** Of 1, 2 or 4 bytes. */
  #length(size: number): number {
    return size === 0 ? this.u8() : size === 1 ? this.u16() : this.u32();
  }

  #array(length: number, start: number): unknown {
    this.expect(length);
    return this.#builder.openArray(length, start);
  }

  #object(size: number, start: number): unknown {
    this.expect(size * 2);
    return this.#builder.openObject(size, start);
  }

  #extension(length: number, start: number): unknown {
    const type = this.view.getInt8(this.take(1));
    this.expect(length);
    const end = this.at + length;
    if (type === SEALTRACE_TYPE) return this.#richValue(start, end);
    if (type === TIMESTAMP_TYPE) {
      const date = dateOfTimestamp(this.view, this.take(length), length);
      if (date === undefined) throw this.invalid("a timestamp has a length or a time that none can have", start);
      return this.#builder.numbered(date);
    }
    if (!this.#keepUnknown) throw refusedType(`the extension ${type}`, start);
    return this.#builder.numbered(new MessagePackExtension(type, this.copy(length)));
  }

  #richValue(start: number, end: number): unknown {
    const name = this.at < end ? this.#item() : undefined;
    if (this.at > end) throw this.invalid("an extension ends within its content", end);
    if (typeof name === "string") {
      if (name !== "hole") return this.#builder.openRich(name, OPEN_END, start, end);
      if (this.at === end) return HOLE;
    } else if (typeof name === "number" && Number.isSafeInteger(name) && name >= 0 && this.at === end) {
      return this.#builder.reference(name, start);
    }
    throw this.invalid("an extension of type 115 holds neither a name nor a reference", start);
  }
}

/** 64-bit integers are what numbers beyond 32 bits are written as, too. */
function safeOrBig(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
