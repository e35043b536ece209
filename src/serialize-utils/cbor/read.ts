import { checkBytes } from "../content-argument.ts";
import { ByteReader } from "../binary/byte-reader.ts";
import { refusedType, trailing } from "../binary/failures.ts";
import { HOLE, OPEN_END, OPENED, ValueBuilder } from "../binary/value-builder.ts";
import type { ReadingLimits } from "../limits.ts";
import { knownClasses, type ClassRegistry } from "../values/class-registry.ts";
import { halfToNumber } from "./floats.ts";
import { isCborSequence } from "./scan.ts";
import { tagReader } from "./tag-readers.ts";
import { CborSimple, CborTag, TAGS } from "./tags.ts";
import { serializeToCbor } from "./write.ts";

export interface CborReadingOptions extends ReadingLimits {
  /** Classes that the content may ask for. */
  readonly classes?: ClassRegistry | undefined;
  /** Gives tags and simple values without a meaning here as {@link CborTag} and {@link CborSimple}. Default: they are refused with SEALTRACE_TYPE_REFUSED. */
  readonly keepUnknown?: boolean | undefined;
  /** Refuses everything but the very bytes that `serializeToCbor` makes of the value. Default: false. */
  readonly deterministic?: boolean | undefined;
}

/**
 * The value of a CBOR item (RFC 8949), also of indefinite length. Maps become plain objects while all of their keys are texts, otherwise Map; integers beyond the safe
 * ones become BigInt. Throws SEALTRACE_INVALID_DATA (also for duplicate keys and invalid UTF-8), SEALTRACE_DATA_TRUNCATED, SEALTRACE_DATA_CONCATENATED,
 * SEALTRACE_DATA_TRAILING, SEALTRACE_LIMIT_EXCEEDED, SEALTRACE_TYPE_REFUSED.
 */
export function deserializeFromCbor(bytes: Uint8Array, options: CborReadingOptions = {}): unknown {
  checkBytes(bytes);
  const reader = new CborReader(bytes, options);
  const value = reader.value();
  if (reader.at < reader.end) throw trailing("CBOR", reader.at, isCborSequence(bytes, reader.at));
  if (options.deterministic === true) checkDeterministic(bytes, value, options, reader);
  return value;
}

function checkDeterministic(bytes: Uint8Array, value: unknown, options: CborReadingOptions, reader: ByteReader): void {
  const expected = serializeToCbor(value, { classes: options.classes });
  let at = 0;
  while (at < bytes.length && bytes[at] === expected[at]) at += 1;
  if (at < bytes.length || at < expected.length) {
    throw reader.invalid("it differs from the deterministic encoding of the same value", at);
  }
}

class CborReader extends ByteReader {
  readonly #builder: ValueBuilder;
  readonly #keepUnknown: boolean;

  constructor(bytes: Uint8Array, { classes, keepUnknown = false, ...limits }: CborReadingOptions) {
    super("CBOR", bytes, limits);
    const known = knownClasses(classes);
    this.#builder = new ValueBuilder(this, known, limits, false);
    this.#keepUnknown = keepUnknown;
  }

  value(): unknown {
    const builder = this.#builder;
    for (;;) {
      const start = this.at;
      const head = this.u8();
      if (head === BREAK) {
        if (builder.close(start)) return builder.result;
      } else if (builder.expectsKey && head >> 5 === TEXT) builder.addTextKey(this.#text(head & 0x1f, start));
      else {
        const value = this.#item(head, start);
        if (value !== OPENED && builder.add(value)) return builder.result;
      }
    }
  }

  #item(head: number, start: number): unknown {
    const info = head & 0x1f;
    switch (head >> 5) {
      case 0:
        return this.#argument(info, start);
      case 1: {
        const value = this.#argument(info, start);
        return typeof value === "number" && value < Number.MAX_SAFE_INTEGER ? -1 - value : -1n - BigInt(value);
      }
      case 2:
        return this.#builder.numbered(this.#bytes(info, start));
      case TEXT:
        return this.#text(info, start);
      case ARRAY:
        return this.#builder.openArray(this.#count(info, 1, start), start);
      case MAP:
        return this.#builder.openObject(this.#count(info, 2, start), start);
      case 6:
        return this.#tagged(this.#argument(info, start), start);
      default:
        return this.#simple(info, start);
    }
  }

