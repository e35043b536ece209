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
import { RandomMessages } from "./random-messages.ts";
import { PROTO2, PROTO3 } from "./wire.ts";

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

function caseOf(bytes: Buffer, written: Uint8Array | string, { message }: SchemaOfSource): Case {
  const hex = typeof written === "string" ? null : Buffer.from(written).toString("hex");
  return { message, bytes: bytes.toString("hex"), written: hex };
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
      const cases = all.map((bytes, i) => caseOf(bytes, ours[i] as Uint8Array | string, schema));
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

  it("means the same by well-known types, also where they come in pieces", () => {
    const random = new RandomMessages(COUNT, false);
    const cases = Array.from({ length: COUNT }, () => {
      const bytes = random.wellKnown();
      return caseOf(bytes, attempt(bytes, PROTO3), PROTO3);
    });
    for (const [i, answer] of oracle(PROTO3, cases).entries()) assert.equal(answer?.same, true, inspect(cases[i]));
  });
});
