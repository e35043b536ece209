import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { deserializeFromMessagePack, MessagePackExtension, serializeToMessagePack } from "../../../src/serialize-utils/index.ts"; // prettier-ignore
import { threadTime } from "../../support/thread-time.ts";

const read = (hex: string, options = {}): unknown => deserializeFromMessagePack(Buffer.from(hex.replaceAll(" ", ""), "hex"), options); // prettier-ignore
const refused = (hex: string, code: string, message: RegExp, options = {}): void => {
  assert.throws(() => read(hex, options), { code: `SEALTRACE_${code}`, message }, hex);
};

describe("MessagePack from strangers", () => {
  it("believes no length that isn't there", () => {
    for (const head of ["dd", "df", "c6", "c9", "db", "dd ffffffff dd", "df ffffffff a0 df"]) {
      refused(`${head} ffffffff`, "DATA_TRUNCATED", /ends too early/);
    }
    refused("dd 00000002 c0", "DATA_TRUNCATED", /ends too early/);
    refused("dc ffff c0", "DATA_TRUNCATED", /ends too early/);
    refused("de 0001 a0", "DATA_TRUNCATED", /ends too early/);
    const nested = "dd 00000005".repeat(20);
    refused(nested, "DATA_TRUNCATED", /ends too early/);
    refused("91".repeat(600), "LIMIT_EXCEEDED", /512 levels/);
    refused("81 a0".repeat(600), "LIMIT_EXCEEDED", /512 levels/);
  });

  it("counts the values that are only claimed", () => {
    const claims = Buffer.alloc(100_000, Buffer.from("dd00001000", "hex"));
    const start = threadTime();
    assert.throws(() => deserializeFromMessagePack(claims, { maxValues: 1_000_000, maxDepth: 100_000 }), { code: "SEALTRACE_LIMIT_EXCEEDED", message: /1000000 values/ }); // prettier-ignore
    assert.ok(threadTime() - start < 1000);
  });

  it("tells a second value from garbage", () => {
    refused("c0 c0", "DATA_CONCATENATED", /byte 1/);
    refused("91 01 92 01 02", "DATA_CONCATENATED", /byte 2.*sequence/);
    refused("c0 c1", "DATA_TRAILING", /byte 1/);
    refused("c0 92 01", "DATA_TRAILING", /byte 1/);
    refused("c0 dd ffffffff", "DATA_TRAILING", /byte 1/);
    refused("", "DATA_TRUNCATED", /0 bytes/);
  });

  it("refuses duplicate keys", () => {
    refused("82 a1 61 01 a1 61 02", "INVALID_DATA", /twice in a map/);
    refused("82 a1 61 01 d9 01 61 02", "INVALID_DATA", /twice in a map/);
    refused("82 a9 5f5f70726f746f5f5f 01 a9 5f5f70726f746f5f5f 02", "INVALID_DATA", /twice/);
    refused("82 01 01 01 02", "INVALID_DATA", /key 1 stands twice/);
    refused("82 01 01 cc01 02", "INVALID_DATA", /twice/);
    refused("82 00 01 cb 8000000000000000 02", "INVALID_DATA", /twice/);
    refused("83 a1 61 01 a1 61 01 01 02", "INVALID_DATA", /twice/);
    refused("83 a1 61 01 01 02 a1 61 02", "INVALID_DATA", /key "a" stands twice/);
    refused("82 91 01 01 91 01 02", "INVALID_DATA", /twice/);
    refused("c7 09 73 a3 4d6170 01 02 01 02 c0".replace(" c0", " "), "DATA_TRUNCATED", /early/);
    refused("c7 08 73 a3 4d6170 01 02 01 02", "INVALID_DATA", /Map.*each key once/);
    refused("c7 06 73 a3 536574 01 01", "INVALID_DATA", /Set.*each value once/);
  });

  it("refuses what is no UTF-8", () => {
    for (const bytes of ["ff", "c080", "eda080", "f4908080", "e282", "80", "c3"]) {
      const length = bytes.length / 2;
      refused(`${(0xa0 + length).toString(16)} ${bytes}`, "INVALID_DATA", /UTF-8/);
      refused(`81 ${(0xa0 + length).toString(16)} ${bytes} 01`, "INVALID_DATA", /UTF-8/);
      const long = Buffer.concat([Buffer.alloc(100, "x"), Buffer.from(bytes, "hex")]);
      refused(`d9 ${long.length.toString(16)} ${long.toString("hex")}`, "INVALID_DATA", /UTF-8/);
    }
    assert.equal(read("a3 efbfbd"), "\uFFFD");
  });

  it("refuses extensions that it doesn't know, or hands them out unread", () => {
    refused("d4 01 ff", "TYPE_REFUSED", /extension 1\b/);
    const kept = read("d4 01 ff", { keepUnknown: true });
    assert.deepEqual(kept, new MessagePackExtension(1, new Uint8Array([255])));
    assert.deepEqual([...serializeToMessagePack(kept)], [0xd4, 1, 255]);
    refused("c7 05 73 a4 4576696c", "TYPE_REFUSED", /"Evil"/);
    for (const name of ["constructor", "__proto__", "toString", "Object", "Function"]) {
      const hex = Buffer.from(name).toString("hex");
      refused(`c7 ${(name.length + 1).toString(16).padStart(2, "0")} 73 ${(0xa0 + name.length).toString(16)} ${hex}`, "TYPE_REFUSED", /asks/); // prettier-ignore
    }
  });

  it("refuses broken extensions of its own", () => {
    refused("c7 00 73", "INVALID_DATA", /neither a name nor a reference/);
    refused("d4 73 05", "INVALID_DATA", /leads to none/);
    refused("91 d5 73 00 00", "INVALID_DATA", /neither/);
    refused("d4 73 ff", "INVALID_DATA", /neither/);
    refused("d5 73 a5 68", "DATA_TRUNCATED", /early/);
    refused("93 d4 73 a3 4d 61 70", "INVALID_DATA", /ends within its content/);
    refused("92 c7 05 73 a3 536574 91 01", "INVALID_DATA", /after the end of what it is in/);
    refused("c7 05 73 a4 686f6c65", "INVALID_DATA", /in no array/);
    refused("81 c7 05 73 a4 686f6c65 01", "INVALID_DATA", /in no array/);
    refused("c7 05 73 a3 4d6170 01", "INVALID_DATA", /keys and values in turn/);
    refused("c7 0b 73 a9 756e646566696e6564 01", "INVALID_DATA", /undefined.*empty/);
    refused("c7 08 73 a6 426967496e74 a0", "INVALID_DATA", /BigInt/);
    refused("c7 09 73 a6 526567457870 91 a0", "INVALID_DATA", /RegExp/);
    refused("c7 0c 73 a6 526567457870 92 a1 28 a1 67".replace("0c", "0c"), "INVALID_DATA", /RegExp/);
  });

  it("refuses timestamps that are none", () => {
    refused("c7 03 ff 000000", "INVALID_DATA", /timestamp/);
    refused("d7 ff ffffffff 00000000", "INVALID_DATA", /timestamp/);
    refused("c7 0c ff 00000000 7fffffffffffffff", "INVALID_DATA", /timestamp/);
    assert.deepEqual(read("d7 ff 00 00 00 04 00 00 00 01"), new Date(1000));
  });

  it("refuses an object that becomes a map while something inside is the object", () => {
    refused("82 a1 61 d4 73 00 01 02", "INVALID_DATA", /becomes a map/);
  });

  it("takes no longer than linear time for keys that are containers", () => {
    let hex = "01";
    for (let i = 0; i < 500; i += 1) hex = `81 ${hex} 01`;
    const start = threadTime();
    read(hex);
    assert.ok(threadTime() - start < 1000);
  });

  it("refuses the byte that means nothing", () => {
    refused("c1", "INVALID_DATA", /c1/);
    refused("91 c1", "INVALID_DATA", /byte 1/);
  });
});
