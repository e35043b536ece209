/**
 * May these be keys of a dict or items of a set in Python, each of its own? Python compares by value and across types (1, 1.0, True and Decimal(1) are one key);
 * what can be changed has no hash at all. When in doubt the answer is no, and a form is written that needs no hashes.
 */
import { PythonDate, PythonDateTime, PythonTime, PythonTimeDelta, PythonTimeZone } from "../python/date-time.ts";
import { PythonDecimal, PythonFraction, PythonUuid } from "../python/numbers.ts";
import { PythonFrozenSet, PythonTuple } from "../python/tuple.ts";

export function areHashable(values: Iterable<unknown>): boolean {
  const seen = new Set<string>();
  let count = 0;
  for (const value of values) {
    const key = hashKey(value, MAX_DEPTH);
    if (key === undefined) return false;
    seen.add(key);
    count += 1;
  }
  return seen.size === count;
}

const MAX_DEPTH = 50;

/** The same for what is equal in Python; undefined for what has no hash. */
function hashKey(value: unknown, depth: number): string | undefined {
  switch (typeof value) {
    case "string":
      return `s${value}`;
    case "number":
    case "boolean":
    case "bigint":
      return numberKey(value);
    case "object":
      return value === null ? "None" : objectKey(value, depth);
    default:
      return undefined;
  }
}

function numberKey(value: number | boolean | bigint): string {
  const number = typeof value === "boolean" ? Number(value) : value;
  return `n${typeof number === "number" && Number.isInteger(number) ? BigInt(number) : number}`;
}

function objectKey(value: object, depth: number): string | undefined {
  if (depth === 0) return undefined;
  switch (Object.getPrototypeOf(value)) {
    case Uint8Array.prototype:
      return `b${Buffer.from(value as Uint8Array).toString("latin1")}`;
    case Date.prototype:
      return Number.isNaN((value as Date).getTime()) ? undefined : `d${(value as Date).getTime()}`;
    case PythonDecimal.prototype:
      return numberKey((value as PythonDecimal).toNumber());
    case PythonFraction.prototype:
      return numberKey(Number((value as PythonFraction).numerator) / Number((value as PythonFraction).denominator));
    case PythonUuid.prototype:
      return `u${(value as PythonUuid).text}`;
    case PythonDate.prototype:
      return `D${(value as PythonDate).toString()}`;
    case PythonTimeDelta.prototype:
      return `t${(value as PythonTimeDelta).toMilliseconds()}`;
    case PythonTime.prototype:
      return (value as PythonTime).zone === null ? `T${(value as PythonTime).toString()}` : undefined;
    case PythonDateTime.prototype: {
      const moment = value as PythonDateTime;
      if (moment.zone === null) return `m${String(moment)}`;
      return moment.zone instanceof PythonTimeZone ? `d${Math.floor(moment.toDate().getTime())}` : undefined;
    }
    case PythonTuple.prototype:
      return joined("(", value as PythonTuple, depth);
    case PythonFrozenSet.prototype:
      return joined("{", value as PythonFrozenSet, depth);
    default:
      return undefined;
  }
}

function joined(kind: string, items: Iterable<unknown>, depth: number): string | undefined {
  const keys: string[] = [];
  for (const item of items) {
    const key = hashKey(item, depth - 1);
    if (key === undefined) return undefined;
    keys.push(`${key.length}:${key}`);
  }
  return kind + (kind === "{" ? keys.toSorted() : keys).join("");
}
