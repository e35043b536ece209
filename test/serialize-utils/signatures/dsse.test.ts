import assert from "node:assert/strict";
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import { describe, it } from "node:test";
import fc from "fast-check";
import { SealtraceError } from "../../../src/record/index.ts";
import { signDsse, verifyDsse } from "../../../src/serialize-utils/index.ts";
import { sealtraceError } from "../../support/rejections.ts";

/** RFC 8032 section 7.1, TEST 1 and TEST 2. */
const [privateA, privateB] = [
  "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
  "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
].map((seed) =>
  createPrivateKey({
    key: Buffer.from(`302e020100300506032b657004220420${seed}`, "hex"),
    format: "der",
    type: "pkcs8",
  }),
) as [KeyObject, KeyObject];
const [a, b] = [{ key: createPublicKey(privateA) }, { key: createPublicKey(privateB) }];
const TYPE = "http://example.com/HelloWorld";
const payload = Buffer.from("hello world");
const envelope = signDsse(payload, TYPE, [{ key: privateA, keyid: "A" }]);
const trusted = { keys: [a], payloadType: TYPE };
const refused = (sentence: RegExp): ((error: unknown) => boolean) =>
  sealtraceError("SEALTRACE_SIGNATURE_INVALID", sentence);

interface Envelope {
  payload: unknown;
  payloadType: unknown;
  signatures: { keyid?: unknown; sig?: unknown }[];
}

function changed(change: (envelope: Envelope) => void, text = envelope): string {
  const value = JSON.parse(text) as Envelope;
  change(value);
  return JSON.stringify(value);
}

