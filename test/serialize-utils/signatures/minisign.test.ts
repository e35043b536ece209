import assert from "node:assert/strict";
import { createHash, randomBytes, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import fc from "fast-check";
import { SealtraceError } from "../../../src/record/index.ts";
import {
  generateMinisignKey,
  isProtectedMinisignKey,
  minisignPublicKeyOf,
  openMinisignSecretKey,
  parseMinisignPublicKey,
  signMinisign,
  verifyMinisign,
} from "../../../src/serialize-utils/index.ts";
import { sealtraceError } from "../../support/rejections.ts";

const testdata = (name: string): string =>
  readFileSync(new URL(`../../../testdata/minisign/${name}`, import.meta.url), "utf8");
const content = Buffer.from("what is signed");
const pair = await generateMinisignKey();
const signature = await signMinisign(content, pair.secretKey, { trustedComment: "said\tof it: ü" });
const refused = (sentence: RegExp): ((error: unknown) => boolean) =>
  sealtraceError("SEALTRACE_SIGNATURE_INVALID", sentence);

describe("a minisign signature", () => {
  it("says what the signer said of the content", async () => {
    const expected = { trustedComment: "said\tof it: ü", keyId: pair.keyId };
    assert.deepEqual(await verifyMinisign(content, signature, pair.publicKey), expected);
    const line = pair.publicKey.split("\n")[1] as string;
    assert.deepEqual(await verifyMinisign(content, signature, [testdata("test.pub"), line]), expected);
    assert.deepEqual(await verifyMinisign(content, signature.replaceAll("\n", "\r\n"), pair.publicKey), expected);
    assert.deepEqual(await verifyMinisign(content, signature.trimEnd(), pair.publicKey), expected);
    const { trustedComment } = await verifyMinisign(
      content,
      await signMinisign(content, pair.secretKey),
      pair.publicKey,
    );
    assert.match(trustedComment, /^timestamp:\d{10}\thashed$/);
  });

  it("is of a stream as of the whole", async () => {
    async function* pieces(): AsyncGenerator<Uint8Array> {
      for (const byte of content) yield await Promise.resolve(Uint8Array.of(byte));
    }
    const made = await signMinisign(pieces(), pair.secretKey, { trustedComment: "said\tof it: ü" });
    assert.equal(made, signature);
    assert.equal((await verifyMinisign(pieces(), made, pair.publicKey)).keyId, pair.keyId);
  });

  it("is refused when the content is another, or signature and content were swapped with others", async () => {
    const other = Buffer.from("what else is signed");
    const otherSignature = await signMinisign(other, pair.secretKey, { trustedComment: "said\tof it: ü" });
    await assert.rejects(verifyMinisign(other, signature, pair.publicKey), refused(/not of this content/));
    await assert.rejects(verifyMinisign(content, otherSignature, pair.publicKey), refused(/not of this content/));
    // The comment of the one under the signature of the other.
    const [a, b] = [signature.split("\n"), otherSignature.split("\n")];
    const mixed = [a[0], a[1], b[2], b[3], ""].join("\n");
    await assert.rejects(verifyMinisign(content, mixed, pair.publicKey), refused(/trusted comment was changed/));
  });

  it("is refused without signature, or with one that somebody else made", async () => {
    const stranger = await generateMinisignKey();
    const made = await signMinisign(content, stranger.secretKey);
    await assert.rejects(
      verifyMinisign(content, made, pair.publicKey),
      refused(new RegExp(`with the key ${stranger.keyId}, not with ${pair.keyId}`)),
    );
    // Under the trusted key's number.
    const key = await openMinisignSecretKey(stranger.secretKey);
    const disguised = await signMinisign(content, { ...key, keyId: pair.keyId });
    await assert.rejects(verifyMinisign(content, disguised, pair.publicKey), refused(/not of this content/));
    await assert.rejects(verifyMinisign(content, "", pair.publicKey), refused(/four lines/));
    // Of two trusted keys with one number, content and comment must be by the same.
    const twin = minisignPublicKeyOf({ ...key, keyId: pair.keyId });
    const [own, theirs] = [signature.split("\n"), disguised.split("\n")];
    const mixed = [own[0], own[1], theirs[2], theirs[3], ""].join("\n");
    await assert.rejects(
      verifyMinisign(content, mixed, [pair.publicKey, twin]),
      refused(/trusted comment was changed/),
    );
    await assert.rejects(verifyMinisign(content, signature, []), sealtraceError("SEALTRACE_USAGE"));
  });

  it("is refused whichever bit was flipped, the untrusted comment aside", async () => {
    const bytes = Buffer.from(signature);
    const first = bytes.indexOf("\n");
    for (let i = 0; i < bytes.length; i += 1) {
      for (const bit of [1, 0x20]) {
        const changed = Buffer.from(bytes);
        changed[i] = (changed[i] as number) ^ bit;
        const inComment = i >= "untrusted comment: ".length && i < first;
        const outcome = await verifyMinisign(content, changed.toString("utf8"), pair.publicKey).catch(
          (error: unknown) => error,
        );
        if (inComment) continue;
        assert.ok(refused(/./)(outcome), `byte ${i}, bit ${bit}: ${String(outcome)}`);
      }
    }
  });

  it("is refused when it is not exactly four lines", async () => {
    const lines = signature.trimEnd().split("\n");
    for (const bad of [
      `${signature}\n`,
      `${signature}x`,
      signature + signature,
      `\n${signature}`,
      lines.slice(0, 3).join("\n"),
      lines.slice(0, 2).join("\n"),
      lines.toSpliced(1, 0, lines[1] as string).join("\n"),
      lines.toSpliced(2, 1, "trusted comment:").join("\n"),
      lines.toSpliced(0, 1, "comment: x").join("\n"),
      lines.toSpliced(1, 1, `${lines[1] as string} `).join("\n"),
      lines.toSpliced(1, 1, "").join("\n"),
      lines.toSpliced(3, 1, (lines[3] as string).replace(/=+$/, "")).join("\n"),
      lines.toSpliced(2, 1, `trusted comment: ${"x".repeat(20_000)}`).join("\n"),
    ]) {
      await assert.rejects(verifyMinisign(content, bad, pair.publicKey), refused(/no minisign signature/), bad);
    }
  });

  it("has comments of one line that can't steer a terminal", async () => {
    for (const comment of ["two\nlines", "\u001b[2J", "\r", "\ud800", "x".repeat(9000)]) {
      await assert.rejects(
        signMinisign(content, pair.secretKey, { trustedComment: comment }),
        sealtraceError("SEALTRACE_USAGE"),
      );
      await assert.rejects(
        signMinisign(content, pair.secretKey, { untrustedComment: comment }),
        sealtraceError("SEALTRACE_USAGE"),
      );
    }
    // Not even from who has the key.
    const { key } = await openMinisignSecretKey(pair.secretKey);
    const lines = signature.split("\n");
    const made = Buffer.from(lines[1] as string, "base64").subarray(10);
    const evil = sign(null, Buffer.concat([made, Buffer.from("\u001b[2J")]), key).toString("base64");
    const text = [lines[0], lines[1], "trusted comment: \u001b[2J", evil, ""].join("\n");
    await assert.rejects(verifyMinisign(content, text, pair.publicKey), refused(/control characters/));
  });

  it("of the old kind is taken on request only, for it can be mistaken", async () => {
    const message = Buffer.from(testdata("message"));
    const legacy = testdata("message.legacy.minisig");
    const key = testdata("test.pub");
    await assert.rejects(verifyMinisign(message, legacy, key), refused(/old kind/));
    const { trustedComment } = await verifyMinisign(message, legacy, key, { allowLegacy: true });
    assert.equal(trustedComment, "a legacy comment");
    await assert.rejects(verifyMinisign(content, legacy, key, { allowLegacy: true }), refused(/not of this content/));
    async function* stream(): AsyncGenerator<Uint8Array> {
      yield await Promise.resolve(message);
    }
    await assert.rejects(
      verifyMinisign(stream(), legacy, key, { allowLegacy: true }),
      sealtraceError("SEALTRACE_USAGE"),
    );
    // The downgrade: a signature of a file, shown as one of the file's hash.
    const lines = testdata("message.minisig").split("\n");
    const bytes = Buffer.from(lines[1] as string, "base64");
    bytes.write("Ed", "latin1");
    const downgraded = lines.toSpliced(1, 1, bytes.toString("base64")).join("\n");
    const hash = createHash("blake2b512").update(message).digest();
    await assert.rejects(verifyMinisign(hash, downgraded, key), refused(/old kind/));
  });

  it("property: whatever the text, only a SealtraceError is thrown", async () => {
    const place = fc.tuple(fc.nat(signature.length), fc.nat(10), fc.string({ unit: "binary", maxLength: 10 }));
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string({ unit: "binary" }), place), async (input) => {
        const text =
          typeof input === "string"
            ? input
            : signature.slice(0, input[0]) + input[2] + signature.slice(input[0] + input[1]);
        await verifyMinisign(content, text, pair.publicKey).catch((error: unknown) => {
          if (!(error instanceof SealtraceError)) throw error;
        });
      }),
      { numRuns: 300 },
    );
  });
});

