/** Decimal, Fraction, UUID. */
import { PythonDecimal, PythonFraction, PythonUuid } from "../python/numbers.ts";
import { expectAttributes, expected, expectString, type Builders } from "./builder.ts";

function fraction([numerator, denominator]: readonly unknown[]): PythonFraction {
  // Up to Python 3.11 one string: "1/2".
  if (typeof numerator === "string") {
    const [, above, below = "1"] = /^(-?\d{1,4300})(?:\/(\d{1,4300}))?$/.exec(numerator) ?? [];
    if (above === undefined) throw expected("a fraction");
    return new PythonFraction(shortest(above), shortest(below));
  }
  return new PythonFraction(numerator as number, denominator as number);
}

function shortest(digits: string): number | bigint {
  const value = Number(digits);
  return Number.isSafeInteger(value) ? value : BigInt(digits);
}

function uuid(state: unknown): PythonUuid {
  const { int } = expectAttributes(state) as { readonly int?: unknown };
  if ((typeof int !== "number" && typeof int !== "bigint") || int < 0) throw expected("the integer of a UUID");
  const digits = int.toString(16).padStart(32, "0");
  return new PythonUuid(digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5"));
}

/** Between NEWOBJ and BUILD, which brings the number. */
class UnfinishedUuid {
  readonly isUnfinished = true;
}

export const SCALARS: Builders = {
  "decimal:Decimal": { create: ([text]) => new PythonDecimal(expectString(text, "the digits of a decimal number")) },
  "fractions:Fraction": { create: fraction },
  "uuid:UUID": { create: () => new UnfinishedUuid(), setState: (_instance, state) => uuid(state) },
};
