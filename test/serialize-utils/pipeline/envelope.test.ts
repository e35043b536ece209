import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { describe, it } from "node:test";
import { decode, encode, signDsse, type DecodeOptions, type DsseKey } from "../../../src/serialize-utils/index.ts";
import { newKeys } from "./keys.ts";

function newPair(): { readonly secret: DsseKey; readonly open: DsseKey } {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  return { secret: { key: privateKey }, open: { key: publicKey } };
}

const [first, second, stranger] = [newPair(), newPair(), newPair()];
const keys = await newKeys();
const claims = { name: "a;b=c \u00e9.json", schemaName: "report-2", generation: 7 };
const sealed = await encode([1, "two"], {
  suffix: ".json.zst.age",
  recipients: [keys.recipient],
  envelope: [first.secret, second.secret],
  ...claims,
});
const opening: DecodeOptions = { suffix: sealed.suffix, identities: [keys.identity], envelope: { keys: [first.open] } };
const refused = (message: RegExp): object => ({ code: "SEALTRACE_SIGNATURE_INVALID", stage: "verify", message });

describe("an envelope", () => {
  it("carries content and signatures", async () => {
    assert.equal(sealed.suffix, ".json.zst.age.dsse");
    assert.equal(sealed.signature, undefined);
    assert.deepEqual(await decode(sealed.bytes, { ...opening, ...claims }), [1, "two"]);
    const both = { keys: [first.open, second.open, stranger.open], threshold: 2 };
    assert.deepEqual(await decode(sealed.bytes, { ...opening, envelope: both }), [1, "two"]);
    const plain = await encode("text", { format: "text", envelope: [first.secret] });
    assert.equal(await decode(plain.bytes, { format: "text", envelope: { keys: [first.open] } }), "text");
  });

  it("is refused when too few signed it, or as something else", async () => {
    await assert.rejects(
      decode(sealed.bytes, { ...opening, envelope: { keys: [stranger.open] } }),
      refused(/must have signed/),
    );
    const three = { keys: [first.open, second.open, stranger.open], threshold: 3 };
    await assert.rejects(decode(sealed.bytes, { ...opening, envelope: three }), refused(/must have signed/));
    await assert.rejects(decode(sealed.bytes, { ...opening, name: "other" }), refused(/for the file/));
    await assert.rejects(decode(sealed.bytes, { ...opening, generation: { atLeast: 8 } }), refused(/8 or later/));
    const envelope = opening.envelope;
    await assert.rejects(
      decode(sealed.bytes, { suffix: ".json.zst.dsse", envelope }),
      refused(/for the encryption "age"/),
    );
  });

  it("is refused when anything of it was changed, or its type is another's", async () => {
    const text = sealed.bytes.toString();
    for (const changed of [
      text.replace("generation=7", "generation=8"),
      text.replace('"payload":"', '"payload":"AAAA'),
    ]) {
      assert.notEqual(changed, text);
      await assert.rejects(decode(Buffer.from(changed), opening), refused(/must have signed/));
    }
    const foreign = signDsse(Buffer.from("[]"), "application/vnd.in-toto+json", [first.secret]);
    await assert.rejects(
      decode(Buffer.from(foreign), { suffix: ".json", envelope: opening.envelope }),
      refused(/of the type/),
    );
    const twice = signDsse(Buffer.from("[]"), "application/vnd.sealtrace;format=json;format=yaml", [first.secret]);
    await assert.rejects(decode(Buffer.from(twice), { suffix: ".json", envelope: opening.envelope }), refused(/twice/));
    for (const nonsense of ["", "{}", "null", "[".repeat(1000)]) {
      await assert.rejects(decode(Buffer.from(nonsense), opening), {
        stage: "verify",
        code: /^SEALTRACE_INVALID_DATA$/,
      });
    }
  });

  it("stands in place of a signature beside", async () => {
    const usage = { code: "SEALTRACE_USAGE" };
    await assert.rejects(encode(1, { sign: keys.secretKey, envelope: [first.secret] }), usage);
    await assert.rejects(decode(sealed.bytes, { ...opening, publicKey: keys.publicKey }), usage);
    await assert.rejects(decode(sealed.bytes, { ...opening, envelope: undefined }), usage);
  });
});
