import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import {
  deserializeFromMessagePack,
  MessagePackExtension,
  serializeToMessagePack,
} from "../../../src/serialize-utils/index.ts";

type Case = Readonly<Record<string, unknown>> & { readonly msgpack: readonly string[] };
const file = new URL("../../../testdata/message-pack/msgpack-test-suite.json", import.meta.url);
const suite = JSON.parse(readFileSync(file, "utf8")) as Record<string, readonly Case[]>;

const bytesOf = (hex: string): Buffer => Buffer.from(hex.replaceAll("-", ""), "hex");

/** What a case means, and whether ours is one of the forms that it lists. */
function valueOf(kind: string, content: unknown): unknown {
  switch (kind) {
    case "binary":
      return new Uint8Array(bytesOf(content as string));
    case "bignum": {
      const value = BigInt(content as string);
      return Number.isSafeInteger(Number(value)) ? Number(value) : value;
    }
    case "timestamp": {
      const [seconds, nanoseconds] = content as [number, number];
      return new Date(seconds * 1000 + Math.floor(nanoseconds / 1_000_000));
    }
    case "ext": {
      const [type, hex] = content as [number, string];
      return new MessagePackExtension(type, new Uint8Array(bytesOf(hex)));
    }
    default:
      return content;
  }
}

describe("MessagePack test suite", () => {
  for (const [group, cases] of Object.entries(suite)) {
    it(`reads and writes ${group}`, () => {
      for (const { msgpack, ...content } of cases) {
        const [kind, source] =
          Object.entries(content).find(([key]) => key !== "bignum" || !("number" in content)) ?? [];
        const value = valueOf(kind as string, source);
        for (const form of msgpack) {
          const read = deserializeFromMessagePack(bytesOf(form), { keepUnknown: true });
          // The suite doesn't tell 0 from -0, nor a number beyond the safe integers from an integer.
          if (typeof value === "number") assert.equal(Number(read), value, form);
          else if (typeof value === "bigint") assert.equal(BigInt(read as bigint | number), value, form);
          else assert.deepStrictEqual(read, value, form);
        }
        const isExact = !(value instanceof Date) || (source as number[])[1] === value.getMilliseconds() * 1_000_000;
        if (isExact) {
          const written = serializeToMessagePack(value);
          assert.ok(
            msgpack.some((form) => bytesOf(form).equals(written)),
            msgpack[0] ?? "",
          );
        }
      }
    });
  }
});
