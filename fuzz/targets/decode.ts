import assert from "node:assert/strict";
import { SealtraceError } from "../../src/record/index.ts";
import {
  ageRecipientOf,
  decode,
  encode,
  generateAgeIdentity,
  generateMinisignKey,
  salvage,
} from "../../src/serialize-utils/index.ts";

export const name = "decode";

const identity = await generateAgeIdentity();
const { secretKey, publicKey } = await generateMinisignKey();
const VALUE = [{ amount: 1, tags: ["a"] }, "two", null];
const LIMITS = { maxDepth: 32, maxBytes: 64 * 1024, maxValues: 10_000, maxMilliseconds: 5_000 };
/** The first byte of an input chooses. */
const PIPELINES = [".json", ".ndjson", ".yaml", ".json.zst", ".ndjson.gz", ".json.br", ".ndjson.zst.age", ".json.age"];
const signed = await encode(VALUE, { suffix: ".json.zst", sign: secretKey });

export async function seeds(): Promise<Uint8Array[]> {
  const recipients = [await ageRecipientOf(identity)];
  return Promise.all(
    PIPELINES.map(async (suffix, i) => {
      const { bytes } = await encode(VALUE, { suffix, ...(suffix.endsWith(".age") ? { recipients } : {}) });
      return Buffer.concat([Buffer.of(i), bytes]);
    }),
  );
}

export async function run(input: Uint8Array): Promise<string> {
  const suffix = PIPELINES[(input[0] ?? 0) % PIPELINES.length] as string;
  const bytes = input.subarray(1);
  const options = { suffix, ...LIMITS, ...(suffix.endsWith(".age") ? { identities: [identity] } : {}) };
  try {
    const { losses, value } = await salvage(bytes, options);
    if (losses.length === 0) assert.deepEqual(value, await decode(bytes, options));
  } catch (error) {
    if (!(error instanceof SealtraceError)) throw error;
  }
  try {
    if (!signed.bytes.equals(bytes)) {
      const { signature } = signed;
      await assert.rejects(decode(bytes, { suffix: ".json.zst", ...LIMITS, publicKey, signature }), {
        code: /^SEALTRACE_(SIGNATURE_INVALID|LIMIT_EXCEEDED)$/,
      });
    }
    const value = await decode(bytes, options);
    const again = await encode(value, { suffix: ".json" });
    assert.deepEqual(await decode(again.bytes, { suffix: ".json" }), value);
    return `${suffix} accepted`;
  } catch (error) {
    if (error instanceof SealtraceError) return `${suffix} ${error.stage ?? ""} ${error.code}`;
    throw error;
  }
}
