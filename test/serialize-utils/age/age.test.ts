import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  ageRecipientOf,
  decryptAge,
  decryptAgeStream,
  encryptAge,
  encryptAgeStream,
  generateAgeIdentity,
  type AgeEncryption,
} from "../../../src/serialize-utils/index.ts";
import { bytewise } from "../../support/pieces.ts";
import { sealtraceError } from "../../support/rejections.ts";

const identity = await generateAgeIdentity();
const recipient = await ageRecipientOf(identity);
const hybrid = await generateAgeIdentity({ hybrid: true });
const hybridRecipient = await ageRecipientOf(hybrid);
const CHUNK = 65_536;
/** Cheap, for tests. */
const PASSPHRASE: AgeEncryption = { passphrase: "correct horse", scryptWorkFactor: 10 };

async function concat(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(pieces));
}

describe("age", () => {
  it("gives back what was encrypted, of every size around a chunk", async () => {
    for (const size of [
      0,
      1,
      15,
      16,
      17,
      CHUNK - 17,
      CHUNK - 1,
      CHUNK,
      CHUNK + 1,
      2 * CHUNK - 1,
      2 * CHUNK,
      3 * CHUNK + 5,
    ]) {
      for (const armor of [false, true]) {
        const plain = randomBytes(size);
        const encrypted = await encryptAge(plain, { recipients: [recipient], armor });
        assert.deepEqual(await decryptAge(encrypted, { identities: [identity] }), plain, `${size} ${armor}`);
      }
    }
  });

  it("opens for each of several recipients, and for nobody else", async () => {
    const others = await Promise.all([generateAgeIdentity(), generateAgeIdentity()]);
    const recipients = [recipient, await ageRecipientOf(others[0])];
    const encrypted = await encryptAge(Buffer.from("x"), { recipients });
    assert.equal(String(await decryptAge(encrypted, { identities: [identity] })), "x");
    assert.equal(String(await decryptAge(encrypted, { identities: [others[1], others[0]] })), "x");
    await assert.rejects(
      decryptAge(encrypted, { identities: [others[1]] }),
      sealtraceError("SEALTRACE_DECRYPTION_FAILED", /None of the identities opens it.*X25519/),
    );
  });

  it("is post-quantum on request, and never by half", async () => {
    assert.match(hybrid, /^AGE-SECRET-KEY-PQ-1/);
    assert.match(hybridRecipient, /^age1pq1/);
    const encrypted = await encryptAge(Buffer.from("x"), { recipients: [hybridRecipient] });
    assert.equal(String(await decryptAge(encrypted, { identities: [identity, hybrid] })), "x");
    await assert.rejects(
      encryptAge(Buffer.from("x"), { recipients: [hybridRecipient, recipient] }),
      sealtraceError("SEALTRACE_USAGE", /can't be mixed/),
    );
  });

  it("takes a passphrase, in any language, instead of recipients", async () => {
    const encrypted = await encryptAge(Buffer.from("x"), { ...PASSPHRASE, passphrase: "päss\u{1F511}" });
    assert.equal(String(await decryptAge(encrypted, { passphrase: "päss\u{1F511}" })), "x");
    assert.equal(String(await decryptAge(encrypted, { identities: [identity], passphrase: "päss\u{1F511}" })), "x");
    await assert.rejects(
      decryptAge(encrypted, { passphrase: "pass" }),
      sealtraceError("SEALTRACE_DECRYPTION_FAILED", /The passphrase is wrong/),
    );
    await assert.rejects(
      decryptAge(encrypted, { identities: [identity] }),
      sealtraceError("SEALTRACE_DECRYPTION_FAILED", /encrypted with a passphrase/),
    );
    await assert.rejects(
      decryptAge(await encryptAge(Buffer.from("x"), { recipients: [recipient] }), { passphrase: "pass" }),
      sealtraceError("SEALTRACE_DECRYPTION_FAILED", /for recipients.*give an identity/),
    );
  });

  it("says what is wrong with how it is called", async () => {
    const x = Buffer.from("x");
    const usage = sealtraceError("SEALTRACE_USAGE");
    await assert.rejects(encryptAge(x, {}), usage);
    await assert.rejects(encryptAge(x, { recipients: [] }), usage);
    await assert.rejects(encryptAge(x, { recipients: [recipient], passphrase: "y" }), usage);
    await assert.rejects(encryptAge(x, { passphrase: "" }), usage);
    for (const scryptWorkFactor of [9, 23, 10.5, NaN]) {
      await assert.rejects(encryptAge(x, { passphrase: "y", scryptWorkFactor }), usage);
    }
    await assert.rejects(decryptAge(x, {}), sealtraceError("SEALTRACE_INVALID_DATA"));
    await assert.rejects(decryptAge(await encryptAge(x, PASSPHRASE), {}), usage);
    await assert.rejects(concat(decryptAgeStream(["text"] as never, { identities: [identity] })), usage);
  });

  it("never encrypts twice alike", async () => {
    const [a, b] = await Promise.all([1, 2].map(() => encryptAge(Buffer.from("x"), { recipients: [recipient] })));
    assert.notDeepEqual(a, b);
  });

  it("property: any bytes, in any pieces, armored or not", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 300, size: "max" }),
        fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1 }),
        fc.boolean(),
        async (plain, sizes, armor) => {
          const encrypted = await concat(encryptAgeStream(inPieces(plain, sizes), { recipients: [recipient], armor }));
          const decrypted = await concat(decryptAgeStream(inPieces(encrypted, sizes), { identities: [identity] }));
          assert.deepEqual(new Uint8Array(decrypted), plain);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe("a stream of age", () => {
  it("is the same in whatever pieces it comes", async () => {
    const plain = randomBytes(CHUNK + 1000);
    const encrypted = await encryptAge(plain, { recipients: [recipient] });
    for (const sizes of [[1000, 1], [CHUNK], [CHUNK + 16], [7, 65_537]]) {
      assert.deepEqual(await concat(decryptAgeStream(inPieces(encrypted, sizes), { identities: [identity] })), plain);
      const again = await concat(encryptAgeStream(inPieces(plain, sizes), { recipients: [recipient] }));
      assert.deepEqual(await decryptAge(again, { identities: [identity] }), plain);
    }
    const small = await encryptAge(Buffer.from("small"), { recipients: [recipient], armor: true });
    assert.equal(String(await concat(decryptAgeStream(bytewise(small), { identities: [identity] }))), "small");
  });

  it("hands out each chunk before the next has come, in both directions", async () => {
    let pulled = 0;
    function* endless(): Generator<Uint8Array> {
      for (;;) {
        pulled += 1;
        yield Buffer.alloc(CHUNK, pulled);
      }
    }
    let got = 0;
    for await (const piece of decryptAgeStream(encryptAgeStream(endless(), { recipients: [recipient] }), {
      identities: [identity],
    })) {
      got += 1;
      assert.deepEqual(piece, Buffer.alloc(CHUNK, got));
      assert.ok(pulled <= got + 3, `${pulled} pieces were read for ${got}`);
      if (got === 50) break;
    }
    assert.equal(got, 50);
  });

  it("closes its source when nobody wants more, and passes its errors on", async () => {
    let closed = false;
    function* source(): Generator<Uint8Array> {
      try {
        for (;;) yield Buffer.alloc(CHUNK);
      } finally {
        closed = true;
      }
    }
    for await (const piece of encryptAgeStream(source(), { recipients: [recipient] })) if (piece.length > 1000) break;
    assert.equal(closed, true);
    const broken = new Error("broken pipe");
    function* failing(): Generator<Uint8Array> {
      yield Buffer.from("x");
      throw broken;
    }
    await assert.rejects(concat(encryptAgeStream(failing(), { recipients: [recipient] })), broken);
    await assert.rejects(concat(decryptAgeStream(failing(), { identities: [identity] })), broken);
  });

  it("has no limits unless they are given; what is whole has", async () => {
    const encrypted = await encryptAge(Buffer.alloc(3 * CHUNK), { recipients: [recipient] });
    const options = { identities: [identity], maxBytes: 2 * CHUNK };
    await assert.rejects(decryptAge(encrypted, options), sealtraceError("SEALTRACE_LIMIT_EXCEEDED", /maxBytes/));
    await assert.rejects(concat(decryptAgeStream([encrypted], options)), sealtraceError("SEALTRACE_LIMIT_EXCEEDED"));
    await assert.rejects(
      decryptAge(encrypted, { identities: [identity], maxMilliseconds: 0 }),
      sealtraceError("SEALTRACE_LIMIT_EXCEEDED", /maxMilliseconds/),
    );
    assert.equal((await decryptAge(encrypted, { ...options, maxBytes: 3 * CHUNK })).length, 3 * CHUNK);
  });
});

function* inPieces(bytes: Uint8Array, sizes: readonly number[]): Generator<Uint8Array> {
  for (let start = 0, i = 0; start < bytes.length; i += 1) {
    const size = sizes[i % sizes.length] as number;
    yield bytes.subarray(start, start + size);
    start += size;
  }
}
