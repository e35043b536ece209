/** Python's numbers that JavaScript has no like of. They hold what Python holds, and leave arithmetic to whoever has a library for it. */

const DECIMAL = /^[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[iI]nf(?:inity)?|s?NaN\d*)$/;

/** `decimal.Decimal`, exact, as Python writes it: `1.50`, `-1E+3`, `NaN`. */
export class PythonDecimal {
  readonly text: string;

  /** Throws RangeError for what is no decimal number. */
  constructor(text: string) {
    if (!DECIMAL.test(text)) throw new RangeError(`${JSON.stringify(text.slice(0, 40))} is no decimal number`);
    this.text = text;
  }

  /** The nearest number of JavaScript. */
  toNumber(): number {
    return Number(this.text.replace(/inf$/i, "Infinity"));
  }

  toString(): string {
    return this.text;
  }
}

/** `fractions.Fraction`. */
export class PythonFraction {
  readonly numerator: number | bigint;
  readonly denominator: number | bigint;

  /** Throws RangeError unless both are whole, and the denominator is above zero. */
  constructor(numerator: number | bigint, denominator: number | bigint) {
    if (!isWhole(numerator) || !isWhole(denominator) || denominator <= 0)
      throw new RangeError("a fraction of two integers");
    this.numerator = numerator;
    this.denominator = denominator;
  }

  toString(): string {
    return `${this.numerator}/${this.denominator}`;
  }
}

/** `complex`. */
export class PythonComplex {
  readonly real: number;
  readonly imaginary: number;

  constructor(real: number, imaginary: number) {
    this.real = real;
    this.imaginary = imaginary;
  }
}

/** `range(start, stop, step)`: not its numbers, which may be more than there is room for. */
export class PythonRange {
  readonly start: number | bigint;
  readonly stop: number | bigint;
  readonly step: number | bigint;

  constructor(start: number | bigint, stop: number | bigint, step: number | bigint = 1) {
    if (!isWhole(start) || !isWhole(stop) || !isWhole(step) || step == 0) throw new RangeError("a range of integers"); // eslint-disable-line eqeqeq -- 0n too
    this.start = start;
    this.stop = stop;
    this.step = step;
  }
}

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;

/** `uuid.UUID`. */
export class PythonUuid {
  readonly text: string;

  /** Of 32 hexadecimal digits with hyphens. Throws RangeError for anything else. */
  constructor(text: string) {
    this.text = text.toLowerCase();
    if (!UUID.test(this.text)) throw new RangeError(`${JSON.stringify(text.slice(0, 40))} is no UUID`);
  }

  toString(): string {
    return this.text;
  }
}

export function isWhole(value: unknown): value is number | bigint {
  return typeof value === "bigint" || Number.isSafeInteger(value);
}
