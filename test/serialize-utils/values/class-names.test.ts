import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  deserializeFromCbor, deserializeFromJson, deserializeFromMessagePack, deserializeFromPickle, deserializeFromProtobuf, deserializeFromYaml, plainForm,
  serializeToCbor, serializeToJson, serializeToMessagePack, serializeToPickle, serializeToProtobuf, serializeToYaml, type ClassRegistry,
} from "../../../src/serialize-utils/index.ts"; // prettier-ignore

class Money {
  amount = 1;
}

interface Options {
  readonly classes?: ClassRegistry;
}
type Write = (value: unknown, options?: Options) => unknown;
type Read = (content: never, options?: Options) => unknown;

const FORMATS: Readonly<Record<string, readonly [Write, Read]>> = {
  JSON: [serializeToJson, deserializeFromJson],
  YAML: [serializeToYaml, deserializeFromYaml],
  CBOR: [serializeToCbor, deserializeFromCbor],
  MessagePack: [serializeToMessagePack, deserializeFromMessagePack],
  Protobuf: [serializeToProtobuf, deserializeFromProtobuf],
  pickle: [serializeToPickle, deserializeFromPickle],
};

describe("names of classes", () => {
  it("are refused where they are those of types that survive anyway, by every format and both ways", () => {
    const values = [new Map(), new Set(), new Date(), /a/u, new URL("a:b"), new URLSearchParams(), new Error("x")];
    const bytes = [new Uint8Array(1), new Float64Array(1), Buffer.from("a"), new ArrayBuffer(1), new DataView(new ArrayBuffer(1))]; // prettier-ignore
    const types = [...values, ...bytes].map(({ constructor }) => constructor.name);
    for (const [format, [write, read]] of Object.entries(FORMATS)) {
      for (const name of [...types, "BigInt", "Symbol", "undefined", "hole"]) {
        const classes = { [name]: Money };
        const refusal = {
          name: "SealtraceError",
          code: "SEALTRACE_USAGE",
          message: new RegExp(`registered as "${name}"`),
        };
        assert.throws(() => write(new Money(), { classes }), refusal, format);
        assert.throws(() => read(write(new Map([[{}, 1]])) as never, { classes }), refusal, format);
      }
    }
    assert.throws(() => plainForm(new Money(), { Map: Money }), { code: "SEALTRACE_USAGE" });
  });

  it("count as they are at each call, though a registry is remembered", () => {
    class Price extends Money {}
    const registry: Record<string, typeof Money> = { Money };
    const text = serializeToJson([new Money(), 1n], { classes: registry });
    assert.throws(() => serializeToJson(new Price(), { classes: registry }), { code: "SEALTRACE_VALUE_UNSUPPORTED" });
    registry.Price = Price;
    assert.ok(deserializeFromJson(serializeToJson(new Price(), { classes: registry }), { classes: registry }) instanceof Price); // prettier-ignore
    registry.Money = Price;
    assert.ok((deserializeFromJson(text, { classes: registry }) as unknown[])[0] instanceof Price);
    delete registry.Money;
    assert.throws(() => deserializeFromJson(text, { classes: registry }), { code: "SEALTRACE_TYPE_REFUSED" });
  });

  it("are free otherwise, even where a format uses the word for itself", () => {
    const names = ["class", "Object", "Array", "SparseArray", "Number", "Reference", "reference", "TypeError", "Function"]; // prettier-ignore
    for (const [format, [write, read]] of Object.entries(FORMATS)) {
      for (const name of [...names, "constructor", "toString", "", "$rich", "a b", "ä", "!", "a!b", "%41", "value"]) {
        const classes = { [name]: Money };
        const value = [new Money(), new Map([[{}, [, 1n]]]), { class: new Money() }, -0, Number.NaN]; // prettier-ignore
        const again = read(write(value, { classes }) as never, { classes }) as typeof value;
        assert.deepEqual(again, value, `${format}, ${name}`);
        assert.ok(again[0] instanceof Money);
      }
    }
  });
});
