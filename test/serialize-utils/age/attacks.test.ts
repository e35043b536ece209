/** What somebody may try who can write age files, or change those of others. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe, it } from "node:test";
import { Stanza } from "age-encryption";
import fc from "fast-check";
import { SealtraceError, type SealtraceErrorCode } from "../../../src/record/index.ts";
import {
  ageRecipientOf,
  decryptAge,
  decryptAgeStream,
  encryptAge,
  generateAgeIdentity,
} from "../../../src/serialize-utils/index.ts";
import { chunksOf, craft } from "../../support/age-files.ts";
import { bytewise } from "../../support/pieces.ts";
import { sealtraceError } from "../../support/rejections.ts";

const identity = await generateAgeIdentity();
const recipient = await ageRecipientOf(identity);
const options = { identities: [identity] };
const CHUNK = 65_536;

/** The code with which it is refused, and what was handed out before. */
async function refusal(bytes: Uint8Array): Promise<{ code: SealtraceErrorCode; message: string; released: number }> {
  let released = 0;
  try {
    for await (const piece of decryptAgeStream([bytes], options)) released += piece.length;
  } catch (error) {
    if (error instanceof SealtraceError) return { code: error.code, message: error.message, released };
    throw error;
  }
  throw new assert.AssertionError({ message: "It was accepted." });
}

describe("an age file that was changed", () => {
  it("is refused whichever bit was flipped", async () => {
    const encrypted = await encryptAge(Buffer.from("a small secret"), { recipients: [recipient] });
    for (let i = 0; i < encrypted.length; i += 1) {
      for (const bit of [1, 0x80]) {
        const changed = Buffer.from(encrypted);
        changed[i] = (changed[i] as number) ^ bit;
        const { released } = await refusal(changed);
        assert.equal(released, 0, `byte ${i}`);
      }
    }
  });

  it("is refused wherever it is cut, and nothing of a cut chunk is handed out", async () => {
    const plain = randomBytes(2 * CHUNK + 100);
    const { whole, header, chunks } = await craft(recipient, chunksOf(plain));
    assert.deepEqual(await decryptAge(whole, options), plain);
    const start = header.length + 16;
    const borders = chunks.map((_, i) => start + i * (CHUNK + 16));
    for (const border of borders) {
      assert.deepEqual((await refusal(whole.subarray(0, border))).code, "SEALTRACE_DATA_TRUNCATED", `at ${border}`);
    }
    for (let length = 0; length < start; length += 1) {
      assert.equal((await refusal(whole.subarray(0, length))).code, "SEALTRACE_DATA_TRUNCATED", `at ${length}`);
    }
    for (const border of borders) {
      for (const length of [border + 1, border + 15]) {
        assert.equal((await refusal(whole.subarray(0, length))).code, "SEALTRACE_DATA_TRUNCATED", `at ${length}`);
      }
      // From here on a part of a chunk can't be told from a changed one.
      const { code, message, released } = await refusal(whole.subarray(0, border + 16));
      assert.deepEqual(
        [code, released],
        ["SEALTRACE_DECRYPTION_FAILED", border === start ? 0 : ((border - start) / (CHUNK + 16)) * CHUNK],
      );
      assert.match(message, /changed, cut off or added to/);
    }
  });

  it("is refused with its chunks in another order, repeated, left out, or those of another file", async () => {
    const plain = randomBytes(3 * CHUNK + 100);
    const file = await craft(recipient, chunksOf(plain));
    const other = await craft(recipient, chunksOf(plain));
    const [a, b, c, d] = file.chunks as [Buffer, Buffer, Buffer, Buffer];
    const withChunks = (...chunks: Buffer[]): Buffer => Buffer.concat([file.header, file.nonce, ...chunks]);
    assert.deepEqual(await decryptAge(withChunks(a, b, c, d), options), plain);
    const foreign = other.chunks[1] as Buffer;
    for (const [chunks, released] of [
      [[b, a, c, d], 0],
      [[a, c, b, d], CHUNK],
      [[a, a, b, c, d], CHUNK],
      [[a, c, d], CHUNK],
      [[b, c, d], 0],
      [[a, b, d], 2 * CHUNK],
      [[d], 0],
      [[a, foreign, c, d], CHUNK],
      [[a, b, c, d, d], 3 * CHUNK],
      [[a, b, c, d, a], 3 * CHUNK],
    ] as const) {
      const found = await refusal(withChunks(...chunks));
      assert.deepEqual([found.code, found.released], ["SEALTRACE_DECRYPTION_FAILED", released]);
    }
    const otherNonce = Buffer.concat([file.header, other.nonce, a, b, c, d]);
    assert.equal((await refusal(otherNonce)).code, "SEALTRACE_DECRYPTION_FAILED");
  });

  it("says what follows after its end where that can be known", async () => {
    const full = await encryptAge(randomBytes(CHUNK), { recipients: [recipient] });
    const short = await encryptAge(Buffer.from("short"), { recipients: [recipient] });
    for (const [bytes, code] of [
      [Buffer.concat([full, Buffer.from("x")]), "SEALTRACE_DATA_TRAILING"],
      [Buffer.concat([full, randomBytes(100)]), "SEALTRACE_DATA_TRAILING"],
      [Buffer.concat([full, short]), "SEALTRACE_DATA_CONCATENATED"],
      [Buffer.concat([full, full]), "SEALTRACE_DATA_CONCATENATED"],
      [Buffer.concat([short, short]), "SEALTRACE_DATA_CONCATENATED"],
      [Buffer.concat([short, full, full]), "SEALTRACE_DATA_CONCATENATED"],
      // The end of a chunk that isn't full lies where its bytes end.
      [Buffer.concat([short, Buffer.from("x")]), "SEALTRACE_DECRYPTION_FAILED"],
    ] as const) {
      assert.equal((await refusal(bytes)).code, code);
      await assert.rejects(
        Array.fromAsync(decryptAgeStream(bytes.length < 3000 ? bytewise(bytes) : halves(bytes), options)),
        sealtraceError(code),
      );
    }
  });

  it("is refused with an empty last chunk after others, and with one that goes on after the last", async () => {
    const x = Buffer.alloc(CHUNK, 1);
    const empty = await craft(recipient, [
      { bytes: x, number: 0, last: false },
      { bytes: Buffer.alloc(0), number: 1, last: true },
    ]);
    const found = await refusal(empty.whole);
    assert.deepEqual([found.code, found.released], ["SEALTRACE_INVALID_DATA", CHUNK]);
    const short = await craft(recipient, [
      { bytes: x.subarray(1), number: 0, last: false },
      { bytes: Buffer.from("y"), number: 1, last: true },
    ]);
    assert.equal((await refusal(short.whole)).released, 0);
    const unfinished = await craft(recipient, [{ bytes: Buffer.from("y"), number: 0, last: false }]);
    assert.equal((await refusal(unfinished.whole)).code, "SEALTRACE_DATA_TRUNCATED");
  });
});

