import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { CborSimple, CborTag, deserializeFromCbor, serializeToCbor } from "../../../src/serialize-utils/index.ts";

interface Example {
  readonly hex: string;
  readonly roundtrip: boolean;
  readonly decoded?: unknown;
  readonly diagnostic?: string;
}
const file = new URL("../../../testdata/cbor/appendix_a.json", import.meta.url);
const examples = JSON.parse(readFileSync(file, "utf8")) as readonly Example[];

/** What diagnostic notation says that JSON can't. */
const DIAGNOSTICS: Readonly<Record<string, unknown>> = {
  Infinity,
  NaN,
  "-Infinity": -Infinity,
  undefined,
  "simple(16)": new CborSimple(16),
  "simple(255)": new CborSimple(255),
  '0("2013-03-21T20:04:00Z")': new Date("2013-03-21T20:04:00Z"),
  "1(1363896240)": new Date(1_363_896_240_000),
  "1(1363896240.5)": new Date(1_363_896_240_500),
  "23(h'01020304')": new CborTag(23, new Uint8Array([1, 2, 3, 4])),
  "24(h'6449455446')": new CborTag(24, new Uint8Array(Buffer.from("6449455446", "hex"))),
  '32("http://www.example.com")': new URL("http://www.example.com"),
  "h''": new Uint8Array(0),
  "h'01020304'": new Uint8Array([1, 2, 3, 4]),
  "{1: 2, 3: 4}": new Map([
    [1, 2],
    [3, 4],
  ]),
  "(_ h'0102', h'030405')": new Uint8Array([1, 2, 3, 4, 5]),
};

/** JSON has read these integers as the nearest numbers. */
const LARGE: Readonly<Record<string, bigint>> = {
  "1bffffffffffffffff": 2n ** 64n - 1n,
  "3bffffffffffffffff": -(2n ** 64n),
  c249010000000000000000: 2n ** 64n,
  c349010000000000000000: -(2n ** 64n) - 1n,
};

/** Written otherwise: a URL as it is normalised; a time as a number; integers of JavaScript are never floats. */
const OTHERWISE = new Set([
  "c074323031332d30332d32315432303a30343a30305a",
  "d82076687474703a2f2f7777772e6578616d706c652e636f6d",
  "f90000",
  "f93c00",
  "f97bff",
  "fa47c35000",
  "f9c400",
]);

describe("CBOR, RFC 8949", () => {
  it("reads the examples of appendix A, and writes those that are deterministic", () => {
    for (const { hex, roundtrip, decoded, diagnostic } of examples) {
      const bytes = Buffer.from(hex, "hex");
      // Of RFC 7049; its successor has made it ill-formed.
      if (diagnostic === "simple(24)") {
        assert.throws(() => deserializeFromCbor(bytes), { code: "SEALTRACE_INVALID_DATA" });
        continue;
      }
      const value = deserializeFromCbor(bytes, { keepUnknown: true });
      const expected = hex in LARGE ? LARGE[hex] : diagnostic === undefined ? decoded : DIAGNOSTICS[diagnostic];
      assert.deepStrictEqual(value, hex === "f98000" ? -0 : expected, `${hex} ${diagnostic ?? ""}`);
      const isWritten = roundtrip && !OTHERWISE.has(hex);
      if (isWritten) assert.equal(Buffer.from(serializeToCbor(value)).toString("hex"), hex);
      const strict = (): unknown => deserializeFromCbor(bytes, { keepUnknown: true, deterministic: true });
      if (isWritten) strict();
      else assert.throws(strict, { code: "SEALTRACE_INVALID_DATA", message: /deterministic encoding/ }, hex);
    }
  });

  it("refuses all that appendix F lists as not well-formed", () => {
    const TRUNCATED = ["18", "19", "1a", "1b", "1901", "1a0102", "1b01020304050607", "38", "58", "78", "98", "9a01ff00", "b8", "d8", "f8", "f900", "fa0000", "fb000000", "41", "61", "5affffffff00", "5bffffffffffffffff010203", "7affffffff00", "7b7fffffffffffffff010203", "81", "818181818181818181", "8200", "a1", "a1ff", "a20000ff", "a20102", "a100", "a2000000", "c0", "5f4100", "7f6100", "9f", "9f0102", "bf", "819f", "9f8000", "9f9f9f9f9fffffffff", "9f819f819f9fffffff"]; // prettier-ignore
    const INVALID = ["1c", "1d", "1e", "3c", "3d", "3e", "5c", "5d", "5e", "7c", "7d", "7e", "9c", "9d", "9e", "bc", "bd", "be", "dc", "dd", "de", "fc", "fd", "fe", "f800", "f801", "f818", "f81f", "5f00ff", "5f21ff", "5f6100ff", "5f80ff", "5fa0ff", "5fc000ff", "5fe0ff", "7f4100ff", "5f5f4100ffff", "7f7f6100ffff", "ff", "81ff", "8200ff", "a1ff00", "a100ff", "9f81ff", "9f829f819f9fffffffff", "bf00ff", "bf000000ff", "1f", "3f", "df"]; // prettier-ignore
    for (const hex of TRUNCATED) {
      assert.throws(() => deserializeFromCbor(Buffer.from(hex, "hex"), { keepUnknown: true }), { code: "SEALTRACE_DATA_TRUNCATED" }, hex); // prettier-ignore
    }
    for (const hex of INVALID) {
      assert.throws(() => deserializeFromCbor(Buffer.from(hex, "hex"), { keepUnknown: true }), { code: "SEALTRACE_INVALID_DATA" }, hex); // prettier-ignore
    }
  });

  it("writes keys in the order of section 4.2.1", () => {
    const hex = (value: unknown): string => Buffer.from(serializeToCbor(value)).toString("hex");
    assert.equal(hex({ aa: 1, z: 2, "": 3 }), "a36003617a0262616101");
    assert.equal(hex({ é: 1, zz: 2, "\uFFFF": 3, "😀": 4 }), "a4627a7a0262c3a90163efbfbf0364f09f988004");
    const keys = new Map<unknown, unknown>([[false, 0], ["aa", 0], [-1, 0], ["z", 0], [100, 0], [10, 0], [1.5, 0]]); // prettier-ignore
    assert.equal(hex(keys), "a70a00186400200061" + "7a0062616100f400f93e0000");
  });

  it("writes equal data as equal bytes, however it was put together", () => {
    assert.deepEqual(serializeToCbor({ a: 1, b: 2 }), serializeToCbor({ b: 2, a: 1 }));
    assert.deepEqual(serializeToCbor(new Map([[1, 2], [3, 4]])), serializeToCbor(new Map([[3, 4], [1, 2]]))); // prettier-ignore
    assert.equal(Buffer.from(serializeToCbor(NaN)).toString("hex"), "f97e00");
  });
});
