/** `datetime`'s classes: microseconds, times without a zone, dates without a time. What a JavaScript Date holds exactly is read as one. */

/** `datetime.timedelta`: days of any sign, seconds 0 to 86,399, microseconds 0 to 999,999. */
export class PythonTimeDelta {
  readonly days: number;
  readonly seconds: number;
  readonly microseconds: number;

  constructor(days: number, seconds = 0, microseconds = 0) {
    if (
      !inRange(days, -999_999_999, 999_999_999) ||
      !inRange(seconds, 0, 86_399) ||
      !inRange(microseconds, 0, 999_999)
    ) {
      throw new RangeError("a span of whole days, seconds and microseconds");
    }
    this.days = days;
    this.seconds = seconds;
    this.microseconds = microseconds;
  }

  /** Exact up to 285 years, else the nearest. */
  toMilliseconds(): number {
    return (this.days * 86_400 + this.seconds) * 1_000 + this.microseconds / 1_000;
  }
}

/** `datetime.timezone`: a fixed offset from UTC. */
export class PythonTimeZone {
  readonly offset: PythonTimeDelta;
  readonly name: string | undefined;

  constructor(offset: PythonTimeDelta, name?: string) {
    if (Math.abs(offset.toMilliseconds()) >= 86_400_000) throw new RangeError("an offset of less than a day");
    this.offset = offset;
    this.name = name;
  }
}

/** `zoneinfo.ZoneInfo`, by its key: `Europe/Berlin`. */
export class PythonZoneInfo {
  readonly key: string;

  constructor(key: string) {
    this.key = key;
  }
}

/** `datetime.date`. */
export class PythonDate {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;

  /** Throws RangeError for a day that no calendar has, and for years outside of 1 to 9999. */
  constructor(year: number, month: number, day: number) {
    checkDate(year, month, day);
    this.year = year;
    this.month = month;
    this.day = day;
  }

  /** As ISO 8601: 2026-01-31. */
  toString(): string {
    return isoDate(this);
  }
}

/** What times and moments share. `zone` is null for those that don't say where on earth. */
export interface TimeOfDay {
  readonly hour?: number;
  readonly minute?: number;
  readonly second?: number;
  readonly microsecond?: number;
  readonly zone?: PythonTimeZone | PythonZoneInfo | null;
  /** 1 for the second of two equal times, when clocks are put back. */
  readonly fold?: number;
}

/** `datetime.time`. */
export class PythonTime {
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly microsecond: number;
  readonly zone: PythonTimeZone | PythonZoneInfo | null;
  readonly fold: number;

  constructor(time: TimeOfDay) {
    const { hour = 0, minute = 0, second = 0, microsecond = 0, zone = null, fold = 0 } = time;
    if (
      !inRange(hour, 0, 23) ||
      !inRange(minute, 0, 59) ||
      !inRange(second, 0, 59) ||
      !inRange(microsecond, 0, 999_999) ||
      !inRange(fold, 0, 1)
    ) {
      throw new RangeError("a time of the day");
    }
    this.hour = hour;
    this.minute = minute;
    this.second = second;
    this.microsecond = microsecond;
    this.zone = zone;
    this.fold = fold;
  }

  /** As ISO 8601, without the zone: 23:59:59.000001. */
  toString(): string {
    return isoTime(this);
  }
}

/** `datetime.datetime`, where a Date can't hold it: without a zone, in a zone of its own, or with parts of a millisecond. */
export class PythonDateTime extends PythonTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;

  constructor(year: number, month: number, day: number, time: TimeOfDay = {}) {
    super(time);
    checkDate(year, month, day);
    this.year = year;
    this.month = month;
    this.day = day;
  }

  /**
   * The moment, cut to milliseconds. For a time without a zone, and one whose zone is a name, `offsetMilliseconds` says how far it is from UTC;
   * RangeError without.
   */
  toDate(offsetMilliseconds?: number): Date {
    const offset = this.zone instanceof PythonTimeZone ? this.zone.offset.toMilliseconds() : offsetMilliseconds;
    if (offset === undefined)
      throw new RangeError("A time without an offset is no moment: say how far it is from UTC.");
    return new Date(utcMilliseconds(this) - offset);
  }

  /** As ISO 8601, without the zone: 2026-01-31T23:59:59. */
  override toString(): string {
    return `${isoDate(this)}T${isoTime(this)}`;
  }
}

interface Moment extends Required<Omit<TimeOfDay, "zone" | "fold">> {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

export function utcMilliseconds({ year, month, day, hour, minute, second, microsecond }: Moment): number {
  // Date.UTC takes years below 100 for those of the last century.
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.setUTCHours(hour, minute, second, Math.floor(microsecond / 1_000));
}

function checkDate(year: number, month: number, day: number): void {
  if (!inRange(year, 1, 9999) || !inRange(month, 1, 12) || !inRange(day, 1, daysIn(year, month))) {
    throw new RangeError("a day of the years 1 to 9999");
  }
}

function daysIn(year: number, month: number): number {
  const date = new Date(0);
  date.setUTCFullYear(year, month, 0);
  return date.getUTCDate();
}

function isoDate({ year, month, day }: Pick<Moment, "year" | "month" | "day">): string {
  return `${pad(year, 4)}-${pad(month)}-${pad(day)}`;
}

function isoTime({ hour, minute, second, microsecond }: PythonTime): string {
  return `${pad(hour)}:${pad(minute)}:${pad(second)}${microsecond === 0 ? "" : `.${pad(microsecond, 6)}`}`;
}

function pad(value: number, width = 2): string {
  return String(value).padStart(width, "0");
}

function inRange(value: unknown, least: number, most: number): boolean {
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
}