  /** An integer; BigInt beyond the safe ones. */
  #argument(info: number, start: number): number | bigint {
    switch (info) {
      case 24:
        return this.u8();
      case 25:
        return this.u16();
      case 26:
        return this.u32();
      case 27: {
        const value = this.view.getBigUint64(this.take(8));
        return value <= MAX_SAFE ? Number(value) : value;
      }
      default:
        if (info > 27) throw this.invalid("a head has a length that none can have", start);
        return info;
    }
  }

  /** Of a container whose members are `width` items each. */
  #count(info: number, width: number, start: number): number {
    if (info === INDEFINITE) return OPEN_END;
    const count = Number(this.#argument(info, start));
    this.expect(count * width);
    return count;
  }

  #text(info: number, start: number): string {
    if (info !== INDEFINITE) return this.text(Number(this.#argument(info, start)));
    let text = "";
    this.#chunks(TEXT, start, (length) => (text += this.text(length)));
    return text;
  }

  #bytes(info: number, start: number): Uint8Array {
    if (info !== INDEFINITE) return this.copy(Number(this.#argument(info, start)));
    const chunks: Uint8Array[] = [];
    this.#chunks(2, start, (length) => chunks.push(this.copy(length)));
    return new Uint8Array(Buffer.concat(chunks));
  }

  #chunks(major: number, start: number, read: (length: number) => void): void {
    for (let head = this.u8(); head !== BREAK; head = this.u8()) {
      if (head >> 5 !== major || (head & 0x1f) === INDEFINITE) {
        throw this.invalid("a piece of a text or of bytes is none of the same kind", this.at - 1);
      }
      this.#builder.spend(1);
      read(Number(this.#argument(head & 0x1f, start)));
    }
  }

  #simple(info: number, start: number): unknown {
    switch (info) {
      case 20:
        return false;
      case 21:
        return true;
      case 22:
        return null;
      case 23:
        return undefined;
      case 25:
        return halfToNumber(this.u16());
      case 26:
        return this.view.getFloat32(this.take(4));
      case 27:
        return this.f64();
    }
    const value = info === 24 ? this.u8() : info;
    if (info > 24 || (info === 24 && value < 32)) throw this.invalid("a simple value is none", start);
    if (!this.#keepUnknown) throw refusedType(`the simple value ${value}`, start);
    return this.#builder.numbered(new CborSimple(value));
  }

  #tagged(tag: number | bigint, start: number): unknown {
    switch (tag) {
      case TAGS.selfDescribed:
        return OPENED;
      case TAGS.shareable:
        this.#builder.markNext(start);
        return OPENED;
      case TAGS.sharedReference: {
        const number = this.#argument(this.#headOf(0, "a shared reference has no number"), start);
        return this.#builder.reference(Number(number), start);
      }
      case TAGS.genericObject:
        return this.#generic(start);
      case TAGS.set: {
        const head = this.at < this.end ? (this.bytes[this.at] as number) : 0;
        // Its array may be in another tag, as that of sharing.
        if (head >> 5 !== ARRAY) break;
        this.at += 1;
        return this.#builder.openRich("Set", this.#count(head & 0x1f, 1, start), start);
      }
      case TAGS.map: {
        const info = this.#headOf(MAP, "tag 259 holds no map");
        return this.#builder.openMap(this.#count(info, 2, start), start);
      }
    }
    const read = typeof tag === "number" ? tagReader(tag) : undefined;
    if (read === undefined && !this.#keepUnknown) throw refusedType(`the tag ${tag}`, start);
    this.#builder.openWrapper(read ?? ((value) => new CborTag(tag, value)), start);
    return OPENED;
  }

  /** The rest of the head that must be next, of this major type. */
  #headOf(major: number, otherwise: string): number {
    const head = this.u8();
    if (head >> 5 !== major) throw this.invalid(otherwise, this.at - 1);
    return head & 0x1f;
  }

  #generic(start: number): unknown {
    const items = this.#count(this.#headOf(ARRAY, "tag 27 holds no array"), 1, start);
    const nameless = "tag 27 holds no array that begins with a name";
    if (items === 0) throw this.invalid(nameless, start);
    const name = this.#text(this.#headOf(TEXT, nameless), start);
    if (name === "hole" && items === 1) return HOLE;
    return this.#builder.openRich(name, items === OPEN_END ? OPEN_END : items - 1, start);
  }
}

const BREAK = 0xff;
const INDEFINITE = 31;
/** Major types. */
const TEXT = 3;
const ARRAY = 4;
const MAP = 5;

const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER);
