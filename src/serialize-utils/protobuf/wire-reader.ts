import { ByteReader } from "../binary/byte-reader.ts";

/** Reads the wire format of Protobuf. */
export class WireReader extends ByteReader {
  /** The varint that was read last: its lower and its upper 32 bits. */
  low = 0;
  high = 0;

  /** Into `low` and `high`. */
  varint(): void {
    const start = this.at;
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.u8();
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high = bits >> 4;
      } else if (shift < 63) high |= bits << (shift - 32);
      else high |= (bits & 1) << 31;
      if (byte < 0x80) {
        this.low = low >>> 0;
        this.high = high >>> 0;
        return;
      }
    }
    throw this.invalid("an integer is longer than ten bytes", start);
  }

  bigVarint(): bigint {
    this.varint();
    return (BigInt(this.high) << 32n) | BigInt(this.low);
  }

  /** A length, that many bytes of which are there. */
  length(): number {
    this.varint();
    const length = this.high * 2 ** 32 + this.low;
    this.expect(length);
    return length;
  }

  tag(): number {
    const start = this.at;
    this.varint();
    if (this.high !== 0 || this.low < 8) throw this.invalid("a field has a number that none can have", start);
    return this.low;
  }
}
