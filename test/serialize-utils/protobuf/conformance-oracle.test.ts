/** Google's own implementation and ours about random messages, whole and damaged: both take or refuse them, and find the same in them. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { inspect } from "node:util";
import { toBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { SealtraceError } from "../../../src/record/index.ts";
import {
  deserializeFromProtobuf,
  serializeToProtobuf,
  type SchemaOfSource,
} from "../../../src/serialize-utils/index.ts";
import { compileProto } from "../../../src/serialize-utils/protobuf/proto-source/compile.ts";
import {
  double,
  field,
  fixed,
  FIXED32,
  FIXED64,
  float,
  GROUP,
  LENGTH,
  PROTO2,
  PROTO3,
  varint,
  VARINT,
} from "./wire.ts";

const SCRIPT = fileURLToPath(new URL("conformance-oracle.py", import.meta.url));
const probe = spawnSync("python3", ["-c", "from google.protobuf.message_factory import GetMessageClass"]);
const skip = probe.status === 0 ? false : "python3 with the package protobuf is absent";

interface Case {
  readonly message: string;
  readonly bytes: string;
  readonly written: string | null;
}
interface Answer {
  readonly content: unknown;
  readonly same: boolean;
  readonly ambiguous: boolean;
}

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

class RandomMessages {
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

/** As `conformance-oracle.py` shows it. */
function shown(value: unknown, isMap = false): unknown {
  if (typeof value === "bigint") return `bigint ${value}`;
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString("hex")}`;
  if (typeof value === "number") {
    if (Number.isNaN(value)) return "number NaN";
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleBE(value);
    return `number ${bytes.toString("hex")}`;
  }
  if (Array.isArray(value)) return value.map((item) => shown(item));
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Map) return pairs([...(value as Map<unknown, unknown>)]);
  if (isMap) return pairs(Object.entries(value));
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, shown(item, name.startsWith("map"))]));
}

function pairs(entries: readonly [unknown, unknown][]): unknown {
  const key = ([first]: readonly unknown[]): string => JSON.stringify(first).replace(/[\x7f-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`); // prettier-ignore
  const all = entries.map(([k, v]) => [shown(k), shown(v)]);
  return all.sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

function descriptors(schema: SchemaOfSource): string {
  const set = compileProto(schema.source, schema.imports ?? {});
  return Buffer.from(toBinary(FileDescriptorSetSchema, set)).toString("base64");
}

function oracle(schema: SchemaOfSource, cases: readonly Case[]): (Answer | null)[] {
  const input = JSON.stringify({ descriptors: descriptors(schema), cases });
  const child = spawnSync("python3", [SCRIPT], { input, encoding: "utf8", maxBuffer: 1 << 28 });
  assert.equal(child.status, 0, child.stderr);
  return JSON.parse(child.stdout) as (Answer | null)[];
}

function attempt(bytes: Uint8Array, schema: SchemaOfSource): Uint8Array | string {
  try {
    return serializeToProtobuf(deserializeFromProtobuf(bytes, { schema, keepUnknown: true }), { schema });
  } catch (error) {
    if (error instanceof SealtraceError) return error.message;
    throw error;
  }
}
/** Messages; each is tried whole and damaged twice. */
const COUNT = Number(process.env.SEALTRACE_ORACLE_COUNT ?? 1500);

describe("Protobuf against Google's implementation", { skip }, () => {
  for (const [name, schema] of [
    ["proto3", PROTO3],
    ["proto2", PROTO2],
  ] as const) {
    it(`${name}: takes, refuses and finds the same in whole and damaged messages`, () => {
      const random = new RandomMessages(COUNT, schema === PROTO2);
      const whole = Array.from({ length: COUNT }, () => random.message()).filter(({ length }) => length > 0);
      const all = [...whole, ...whole.map((bytes) => random.damaged(bytes)), ...whole.map((bytes) => random.damaged(random.damaged(bytes)))]; // prettier-ignore
      const ours = all.map((bytes) => attempt(bytes, schema));
      const cases = all.map((bytes, i) => {
        const written = ours[i] as Uint8Array | string;
        return { message: schema.message, bytes: bytes.toString("hex"), written: typeof written === "string" ? null : Buffer.from(written).toString("hex") }; // prettier-ignore
      });
      const answers = oracle(schema, cases);
      const taken = { whole: 0, damaged: 0, refused: 0 };
      for (const [i, answer] of answers.entries()) {
        const written = ours[i] as Uint8Array | string;
        const { bytes: hex } = cases[i] as Case;
        if (answer === null) {
          // There, tags and lengths of more than five bytes are refused; elsewhere (Java, Go) and here they are taken.
          if (!/^(?:..)*?(?:[89a-f].){5}/.test(hex)) assert.equal(typeof written, "string", hex);
          taken.refused += 1;
          continue;
        }
        // There, texts of proto2 may be no UTF-8 if nobody looks at them.
        if (schema === PROTO2 && typeof written === "string" && written.includes("no UTF-8")) continue;
        assert.notEqual(typeof written, "string", `${hex}: ${String(written)}`);
        taken[i < whole.length ? "whole" : "damaged"] += 1;
        if (answer.ambiguous) continue;
        assert.ok(answer.same, hex);
        const value = deserializeFromProtobuf(written as Uint8Array, { schema, keepUnknown: true });
        assert.deepStrictEqual(shown(value), answer.content, hex);
      }
      assert.ok(taken.whole > COUNT / 2 && taken.damaged > COUNT / 10 && taken.refused > COUNT / 10, inspect(taken));
    });
  }
});