describe("a DSSE envelope", () => {
  it("is signed over the specification's encoding of type and payload", () => {
    const { signatures } = JSON.parse(envelope) as Envelope;
    const expected = sign(null, Buffer.from("DSSEv1 29 http://example.com/HelloWorld 11 hello world"), privateA);
    assert.deepEqual(signatures, [{ keyid: "A", sig: expected.toString("base64") }]);
    // Lengths are of bytes, not of characters.
    const named = JSON.parse(signDsse(payload, "application/vnd.exämple+json", [{ key: privateA }])) as Envelope;
    const encoded = Buffer.from("DSSEv1 29 application/vnd.exämple+json 11 hello world");
    assert.equal(named.signatures[0]?.sig, sign(null, encoded, privateA).toString("base64"));
    const empty = JSON.parse(signDsse(new Uint8Array(), "t", [{ key: privateA }])) as Envelope;
    assert.equal(empty.signatures[0]?.sig, sign(null, Buffer.from("DSSEv1 1 t 0 "), privateA).toString("base64"));
  });

  it("gives the payload to who trusts a key of it", () => {
    const found = verifyDsse(envelope, trusted);
    assert.deepEqual([String(found.payload), found.payloadType, found.keyids.length], ["hello world", TYPE, 1]);
    assert.deepEqual(verifyDsse(envelope, { ...trusted, keys: [b, { ...a, keyid: "mine" }] }).keyids, ["mine"]);
    assert.equal(verifyDsse(envelope, { keys: [a], payloadType: ["other", TYPE] }).payloadType, TYPE);
  });

  it("may be in either alphabet of base64, with other keys and fields beside what is known", () => {
    const bytes = Buffer.from("fbffbf3e3f", "hex");
    const text = changed(
      (value) => {
        value.payload = bytes.toString("base64url");
        for (const entry of value.signatures)
          entry.sig = Buffer.from(String(entry.sig), "base64").toString("base64url");
        Object.assign(value, { more: 1 });
      },
      signDsse(bytes, TYPE, [{ key: privateB }, { key: privateA }]),
    );
    assert.deepEqual(verifyDsse(text, trusted).payload, bytes);
  });

  it("is refused when anything was changed, or the type is another", () => {
    for (const text of [
      changed((value) => (value.payload = Buffer.from("hello World").toString("base64"))),
      changed((value) => (value.signatures = [])),
      changed((value) => (value.signatures[0] = { sig: Buffer.alloc(64).toString("base64") })),
      changed((value) => (value.signatures[0] = { sig: "" })),
    ]) {
      assert.throws(() => verifyDsse(text, trusted), refused(/not signed|have signed/), text);
    }
    const retyped = changed((value) => (value.payloadType = "other"));
    assert.throws(() => verifyDsse(retyped, trusted), refused(/of the type "other"/));
    assert.throws(() => verifyDsse(retyped, { ...trusted, payloadType: "other" }), refused(/have signed/));
    assert.throws(() => verifyDsse(envelope, { ...trusted, keys: [b] }), refused(/have signed/));
    // The encoding has one reading: what is cut from the payload can't be put into the type.
    const moved = changed((value) => {
      value.payloadType = `${TYPE} 11 hello`;
      value.payload = Buffer.from("world").toString("base64");
    });
    assert.throws(() => verifyDsse(moved, { ...trusted, payloadType: `${TYPE} 11 hello` }), refused(/have signed/));
  });

  it("counts keys, not signatures or their names", () => {
    const both = signDsse(payload, TYPE, [{ key: privateA }, { key: privateB }]);
    const threshold = { keys: [a, b], payloadType: TYPE, threshold: 2 };
    assert.equal(verifyDsse(both, threshold).keyids.length, 2);
    assert.equal(
      verifyDsse(
        changed((value) => value.signatures.forEach((entry) => delete entry.keyid), both),
        threshold,
      ).keyids.length,
      2,
    );
    const twice = changed(
      (value) => (value.signatures = [...value.signatures, { ...value.signatures[0], keyid: "B" }]),
    );
    assert.throws(() => verifyDsse(twice, threshold), refused(/2 of the trusted keys.*1 have/));
    const usage = sealtraceError("SEALTRACE_USAGE");
    assert.throws(() => verifyDsse(both, { ...threshold, keys: [a, { ...a, keyid: "again" }] }), usage);
    for (const number of [0, 3, 1.5, NaN])
      assert.throws(() => verifyDsse(both, { ...threshold, threshold: number }), usage);
    assert.throws(() => verifyDsse(both, { ...threshold, keys: [], threshold: 1 }), usage);
  });

  it("is refused when it is none", () => {
    for (const text of [
      "",
      "null",
      "[]",
      "{}",
      "{",
      changed((value) => (value.payload = 1)),
      changed((value) => (value.payload = "a*bc")),
      changed((value) => (value.payload = "aGVsbG8gd29ybGR=")),
      changed((value) => (value.payloadType = null)),
      changed((value) => Object.assign(value, { signatures: {} })),
      changed((value) => (value.signatures = [null as never])),
      changed((value) => (value.signatures = [{}])),
      changed((value) => (value.signatures = Array<object>(101).fill({ sig: "" }))),
    ]) {
      assert.throws(
        () => verifyDsse(text, trusted),
        sealtraceError("SEALTRACE_INVALID_DATA", /no DSSE envelope/),
        text,
      );
    }
    assert.throws(() => verifyDsse(envelope, { ...trusted, maxBytes: 10 }), sealtraceError("SEALTRACE_LIMIT_EXCEEDED"));
  });

  it("takes Ed25519 keys alone, each for what it is", () => {
    const invalid = sealtraceError("SEALTRACE_KEY_INVALID");
    const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    assert.throws(() => signDsse(payload, TYPE, [{ key: privateKey }]), invalid);
    assert.throws(() => signDsse(payload, TYPE, [a]), invalid);
    assert.throws(() => signDsse(payload, TYPE, []), sealtraceError("SEALTRACE_USAGE"));
    assert.throws(() => verifyDsse(envelope, { ...trusted, keys: [{ key: publicKey }] }), invalid);
    assert.throws(() => verifyDsse(envelope, { ...trusted, keys: [{ key: privateA }] }), invalid);
  });

  it("property: any payload and type come back, and no change is taken for right", () => {
    fc.assert(
      fc.property(
        fc.uint8Array(),
        fc.string({ unit: "grapheme" }),
        fc.nat(),
        fc.string({ maxLength: 3 }),
        (bytes, type, at, piece) => {
          const text = signDsse(bytes, type, [{ key: privateA }]);
          const options = { keys: [a], payloadType: type };
          assert.deepEqual(new Uint8Array(verifyDsse(text, options).payload), bytes);
          const place = at % text.length;
          try {
            const found = verifyDsse(text.slice(0, place) + piece + text.slice(place + piece.length), options);
            assert.deepEqual(new Uint8Array(found.payload), bytes);
          } catch (error) {
            if (!(error instanceof SealtraceError)) throw error;
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});
