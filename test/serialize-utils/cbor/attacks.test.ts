import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { CborTag, deserializeFromCbor, serializeToCbor } from "../../../src/serialize-utils/index.ts";

const read = (hex: string, options = {}): unknown => deserializeFromCbor(Buffer.from(hex.replaceAll(" ", ""), "hex"), options); // prettier-ignore
const refused = (hex: string, code: string, message: RegExp, options = {}): void => {
  assert.throws(() => read(hex, options), { code: `SEALTRACE_${code}`, message }, hex);
};

describe("CBOR from strangers", () => {
  it("believes no length that isn't there", () => {
    for (const head of ["5a", "7a", "9a", "ba"]) refused(`${head} ffffffff`, "DATA_TRUNCATED", /ends too early/);
    for (const head of ["5b", "7b", "9b", "bb"]) refused(`${head} ffffffffffffffff 00`, "DATA_TRUNCATED", /too early/);
    refused("5f 5b ffffffffffffffff 00", "DATA_TRUNCATED", /too early/);
    refused("9a 00000005".repeat(20), "DATA_TRUNCATED", /too early/);
    for (const level of ["81", "a100", "9f", "bf00", "c1", "d81c", "d9010281", "d81b8263536574"]) {
      refused(level.repeat(600), level === "d81c" ? "INVALID_DATA" : "LIMIT_EXCEEDED", /512 levels|twice/, { keepUnknown: true }); // prettier-ignore
    }
    read(`${"d9d9f7".repeat(100_000)}00`);
  });

  it("counts the pieces of texts, and what is in containers without a length", () => {
    refused(`7f${"60".repeat(1000)}ff`, "LIMIT_EXCEEDED", /500 values/, { maxValues: 500 });
    refused(`9f${"00".repeat(1000)}ff`, "LIMIT_EXCEEDED", /500 values/, { maxValues: 500 });
    refused(`bf${Array.from({ length: 300 }, (_, i) => `19${i.toString(16).padStart(4, "0")}00`).join("")}ff`, "LIMIT_EXCEEDED", /500 values/, { maxValues: 500 }); // prettier-ignore
  });

  it("tells a second item from garbage", () => {
    refused("00 00", "DATA_CONCATENATED", /byte 1/);
    refused("00 9f 00 ff", "DATA_CONCATENATED", /byte 1/);
    for (const rest of ["ff", "1c", "81", "9f", "3f"]) refused(`00 ${rest}`, "DATA_TRAILING", /byte 1/);
    refused(`00 ${"9f".repeat(100_000)}`, "DATA_TRAILING", /byte 1/);
    refused("", "DATA_TRUNCATED", /0 bytes/);
  });

  it("refuses duplicate keys", () => {
    refused("a2 6161 01 6161 02", "INVALID_DATA", /twice/);
    refused("bf 6161 01 6161 02 ff", "INVALID_DATA", /twice/);
    refused("a2 6161 01 7f 6161 ff 02", "INVALID_DATA", /twice/);
    refused("a2 01 01 1801 02", "INVALID_DATA", /key 1 stands twice/);
    refused("a2 01 01 f93c00 02", "INVALID_DATA", /twice/);
    refused("a2 f97e00 01 fa7fc00000 02", "INVALID_DATA", /NaN stands twice/);
    refused("a2 8101 01 8101 02", "INVALID_DATA", /twice/);
    refused("d90103 a2 6161 01 6161 02", "INVALID_DATA", /"a" stands twice/);
    refused("d90102 82 01 01", "INVALID_DATA", /Set.*once/);
    refused("d90102 d81c 82 01 01", "INVALID_DATA", /Set.*once/);
    refused("d81b 85 634d6170 01 02 01 02", "INVALID_DATA", /Map.*once/);
    refused("d81b 85 654572726f72 6474797065 00 6474797065 01", "INVALID_DATA", /Error/);
  });

  it("refuses what is no UTF-8, also piece by piece", () => {
    for (const bytes of ["ff", "c080", "eda080", "f4908080", "e282"]) {
      refused(`${(0x60 + bytes.length / 2).toString(16)} ${bytes}`, "INVALID_DATA", /UTF-8/);
    }
    refused("7f 61c3 61a9 ff", "INVALID_DATA", /UTF-8/);
  });

  it("refuses tags and simple values that it doesn't know, or hands them out", () => {
    refused("d864 01", "TYPE_REFUSED", /tag 100\b/);
    refused("db ffffffffffffffff 01", "TYPE_REFUSED", /tag 18446744073709551615/);
    refused("e0", "TYPE_REFUSED", /simple value 0/);
    for (const hex of ["d86481d86501", "dbffffffffffffffff01", "e0", "f8ff"]) {
      assert.equal(Buffer.from(serializeToCbor(read(hex, { keepUnknown: true }))).toString("hex"), hex);
    }
    assert.deepEqual(read("d86401", { keepUnknown: true }), new CborTag(100, 1));
    refused("d81b 81 644576696c", "TYPE_REFUSED", /"Evil"/);
    for (const name of ["constructor", "__proto__", "toString"]) {
      const hex = `${(0x60 + name.length).toString(16)}${Buffer.from(name).toString("hex")}`;
      refused(`d81b 81 ${hex}`, "TYPE_REFUSED", /asks/);
    }
  });

  it("refuses tags whose content is of another kind", () => {
    for (const hex of [
      "c0 01",
      "c0 6161",
      "c1 6161",
      "c1 f97e00",
      "c1 1b7fffffffffffffff",
      "c2 01",
      "c3 6161",
      "d820 6161",
      "d823 6128",
      "d841 6161",
      "d841 41ff",
      "d90102 01",
      "d90103 01",
      "d81b 01",
      "d81b 80",
      "d81b 8101",
      "d81d 6161",
      "c1 80",
    ]) {
      // prettier-ignore
      refused(hex, "INVALID_DATA", /at byte/);
    }
    refused("81 d81b 9f 64 686f6c65 ff", "TYPE_REFUSED", /hole/);
    refused("d81b 81 64 686f6c65", "INVALID_DATA", /in no array/);
  });

  it("follows shared references only to what began before", () => {
    refused("d81d 00", "INVALID_DATA", /leads to none/);
    refused("82 d81d 00 d81c 80", "INVALID_DATA", /leads to none/);
    refused("d81c d81c 80", "INVALID_DATA", /twice/);
    refused("9f d81c ff", "INVALID_DATA", /nothing ends/);
    refused("d81c c1 d81d 00", "INVALID_DATA", /circular/);
    refused("d81c d81b 82 63 55524c d81d 00", "INVALID_DATA", /circular/);
    assert.deepEqual(read("83 d81c 6161 d81d 00 d81d 00"), ["a", "a", "a"]);
    assert.deepEqual(read("82 d81c c0 74 323031332d30332d32315432303a30343a30305a d81d 00"), Array.from({ length: 2 }, () => new Date("2013-03-21T20:04:00Z"))); // prettier-ignore
  });

  it("reads typed arrays in either order of bytes", () => {
    assert.deepEqual(read("d841 44 0001 0002"), new Uint16Array([1, 2]));
    assert.deepEqual(read("d845 44 0100 0200"), new Uint16Array([1, 2]));
    assert.deepEqual(read("d852 48 3ff8000000000000"), new Float64Array([1.5]));
    assert.deepEqual(read("d840 41 07"), new Uint8Array([7]));
    assert.deepEqual(read("d84b 48 fffffffffffffffe"), new BigInt64Array([-2n]));
  });

  it("accepts nothing but the one deterministic form where it is asked to", () => {
    for (const hex of [
      "1800",
      "190001",
      "1b0000000000000001",
      "fa3f800000",
      "fb3ff8000000000000",
      "f93c00",
      "9f01ff",
      "bf616101ff",
      "7f6161ff",
      "5f4101ff",
      "a2616201616102",
      "c24101",
      "c249000100000000000000",
      "fa7fc00000",
      "d9d9f700",
      "6161".replace("6161", "780161"),
    ]) {
      // prettier-ignore
      read(hex);
      refused(hex, "INVALID_DATA", /deterministic/, { deterministic: true });
    }
  });
});
