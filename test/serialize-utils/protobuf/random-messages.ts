/** Bytes of messages of Protobuf's conformance tests, in every form that may be read. */
import { double, field, fixed, FIXED32, FIXED64, float, GROUP, LENGTH, varint, VARINT } from "./wire.ts";

/** Numbers from 0 to 1, always the same. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
}

export class RandomMessages {
  readonly #random: () => number;
  readonly #isProto2: boolean;

  constructor(seed: number, isProto2: boolean) {
    this.#random = generator(seed);
    this.#isProto2 = isProto2;
  }

  below(end: number): number {
    return Math.floor(this.#random() * end);
  }

  one<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }

  message(depth = 0): Buffer {
    const count = this.below(depth === 0 ? 8 : 4);
    return Buffer.concat(Array.from({ length: count }, () => this.#field(depth)));
  }

  #field(depth: number): Buffer {
    const kind = this.below(12);
    const scalar = this.below(13);
    const [wireType, payload] = this.#payload(scalar);
    if (kind < 3) return field(1 + scalar, wireType, payload);
    if (kind < 5) return field(this.one([31, 75, 89]) + scalar, wireType, payload);
    if (kind === 5) return this.#packed(this.one([31, 75, 89]) + scalar, scalar);
    if (kind === 6) return this.#map();
    if (kind === 7) return this.#text(this.one([14, 15, 44, 45, 113, 114]));
    if (kind === 8) return this.#oneof(depth);
    if (kind === 9 && depth < 4) return field(this.one([27, 18, 48, 112, 19, 49]), LENGTH, this.#inner(depth));
    if (kind === 10 && this.#isProto2 && depth < 4) return field(201, GROUP, field(202, VARINT, this.#payloadOf(4)));
    if (kind === 10) return field(this.one([21, 51, 88, 102]), VARINT, varint(this.one([0, 1, 2, -1])));
    return field(this.one([600, 1, 14, 18, 56, 2 ** 29 - 1]), wireType, payload);
  }

  /** Field 2 is a message in one of the kinds, a number in others. */
  #inner(depth: number): Buffer {
    return this.below(3) === 0 ? field(2, LENGTH, this.message(depth + 1)) : this.message(depth + 1);
  }

  #payload(scalar: number): [number, Buffer] {
    if (scalar === 6 || scalar === 8) return [FIXED32, fixed(this.#integer(), 4)];
    if (scalar === 7 || scalar === 9) return [FIXED64, fixed(this.#integer(), 8)];
    if (scalar === 10) return [FIXED32, float(this.one([0, -0, 1.5, NaN, Infinity, -Infinity, 1e-45, 0.1]))];
    if (scalar === 11) return [FIXED64, double(this.one([0, -0, 1.5, NaN, Infinity, -Infinity, 5e-324, 0.1]))];
    return [VARINT, this.#payloadOf(scalar)];
  }

  #payloadOf(scalar: number): Buffer {
    const value = scalar === 12 && this.below(2) === 0 ? this.below(2) : this.#integer();
    const plain = varint(value);
    return plain.length < 9 && this.below(4) === 0 ? varint(value, this.below(11 - plain.length)) : plain;
  }

  #integer(): bigint {
    const edge = 1n << BigInt(this.below(65));
    return BigInt.asUintN(64, this.one([0n, BigInt(this.below(300)), edge, edge - 1n, -edge]));
  }

  #packed(number: number, scalar: number): Buffer {
    return field(number, LENGTH, ...Array.from({ length: this.below(4) }, () => this.#payload(scalar)[1]));
  }

  #text(number: number): Buffer {
    return field(number, LENGTH, this.one(["", "a", "Ä\0\u{1F600}", "\uFEFF", "x".repeat(200)]));
  }

  #map(): Buffer {
    const number = 56 + this.below(15);
    const scalar = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 0, 12, -1, -1][number - 56] as number;
    const value = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, -1, -1][number - 56] as number;
    const item = (part: number, kind: number): Buffer => {
      if (kind < 0) return this.#text(14).fill((part << 3) | LENGTH, 0, 1);
      const [wireType, payload] = this.#payload(kind);
      return field(part, wireType, payload);
    };
    const parts = [item(1, scalar), item(2, value)];
    if (this.below(3) === 0) parts.reverse();
    if (this.below(4) === 0) parts.pop();
    return field(number, LENGTH, ...parts);
  }

  #oneof(depth: number): Buffer {
    const number = 111 + this.below(9);
    if (number === 112) return field(112, LENGTH, depth < 4 ? this.message(depth + 1) : "");
    if (number === 113 || number === 114) return this.#text(number);
    if (number === 119) return field(119, VARINT, varint(this.one([0, 1, 2, -1])));
    const scalar = { 111: 2, 115: 12, 116: 3, 117: 10, 118: 11 }[number] as number;
    return field(number, ...this.#payload(scalar));
  }

  /** Fields of well-known types, some in pieces. */
  wellKnown(): Buffer {
    return Buffer.concat(Array.from({ length: 1 + this.below(5) }, () => this.#wellKnownField()));
  }

  #wellKnownField(): Buffer {
    const wrapped = [12, 0, 1, 2, 3, 10, 11];
    switch (this.below(6)) {
      case 0: {
        const i = this.below(wrapped.length);
        return field(201 + i, LENGTH, this.below(3) === 0 ? "" : field(1, ...this.#payload(wrapped[i] as number)));
      }
      case 1:
        return field(this.one([208, 209, 218, 219]), LENGTH, this.#text(14).fill(0x0a, 0, 1));
      case 2: {
        const parts = [
          field(1, VARINT, varint(this.below(1e9) - 5e8)),
          field(2, VARINT, varint(this.below(1000) * 1e6)),
        ];
        return field(this.one([301, 302, 311, 312]), LENGTH, ...parts.slice(this.below(2), 1 + this.below(2)));
      }
      case 3:
        return field(this.one([304, 324]), LENGTH, this.#struct(0));
      case 4:
        return field(317, LENGTH, this.#list(0));
      default:
        return field(this.one([306, 316]), LENGTH, this.#json(0));
    }
  }

  #json(depth: number): Buffer {
    const kind = this.below(depth < 3 ? 6 : 4);
    if (kind === 0) return field(1, VARINT, varint(0));
    if (kind === 1) return field(2, FIXED64, this.#payload(11)[1]);
    if (kind === 2) return this.#text(3);
    if (kind === 3) return field(4, VARINT, varint(this.below(2)));
    return kind === 4 ? field(5, LENGTH, this.#struct(depth)) : field(6, LENGTH, this.#list(depth));
  }

  #struct(depth: number): Buffer {
    const entry = (): Buffer => field(1, LENGTH, this.#text(1), field(2, LENGTH, this.#json(depth + 1)));
    return Buffer.concat(Array.from({ length: this.below(4) }, entry));
  }

  #list(depth: number): Buffer {
    const item = (): Buffer => field(1, LENGTH, this.#json(depth + 1));
    return Buffer.concat(Array.from({ length: this.below(4) }, item));
  }

  /** A byte changed, removed or added, or the end cut off. */
  damaged(bytes: Buffer): Buffer {
    const at = this.below(bytes.length);
    const byte = Buffer.of(this.one([this.below(256), (bytes[at] ?? 0) ^ (1 << this.below(8))]));
    const kind = this.below(4);
    if (kind === 0) return bytes.subarray(0, at);
    const rest = bytes.subarray(kind === 2 ? at : at + 1);
    return Buffer.concat([bytes.subarray(0, at), kind === 1 ? Buffer.alloc(0) : byte, rest]);
  }
}
