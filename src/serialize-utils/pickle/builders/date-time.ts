/** `datetime` and `zoneinfo`. The bytes are those of CPython's `__reduce_ex__`: fields of one byte each, year and microseconds big-endian. */
import {
  PythonDate,
  PythonDateTime,
  PythonTime,
  PythonTimeDelta,
  PythonTimeZone,
  PythonZoneInfo,
  utcMilliseconds,
} from "../python/date-time.ts";
import { expectBytes, expected, expectString, type Builders, type PickleBuilder } from "./builder.ts";

function date(args: readonly unknown[]): PythonDate {
  if (args.length === 3) return new PythonDate(...(args as [number, number, number]));
  const bytes = bytesOf(args[0], 4);
  return new PythonDate(bytes.readUInt16BE(0), bytes[2] as number, bytes[3] as number);
}

function time([content, zone = null]: readonly unknown[]): PythonTime {
  const bytes = bytesOf(content, 6);
  return new PythonTime({ ...timeOfDay(bytes, 0), zone: expectZone(zone), fold: (bytes[0] as number) >> 7 });
}

/** A Date if it says the same: in UTC, of whole milliseconds. */
function dateTime([content, zone = null]: readonly unknown[]): PythonDateTime | Date {
  const bytes = bytesOf(content, 10);
  const month = bytes[2] as number;
  const moment = new PythonDateTime(bytes.readUInt16BE(0), month & 0x7f, bytes[3] as number, {
    ...timeOfDay(bytes, 4),
    zone: expectZone(zone),
    fold: month >> 7,
  });
  const isExact = isUtc(moment.zone) && moment.microsecond % 1_000 === 0 && moment.fold === 0;
  return isExact ? new Date(utcMilliseconds(moment)) : moment;
}

function timeOfDay(bytes: Buffer, at: number): { hour: number; minute: number; second: number; microsecond: number } {
  return {
    hour: at === 0 ? (bytes[0] as number) & 0x7f : (bytes[at] as number),
    minute: bytes[at + 1] as number,
    second: bytes[at + 2] as number,
    microsecond: bytes.readUIntBE(at + 3, 3),
  };
}

function bytesOf(content: unknown, length: number): Buffer {
  const bytes = expectBytes(content, `${length} bytes`);
  if (bytes.length !== length) throw expected(`${length} bytes`);
  return Buffer.from(bytes);
}

function expectZone(zone: unknown): PythonTimeZone | PythonZoneInfo | null {
  if (zone === null || zone instanceof PythonTimeZone || zone instanceof PythonZoneInfo) return zone;
  throw expected("a timezone or a ZoneInfo");
}

function isUtc(zone: PythonTimeZone | PythonZoneInfo | null): boolean {
  return zone instanceof PythonTimeZone && zone.offset.toMilliseconds() === 0 && zone.name === undefined;
}

const ZONE_INFO: PickleBuilder = {
  create: ([key]) => new PythonZoneInfo(expectString(key, "the key of a time zone")),
};

export const DATE_TIME: Builders = {
  "datetime:date": { create: date },
  "datetime:time": { create: time },
  "datetime:datetime": { create: dateTime },
  "datetime:timedelta": {
    create: ([days = 0, seconds = 0, microseconds = 0]) =>
      new PythonTimeDelta(days as number, seconds as number, microseconds as number),
  },
  "datetime:timezone": {
    create: ([offset, name]) => {
      if (!(offset instanceof PythonTimeDelta)) throw expected("a timedelta");
      return new PythonTimeZone(offset, name === undefined ? undefined : expectString(name, "a name"));
    },
  },
  "zoneinfo:ZoneInfo": ZONE_INFO,
  "zoneinfo:ZoneInfo._unpickle": ZONE_INFO,
};
