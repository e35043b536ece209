/** What the reader's own classes, and dates, are written as. */
import { BUILT_IN_BUILDERS } from "../builders/known.ts";
import { PythonCounter, PythonDefaultDict, PythonDeque } from "../python/collections.ts";
import {
  PythonDate,
  PythonDateTime,
  PythonTime,
  PythonTimeDelta,
  PythonTimeZone,
  PythonZoneInfo,
} from "../python/date-time.ts";
import { NdArray } from "../python/nd-array.ts";
import { reduction, type Reduction } from "./reduction.ts";
import { arrayReduction, DType, dtypeReduction } from "./numpy-reduction.ts";
import { globalKey, PythonGlobal } from "../python/global.ts";
import { PythonComplex, PythonDecimal, PythonFraction, PythonRange, PythonUuid } from "../python/numbers.ts";
import { PythonException, PythonNamespace } from "../python/object.ts";

/** How the reader's own classes go back. By prototype: what somebody derives of them is something else. */
const REDUCERS: ReadonlyMap<object, (value: never) => Reduction> = new Map<object, (value: never) => Reduction>([
  [PythonDecimal.prototype, ({ text }: PythonDecimal) => reduction("decimal", "Decimal", [text])],
  [PythonFraction.prototype, ({ numerator, denominator }: PythonFraction) => reduction("fractions", "Fraction", [numerator, denominator])],
  [PythonComplex.prototype, ({ real, imaginary }: PythonComplex) => reduction("builtins", "complex", [real, imaginary])],
  [PythonRange.prototype, ({ start, stop, step }: PythonRange) => reduction("builtins", "range", [start, stop, step])],
  [PythonUuid.prototype, ({ text }: PythonUuid) => reduction("uuid", "UUID", [], { isNew: true, state: { int: BigInt(`0x${text.replaceAll("-", "")}`) } })],
  [PythonTimeDelta.prototype, ({ days, seconds, microseconds }: PythonTimeDelta) => reduction("datetime", "timedelta", [days, seconds, microseconds])],
  [PythonTimeZone.prototype, ({ offset, name }: PythonTimeZone) => reduction("datetime", "timezone", name === undefined ? [offset] : [offset, name])],
  [PythonZoneInfo.prototype, ({ key }: PythonZoneInfo) => reduction("zoneinfo", "ZoneInfo", [key])],
  [PythonDate.prototype, ({ year, month, day }: PythonDate) => reduction("datetime", "date", [Uint8Array.of(year >> 8, year & 0xff, month, day)])],
  [PythonTime.prototype, (time: PythonTime) => reduction("datetime", "time", withZone(timeBytes(time, time.fold << 7), time))],
  [PythonDateTime.prototype, (moment: PythonDateTime) => reduction("datetime", "datetime", withZone(dateTimeBytes(moment), moment))],
  [PythonDefaultDict.prototype, (map: PythonDefaultDict) => reduction("collections", "defaultdict", [map.factory], { entries: [...map].flat(1) })],
  [PythonCounter.prototype, (map: PythonCounter) => reduction("collections", "Counter", [], { entries: [...map].flat(1) })],
  [PythonDeque.prototype, ({ items, maxLength }: PythonDeque) => reduction("collections", "deque", [[], maxLength], { items })],
  [PythonException.prototype, ({ type, args, attributes }: PythonException) => reduction("builtins", type.name, args, Object.keys(attributes).length > 0 ? { state: attributes } : {})],
  [NdArray.prototype, arrayReduction],
  [DType.prototype, dtypeReduction],
  [PythonNamespace.prototype, ({ attributes }: PythonNamespace) => reduction("types", "SimpleNamespace", [], { state: attributes })],
]); // prettier-ignore

export function reductionOf(value: object): Reduction | undefined {
  return REDUCERS.get(Object.getPrototypeOf(value) as object)?.(value as never);
}

const UTC = new PythonTimeZone(new PythonTimeDelta(0));

/** An aware datetime in UTC; undefined for a date that Python has none for. */
export function dateReduction(date: Date): Reduction | undefined {
  const year = date.getUTCFullYear();
  if (!(year >= 1 && year <= 9999)) return undefined;
  const moment = new PythonDateTime(year, date.getUTCMonth() + 1, date.getUTCDate(), {
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    microsecond: date.getUTCMilliseconds() * 1_000,
  });
  return reduction("datetime", "datetime", [dateTimeBytes(moment), UTC]);
}

/** A name that whoever reads it has no reason to fear: one that our own reader knows. */
export function isHarmless({ module, name }: PythonGlobal): boolean {
  return BUILT_IN_BUILDERS.has(globalKey(module, name));
}

function withZone(bytes: Uint8Array, { zone }: PythonTime): unknown[] {
  return zone === null ? [bytes] : [bytes, zone];
}

function dateTimeBytes(moment: PythonDateTime): Uint8Array {
  const { year, month, day, fold } = moment;
  return Uint8Array.of(year >> 8, year & 0xff, month | (fold << 7), day, ...timeBytes(moment, 0));
}

function timeBytes({ hour, minute, second, microsecond }: PythonTime, fold: number): Uint8Array {
  return Uint8Array.of(hour | fold, minute, second, microsecond >> 16, (microsecond >> 8) & 0xff, microsecond & 0xff);
}