describe("an age header that means harm", () => {
  it("can't make anybody derive a costly key", async () => {
    const bomb = (workFactor: string): Buffer =>
      Buffer.from(
        `age-encryption.org/v1\n-> scrypt ${"A".repeat(22)} ${workFactor}\n${"A".repeat(43)}\n--- ${"A".repeat(43)}\n${"x".repeat(64)}`,
      );
    const start = performance.now();
    for (const workFactor of ["21", "22", "63", "64", "100", "999"]) {
      await assert.rejects(
        decryptAge(bomb(workFactor), { passphrase: "x" }),
        sealtraceError("SEALTRACE_LIMIT_EXCEEDED", /maxScryptWorkFactor/),
      );
    }
    for (const workFactor of ["0", "-1", "01", "1e1", "18 ", "9999", "0x10"]) {
      await assert.rejects(decryptAge(bomb(workFactor), { passphrase: "x" }), sealtraceError("SEALTRACE_INVALID_DATA"));
    }
    await assert.rejects(
      decryptAge(bomb("11"), { passphrase: "x", maxScryptWorkFactor: 10 }),
      sealtraceError("SEALTRACE_LIMIT_EXCEEDED"),
    );
    // Who has no passphrase does not even look at it.
    await assert.rejects(decryptAge(bomb("20"), options), sealtraceError("SEALTRACE_DECRYPTION_FAILED"));
    assert.ok(performance.now() - start < 5000);
  });

  it("can't be endless, nor cost more than its size", async () => {
    const line = `-> X25519 ${"A".repeat(43)}\n${"A".repeat(43)}\n`;
    const flood = Buffer.from(`age-encryption.org/v1\n${line.repeat(3000)}`);
    const limit = sealtraceError("SEALTRACE_LIMIT_EXCEEDED", /maxHeaderBytes/);
    await assert.rejects(decryptAge(flood, options), limit);
    function* endless(): Generator<Uint8Array> {
      yield Buffer.from("age-encryption.org/v1\n-> ");
      for (;;) yield Buffer.alloc(1000, "x");
    }
    await assert.rejects(Array.fromAsync(decryptAgeStream(endless(), options)), limit);
    function* lines(): Generator<Uint8Array> {
      yield Buffer.from("age-encryption.org/v1\n");
      for (;;) yield Buffer.alloc(1000, "\n");
    }
    await assert.rejects(Array.fromAsync(decryptAgeStream(lines(), options)), limit);
    await assert.rejects(
      decryptAge(Buffer.concat([Buffer.from("age-encryption.org/v1\n"), Buffer.alloc(30_000_000, "\n")]), options),
      limit,
    );
    const start = performance.now();
    const stanzas = Array.from(
      { length: 1900 },
      () => new Stanza(["X25519", randomBytes(32).toString("base64").replace(/=+$/, "")], randomBytes(32)),
    );
    const many = await craft(recipient, chunksOf(Buffer.from("x")), stanzas);
    assert.equal(String(await decryptAge(many.whole, options)), "x");
    assert.ok(performance.now() - start < 10_000);
  });

  it("is told from what is no age file at all, without reading that to its end", async () => {
    for (const bytes of ["", "age-encryption.org/"]) {
      await assert.rejects(decryptAge(Buffer.from(bytes), options), sealtraceError("SEALTRACE_DATA_TRUNCATED"));
    }
    for (const bytes of ["hello\nworld", "age-encryption.org/v1\r\n", "Age-encryption.org/v1\n", "{}", "\0"]) {
      await assert.rejects(
        decryptAge(Buffer.from(bytes), options),
        sealtraceError("SEALTRACE_INVALID_DATA", /begins otherwise/),
      );
    }
    await assert.rejects(
      decryptAge(Buffer.from("age-encryption.org/v2\n"), options),
      sealtraceError("SEALTRACE_INVALID_DATA", /version v2/),
    );
    let pulled = 0;
    function* endless(): Generator<Uint8Array> {
      for (;;) {
        pulled += 1;
        yield Buffer.alloc(10_000, "x");
      }
    }
    await assert.rejects(
      Array.fromAsync(decryptAgeStream(endless(), options)),
      sealtraceError("SEALTRACE_INVALID_DATA"),
    );
    assert.ok(pulled < 30, String(pulled));
  });

  it("can't mix a passphrase with recipients, of whom one then could pass for the sender", async () => {
    const scrypt = new Stanza(["scrypt", "A".repeat(22), "10"], randomBytes(32));
    const mixed = await craft(recipient, chunksOf(Buffer.from("x")), [scrypt]);
    await assert.rejects(
      decryptAge(mixed.whole, options),
      sealtraceError("SEALTRACE_INVALID_DATA", /mixes a passphrase/),
    );
    await assert.rejects(decryptAge(mixed.whole, { passphrase: "x" }), sealtraceError("SEALTRACE_INVALID_DATA"));
  });
});

