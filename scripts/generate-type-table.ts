/**
 * Makes the table in `docs/serialization.md` that says which type survives in which format, by trying: `node scripts/generate-type-table.ts`. A test holds the
 * document to what `documentText` returns.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import {
  deserializeFromCbor,
  deserializeFromJson,
  deserializeFromMessagePack,
  deserializeFromPickle,
  deserializeFromProtobuf,
  deserializeFromYaml,
  serializeToCbor,
  serializeToJson,
  serializeToMessagePack,
  serializeToPickle,
  serializeToProtobuf,
  serializeToYaml,
} from "../src/serialize-utils/index.ts";
import { SealtraceError } from "../src/record/index.ts";

export const DOCUMENT_FILE: URL = new URL("../docs/serialization.md", import.meta.url);

class Money {
  amount: bigint;
  currency: string;

  constructor(amount: bigint, currency: string) {
    this.amount = amount;
    this.currency = currency;
  }
}

class Unregistered {
  field = 1;
}

const classes = { Money };

/** To the format and back. */
const FORMATS: Readonly<Record<string, (value: unknown) => unknown>> = {
  JSON: (value) => deserializeFromJson(serializeToJson(value, { classes }), { classes }),
  YAML: (value) => deserializeFromYaml(serializeToYaml(value, { classes }), { classes }),
  MessagePack: (value) => deserializeFromMessagePack(serializeToMessagePack(value, { classes }), { classes }),
  CBOR: (value) => deserializeFromCbor(serializeToCbor(value, { classes }), { classes }),
  Protobuf: (value) => deserializeFromProtobuf(serializeToProtobuf(value, { classes }), { classes }),
  pickle: (value) => deserializeFromPickle(serializeToPickle(value, { classes }), { classes }),
};

const shared = { of: "both" };
const ring: unknown[] = ["cycle"];
ring.push(ring);
const failure = Object.assign(new RangeError("too far", { cause: new Error("why") }), { code: "E_FAR" });

/** Several values of a type where one could survive by luck. */
const TYPES: Readonly<Record<string, readonly unknown[]>> = {
  "null, booleans": [null, true, false],
  "integers up to 2^53": [0, 1, -1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER],
  "other numbers": [0.1, 1.5e300, 5e-324, 2 ** 53, -(2 ** 64)],
  "`-0`, `NaN`, infinities": [-0, Number.NaN, Infinity, -Infinity],
  "`bigint`": [0n, -1n, 2n ** 64n, -(2n ** 2000n)],
  strings: ["", "plain", "naïve 字 😀", "\u0000\u001f\u2028", "__proto__"],
  "strings with lone surrogates": ["\ud800", "a\udfffb"],
  arrays: [[], [1, [2, [3]]]],
  "plain objects": [{}, { a: 1, "": 2, "1": 3 }],
  "keys `__proto__`, `constructor`": [JSON.parse('{"__proto__":{"a":1},"constructor":2}')],
  "`undefined`": [undefined, { a: undefined }, [undefined]],
  "holes in arrays": [Object.assign(Array<unknown>(3), { 1: "x" })],
  "`Symbol.for`": [Symbol.for("app.kind")],
  "cycles, shared references": [ring, [shared, shared]],
  "`Date`": [new Date(0), new Date("2026-01-31T12:00:00.123Z"), new Date(-1), new Date(Number.NaN)],
  "`RegExp`": [/a+/giu],
  "`URL`, `URLSearchParams`": [new URL("https://example.com/a?b=c#d"), new URLSearchParams("a=1&a=2")],
  "`Map`": [new Map(), new Map<unknown, unknown>([["a", 1]]), new Map<unknown, unknown>([[{ k: 1 }, [1]], [1, "1"]])], // prettier-ignore
  "`Set`": [new Set(), new Set<unknown>([1, "1", [1]])],
  "`Error` and its kind": [new Error("plain"), failure, new AggregateError([new TypeError("a")], "several")],
  "`Uint8Array`, `Buffer`, `ArrayBuffer`": [new Uint8Array([1, 2]), Buffer.from("b"), new ArrayBuffer(3)],
  "other typed arrays, `DataView`": [new Float64Array([0.5]), new BigInt64Array([-1n]), new Int16Array([-2]), new DataView(new ArrayBuffer(2))], // prettier-ignore
  "registered classes": [new Money(5n, "EUR")],
  "instances of other classes": [new Unregistered()],
  functions: [() => 1],
};

export function typeTable(): string {
  const names = Object.keys(FORMATS);
  const rows = Object.entries(TYPES).map(([type, values]) => {
    const cells = names.map((name) => outcome(values, FORMATS[name] as (value: unknown) => unknown));
    return `| ${[type, ...cells].join(" | ")} |`;
  });
  return [`| type | ${names.join(" | ")} |`, `|---|${"---|".repeat(names.length)}`, ...rows].join("\n");
}

/** `yes`, `refused` (told before anything is lost), or `changed`. */
function outcome(values: readonly unknown[], roundTrip: (value: unknown) => unknown): string {
  const outcomes = new Set(values.map((value) => tried(value, roundTrip)));
  return [...outcomes].join(", ");
}

function tried(value: unknown, roundTrip: (value: unknown) => unknown): string {
  try {
    return isDeepStrictEqual(roundTrip(value), value) && keepsIdentity(value, roundTrip) ? "yes" : "changed";
  } catch (error) {
    if (error instanceof SealtraceError && error.code === "SEALTRACE_VALUE_UNSUPPORTED") return "refused";
    throw error;
  }
}

/** Whether what stood at two places still is one object. */
function keepsIdentity(value: unknown, roundTrip: (value: unknown) => unknown): boolean {
  if (!Array.isArray(value) || value[0] !== shared) return true;
  const [first, second] = roundTrip(value) as unknown[];
  return first === second;
}

/** The document with its table made anew. */
export function documentText(document: string): string {
  const [before, rest] = document.split("<!-- types -->\n");
  const after = rest?.split("<!-- end of types -->\n")[1];
  if (before === undefined || after === undefined)
    throw new Error("docs/serialization.md has lost its marks around the table of types.");
  return `${before}<!-- types -->\n\n${typeTable()}\n\n<!-- end of types -->\n${after}`;
}

if (import.meta.main) writeFileSync(DOCUMENT_FILE, documentText(readFileSync(DOCUMENT_FILE, "utf8")));
