/** Envelopes of DSSE: a payload that is taken must be the one that was signed. */
import assert from "node:assert/strict";
import { createPrivateKey, createPublicKey } from "node:crypto";
import { SealtraceError } from "../../src/record/index.ts";
import { signDsse, verifyDsse } from "../../src/serialize-utils/index.ts";

export const name = "dsse";

/** RFC 8032 section 7.1, TEST 1. */
const KEY = createPrivateKey({
  key: Buffer.from(
    "302e020100300506032b6570042204209d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
    "hex",
  ),
  format: "der",
  type: "pkcs8",
});
const PAYLOAD = Buffer.from("what was signed");
const TYPE = "application/vnd.sealtrace.fuzz";

export function seeds(): Uint8Array[] {
  return [Buffer.from(signDsse(PAYLOAD, TYPE, [{ key: KEY }, { key: KEY, keyid: "again" }]))];
}

export function run(bytes: Uint8Array): void {
  try {
    const text = Buffer.from(bytes).toString("utf8");
    const { payload } = verifyDsse(text, {
      keys: [{ key: createPublicKey(KEY) }],
      payloadType: TYPE,
      maxBytes: 100_000,
    });
    assert.deepEqual(payload, PAYLOAD);
  } catch (error) {
    if (!(error instanceof SealtraceError)) throw error;
  }
}
