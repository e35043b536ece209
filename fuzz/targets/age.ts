/** Age files, armored and not: what opens must be what was sealed, since nobody without the key can have made anything else. */
import assert from "node:assert/strict";
import { SealtraceError } from "../../src/record/index.ts";
import { ageRecipientOf, decryptAge, decryptAgeStream, encryptAge } from "../../src/serialize-utils/index.ts";

export const name = "age";

/** Fixed, so that a finding stays one. */
const IDENTITY = "AGE-SECRET-KEY-12PTTAXZ7H072E5CHAG7C2Q5UKJ24MRUHR4XCJR6H3F6XQ4Z72DPQ5QVX8S";
const PASSPHRASE = "fuzz";
const PLAIN = Buffer.from("what was sealed");
const OPTIONS = {
  identities: [IDENTITY],
  passphrase: PASSPHRASE,
  maxScryptWorkFactor: 10,
  maxHeaderBytes: 4096,
  maxBytes: 4096,
  maxMilliseconds: 5000,
};

export async function seeds(): Promise<Uint8Array[]> {
  const recipients = [await ageRecipientOf(IDENTITY)];
  const byRecipient = { recipients };
  const byPassphrase = { passphrase: PASSPHRASE, scryptWorkFactor: 10 };
  return Promise.all(
    [byRecipient, { ...byRecipient, armor: true }, byPassphrase, { ...byPassphrase, armor: true }].map((options) =>
      encryptAge(PLAIN, options),
    ),
  );
}

export async function run(bytes: Uint8Array): Promise<string> {
  const whole = await outcome(decryptAge(bytes, OPTIONS));
  const half = bytes.length >> 1;
  const pieces = [bytes.subarray(0, half), bytes.subarray(half)];
  const streamed = await outcome(Array.fromAsync(decryptAgeStream(pieces, OPTIONS)).then(Buffer.concat));
  if (typeof whole === "string" && typeof streamed === "string") {
    assert.equal(codeOf(streamed), codeOf(whole));
    return whole;
  }
  assert.deepEqual(streamed, whole);
  assert.deepEqual(whole, PLAIN);
  return "opened";
}

async function outcome(work: Promise<Buffer>): Promise<Buffer | string> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof SealtraceError) return `${error.code}: ${error.message}`;
    throw error;
  }
}

function codeOf(outcome: string): string | undefined {
  return outcome.split(":")[0];
}