describe("armor", () => {
  it("has one spelling only", async () => {
    const armored = String(await encryptAge(Buffer.alloc(100), { recipients: [recipient], armor: true }));
    const lines = armored.split("\n");
    for (const good of [armored.replaceAll("\n", "\r\n"), `\n \t\n${armored}\n\n`, armored.trimEnd()]) {
      assert.equal((await decryptAge(Buffer.from(good), options)).length, 100);
    }
    for (const [bad, code] of [
      [armored.replace("BEGIN AGE", "BEGIN PGP"), "SEALTRACE_INVALID_DATA"],
      [` ${armored}`, "SEALTRACE_INVALID_DATA"],
      [armored.replace("\n", "\n\n"), "SEALTRACE_INVALID_DATA"],
      [armored.replace("\n", "\nVersion: 1\n"), "SEALTRACE_INVALID_DATA"],
      [lines.toSpliced(2, 1, (lines[2] as string).slice(0, 60)).join("\n"), "SEALTRACE_INVALID_DATA"],
      [lines.toSpliced(2, 1, `${lines[2] as string}AAAA`).join("\n"), "SEALTRACE_INVALID_DATA"],
      [lines.toSpliced(2, 1, `${(lines[2] as string).slice(0, 63)}*`).join("\n"), "SEALTRACE_INVALID_DATA"],
      [lines.slice(0, -2).join("\n"), "SEALTRACE_DATA_TRUNCATED"],
      ["-----BEGIN AGE ENCRYPTED FILE-----\n", "SEALTRACE_DATA_TRUNCATED"],
      [`${armored}x`, "SEALTRACE_DATA_TRAILING"],
      [armored + armored, "SEALTRACE_DATA_CONCATENATED"],
      [`${"\n".repeat(2000)}${armored}`, "SEALTRACE_INVALID_DATA"],
      [`${armored}${"\n".repeat(2000)}`, "SEALTRACE_INVALID_DATA"],
      [`${armored}${" ".repeat(2000)}`, "SEALTRACE_INVALID_DATA"],
    ] as const) {
      await assert.rejects(decryptAge(Buffer.from(bad), options), sealtraceError(code), bad);
      await assert.rejects(
        Array.fromAsync(decryptAgeStream(bytewise(Buffer.from(bad)), options)),
        sealtraceError(code),
        bad,
      );
    }
  });
});

it("property: whatever the bytes, only a SealtraceError is thrown", async () => {
  const seeds = await Promise.all(
    [false, true].map((armor) => encryptAge(Buffer.from("seed"), { recipients: [recipient], armor })),
  );
  const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(fc.uint8Array(), fc.tuple(fc.constantFrom(...seeds), changes, fc.nat())),
      async (input) => {
        const bytes = input instanceof Uint8Array ? input : changed(...input);
        await decryptAge(bytes, options).catch((error: unknown) => {
          if (!(error instanceof SealtraceError)) throw error;
        });
      },
    ),
    { numRuns: 300 },
  );
});

function changed(seed: Uint8Array, changes: readonly (readonly [number, number])[], cut: number): Uint8Array {
  const bytes = Uint8Array.from(seed);
  for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
  return cut % 4 === 0 ? bytes.subarray(0, cut % bytes.length) : bytes;
}

function* halves(bytes: Uint8Array): Generator<Uint8Array> {
  yield bytes.subarray(0, bytes.length >> 1);
  yield bytes.subarray(bytes.length >> 1);
}
