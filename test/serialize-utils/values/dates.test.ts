import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { deserializeFromJson, serializeToJson } from "../../../src/serialize-utils/index.ts";

const ISO = /^(?:\d{4}|[+-]\d{6})-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

const textOf = (time: number): unknown =>
  (JSON.parse(serializeToJson(new Date(time))) as { readonly value: unknown }).value;

function timeOf(text: string): number {
  try {
    return (deserializeFromJson(JSON.stringify({ $rich: "Date", value: text })) as Date).getTime();
  } catch (error) {
    assert.equal((error as { readonly code?: unknown }).code, "SEALTRACE_INVALID_DATA");
    return Number.NaN;
  }
}

describe("dates", () => {
  it("are written as the language writes them, at every edge", () => {
    const days = ["0000-01-01", "0000-02-29", "0000-03-01", "1600-02-29", "1900-02-28", "1969-12-31", "1970-01-01", "2000-02-29", "2024-12-31", "9999-12-31"]; // prettier-ignore
    const midnights = days.map((day) => Date.parse(`${day}T00:00:00.000Z`));
    for (const time of [...midnights, 8.64e15, -8.64e15].flatMap((midnight) => [
      midnight - 1,
      midnight,
      midnight + 1,
    ])) {
      if (Math.abs(time) > 8.64e15) continue;
      assert.equal(textOf(time), new Date(time).toISOString());
      assert.equal(timeOf(new Date(time).toISOString()), time);
    }
  });

  it("are written and read as by the language, whatever the time", () => {
    const time = fc.oneof(fc.integer({ min: -8.64e15, max: 8.64e15 }), fc.integer({ min: -7e13, max: 3e14 }));
    fc.assert(
      fc.property(time, (milliseconds) => {
        const text = new Date(milliseconds).toISOString();
        return textOf(milliseconds) === text && timeOf(text) === milliseconds;
      }),
      { numRuns: 2_000 },
    );
  });

  it("are read as by the language where the fields are at their bounds, and refused beyond", () => {
    const field = (most: number, width: number): fc.Arbitrary<string> =>
      fc.integer({ min: 0, max: most }).map((number) => String(number).padStart(width, "0"));
    const text = fc
      .tuple(field(9_999, 4), field(14, 2), field(33, 2), field(25, 2), field(61, 2), field(61, 2), field(999, 3))
      .map(([year, month, day, ...time]) => `${year}-${month}-${day}T${time.slice(0, 3).join(":")}.${time[3]}Z`);
    const changed = fc
      .tuple(text, fc.nat({ max: 23 }), fc.constantFrom("0", "-", ":", "T", ".", "Z", "/", "x", " ", "+"))
      .map(([whole, at, letter]) => whole.slice(0, at) + letter + whole.slice(at + 1));
    fc.assert(
      fc.property(fc.oneof(text, changed), (candidate) => {
        assert.equal(timeOf(candidate), ISO.test(candidate) ? Date.parse(candidate) : Number.NaN, candidate);
      }),
      { numRuns: 3_000 },
    );
  });
});