describe("minisign keys", () => {
  it("come back from their files", async () => {
    const key = await openMinisignSecretKey(pair.secretKey);
    assert.equal(key.keyId, pair.keyId);
    assert.equal(minisignPublicKeyOf(key), pair.publicKey);
    assert.equal(parseMinisignPublicKey(pair.publicKey).keyId, pair.keyId);
    assert.equal(isProtectedMinisignKey(pair.secretKey), false);
  });

  it("are protected by a password", async () => {
    const made = await generateMinisignKey({ password: "pässword", scryptWorkFactor: 10 });
    assert.equal(isProtectedMinisignKey(made.secretKey), true);
    const key = await openMinisignSecretKey(made.secretKey, { password: "pässword" });
    const text = await signMinisign(content, key);
    assert.equal((await verifyMinisign(content, text, made.publicKey)).keyId, made.keyId);
    const invalid = (sentence: RegExp): ((error: unknown) => boolean) =>
      sealtraceError("SEALTRACE_KEY_INVALID", sentence);
    await assert.rejects(openMinisignSecretKey(made.secretKey, { password: "password" }), invalid(/password is wrong/));
    await assert.rejects(openMinisignSecretKey(made.secretKey), invalid(/give its password/));
    await assert.rejects(signMinisign(content, made.secretKey), invalid(/give its password/));
    await assert.rejects(generateMinisignKey({ password: "" }), sealtraceError("SEALTRACE_USAGE"));
    await assert.rejects(
      generateMinisignKey({ password: "x", scryptWorkFactor: 21 }),
      sealtraceError("SEALTRACE_USAGE"),
    );
  });

  it("that the command made open, and its signatures are right", async () => {
    const key = await openMinisignSecretKey(testdata("test.key"));
    assert.equal(minisignPublicKeyOf(key), testdata("test.pub"));
    const message = Buffer.from(testdata("message"));
    const verified = await verifyMinisign(message, testdata("message.minisig"), testdata("test.pub"));
    assert.deepEqual(verified, { trustedComment: "a trusted comment", keyId: key.keyId });
    // Ed25519 is deterministic: what we write is what the command wrote.
    const comments = { trustedComment: "a trusted comment", untrustedComment: "an untrusted comment" };
    assert.equal(await signMinisign(message, key, comments), testdata("message.minisig"));
  });

  it("can't make anybody derive a costly key", async () => {
    const bomb = (operations: bigint, memory: bigint): string => {
      const bytes = Buffer.alloc(158);
      bytes.write("EdScB2", "latin1");
      bytes.writeBigUInt64LE(operations, 38);
      bytes.writeBigUInt64LE(memory, 46);
      return `untrusted comment: x\n${bytes.toString("base64")}\n`;
    };
    const max = 2n ** 64n - 1n;
    const start = performance.now();
    for (const [operations, memory] of [
      [max, max],
      [max, 1024n],
      [max, 0n],
      [0n, max],
      [2n ** 40n, 2n ** 30n],
      [2n ** 26n, 2n ** 31n],
      [2n ** 25n, 2n ** 29n],
    ] as const) {
      await assert.rejects(
        openMinisignSecretKey(bomb(operations, memory), { password: "x", maxScryptWorkFactor: 18 }),
        (error) => error instanceof SealtraceError && error.code !== "SEALTRACE_USAGE",
        `${operations} ${memory}`,
      );
    }
    assert.ok(performance.now() - start < 2000);
  });

  it("that are none, or were changed, are refused", async () => {
    const [comment, base64] = pair.secretKey.split("\n") as [string, string];
    const bytes = Buffer.from(base64, "base64");
    const text = (changed: Uint8Array): string => `${comment}\n${Buffer.from(changed).toString("base64")}\n`;
    // Algorithm, kinds, and the pair; the rest means nothing without a password, and the number alone changes the number.
    for (const i of [0, 1, 2, 3, 4, 5, 62, 93, 94, 125, 126, 157]) {
      const changed = Buffer.from(bytes);
      changed[i] = (changed[i] as number) ^ 1;
      await assert.rejects(openMinisignSecretKey(text(changed)), sealtraceError("SEALTRACE_KEY_INVALID"), `byte ${i}`);
    }
    for (const bad of [
      "",
      pair.publicKey,
      base64,
      `${pair.secretKey}x`,
      text(bytes.subarray(1)),
      text(randomBytes(158)),
    ]) {
      await assert.rejects(openMinisignSecretKey(bad), sealtraceError("SEALTRACE_KEY_INVALID"), bad);
    }
    for (const bad of [
      "",
      "RW",
      pair.secretKey,
      pair.publicKey.replace("untrusted", "trusted"),
      `${pair.publicKey}${pair.publicKey}`,
    ]) {
      assert.throws(() => parseMinisignPublicKey(bad), sealtraceError("SEALTRACE_KEY_INVALID"), bad);
      await assert.rejects(verifyMinisign(content, signature, bad), sealtraceError("SEALTRACE_KEY_INVALID"));
    }
  });
});
