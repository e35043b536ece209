/** Messages of google.protobuf that stand for a value which JavaScript has: Timestamp, the wrappers, and the messages of JSON. */
import { setProperty, type PlainObject } from "../values/plain-data.ts";

interface WellKnown {
  readonly fromMessage: (message: PlainObject) => unknown;
  /** Undefined for what it can't hold. */
  readonly toMessage: (value: unknown) => PlainObject | undefined;
}

export const WELL_KNOWN: ReadonlyMap<string, WellKnown> = new Map([
  ["google.protobuf.Timestamp", { fromMessage: dateOf, toMessage: timestampOf }],
  ["google.protobuf.Struct", { fromMessage: ({ fields = {} }) => fields, toMessage: (fields) => ({ fields }) }],
  ["google.protobuf.ListValue", { fromMessage: ({ values = [] }) => values, toMessage: (values) => ({ values }) }],
  ["google.protobuf.Value", { fromMessage: jsonOf, toMessage: valueOf }],
  ...wrappers(0, ["Double", "Float", "Int32", "UInt32"]),
  ...wrappers(0n, ["Int64", "UInt64"]),
  ...wrappers(false, ["Bool"]),
  ...wrappers("", ["String"]),
  ...wrappers(undefined, ["Bytes"]),
] as [string, WellKnown][]);

function wrappers(absent: unknown, names: readonly string[]): [string, WellKnown][] {
  const wrapper: WellKnown = {
    fromMessage: ({ value = absent ?? new Uint8Array(0) }) => value,
    toMessage: (value) => ({ value }),
  };
  return names.map((name) => [`google.protobuf.${name}Value`, wrapper]);
}

/** Rounded down to milliseconds. Throws for a time beyond what a Date holds. */
function dateOf({ seconds = 0n, nanos = 0 }: PlainObject): Date {
  const date = new Date(Number(seconds) * 1000 + Math.floor((nanos as number) / 1_000_000));
  if (Number.isNaN(date.getTime())) throw new RangeError("a timestamp is beyond what a Date holds");
  return date;
}

function timestampOf(value: unknown): PlainObject | undefined {
  if (!(value instanceof Date) || Number.isNaN(value.getTime())) return undefined;
  const seconds = Math.floor(value.getTime() / 1000);
  return { seconds: BigInt(seconds), nanos: (value.getTime() - seconds * 1000) * 1_000_000 };
}

function jsonOf(message: PlainObject): unknown {
  const [[kind, value] = []] = Object.entries(message);
  return kind === undefined || kind === "nullValue" ? null : value;
}

function valueOf(value: unknown): PlainObject | undefined {
  switch (typeof value) {
    case "number":
      return { numberValue: value };
    case "string":
      return { stringValue: value };
    case "boolean":
      return { boolValue: value };
    case "object":
      if (value === null) return { nullValue: 0 };
      return Array.isArray(value) ? { listValue: value } : { structValue: value };
    default:
      return undefined;
  }
}

/** Adds what is absent and means its default. */
export function setDefault(message: PlainObject, name: string, value: unknown): void {
  if (!Object.hasOwn(message, name)) setProperty(message, name, value);
}
