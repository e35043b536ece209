import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { decodeUtf8, encodeUtf8 } from "../../../src/serialize-utils/essentials/index.ts";

const refuses = (bytes: Uint8Array, message: RegExp): void => {
  assert.throws(() => decodeUtf8(bytes), { code: "SEALTRACE_INVALID_DATA", message });
};

describe("UTF-8", () => {
  it("gives back what was written", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        assert.equal(decodeUtf8(encodeUtf8(text)), text.replace(/^\uFEFF/, ""));
      }),
    );
  });

  it("takes the byte order mark away, the first one alone", () => {
    assert.equal(decodeUtf8(Buffer.from("\uFEFF\uFEFFa")), "\uFEFFa");
    assert.equal(decodeUtf8(new Uint8Array()), "");
  });

  it("says where bytes are no text", () => {
    const good = Buffer.alloc(1000, "a");
    refuses(Buffer.concat([good, Buffer.of(0xff), good]), /about byte 1000 /);
    refuses(Buffer.concat([good, Buffer.from("é").subarray(0, 1)]), /about byte 1000 /);
    refuses(Buffer.of(0xc0, 0xaf), /about byte 0 /);
    refuses(Buffer.of(0xed, 0xa0, 0x80), /not UTF-8/);
    refuses(Buffer.of(0xf4, 0x90, 0x80, 0x80), /not UTF-8/);
  });

  it("recognises UTF-16", () => {
    const little = Buffer.from("\uFEFFhello", "utf16le");
    refuses(little, /UTF-16, little-endian/);
    refuses(Buffer.from(little).swap16(), /UTF-16, big-endian/);
  });

  it("does not write half a surrogate pair as something else", () => {
    for (const text of ["\uD800", "a\uDC00b", "\uDE00\uD83D"]) {
      assert.throws(() => encodeUtf8(text), { code: "SEALTRACE_INVALID_DATA", message: /toWellFormed/ });
    }
  });
});
