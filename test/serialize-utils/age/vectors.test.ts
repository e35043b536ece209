/** Age's published test vectors (C2SP/CCTV), each fed whole and byte by byte; the long ones in pieces that fit no border. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";
import { inflateSync } from "node:zlib";
import * as vectors from "cctv-age";
import { SealtraceError, type SealtraceErrorCode } from "../../../src/record/index.ts";
import { decryptAge, decryptAgeStream, type AgeDecryption } from "../../../src/serialize-utils/index.ts";
import { bytewise } from "../../support/pieces.ts";

interface Vector {
  readonly expected: string;
  readonly payload: string | undefined;
  readonly options: AgeDecryption;
  readonly file: Buffer;
}

function parse(bytes: Uint8Array): Vector {
  const all = Buffer.from(bytes);
  const split = all.indexOf("\n\n");
  const fields = all
    .toString("utf8", 0, split)
    .split("\n")
    .map((line) => line.split(": ", 2) as [string, string]);
  const valuesOf = (name: string): string[] => fields.filter(([key]) => key === name).map(([, value]) => value);
  const file = all.subarray(split + 2);
  const [passphrase] = valuesOf("passphrase");
  const identities = valuesOf("identity");
  const options =
    passphrase === undefined && identities.length === 0 ? { passphrase: "none" } : { identities, passphrase };
  return {
    expected: valuesOf("expect")[0] as string,
    payload: valuesOf("payload")[0],
    options,
    file: valuesOf("compressed")[0] === "zlib" ? inflateSync(file) : file,
  };
}

/** What each kind of failure may be called here: the vectors don't tell truncation and limits from other failures. */
const CODES: Readonly<Record<string, readonly SealtraceErrorCode[]>> = {
  "no match": ["SEALTRACE_DECRYPTION_FAILED"],
  "HMAC failure": ["SEALTRACE_DECRYPTION_FAILED"],
  "header failure": ["SEALTRACE_INVALID_DATA", "SEALTRACE_DATA_TRUNCATED", "SEALTRACE_LIMIT_EXCEEDED"],
  "armor failure": ["SEALTRACE_INVALID_DATA", "SEALTRACE_DATA_TRUNCATED", "SEALTRACE_DATA_TRAILING"],
  "payload failure": [
    "SEALTRACE_DECRYPTION_FAILED",
    "SEALTRACE_DATA_TRUNCATED",
    "SEALTRACE_DATA_TRAILING",
    "SEALTRACE_INVALID_DATA",
  ],
};

describe("age's test vectors", () => {
  const names = Object.keys(vectors);

  it("are all there", () => {
    assert.equal(names.length, 143);
  });

  for (const name of names) {
    const { expected, payload, options, file } = parse(vectors[name] as Uint8Array);

    it(`${name}: ${expected}`, async () => {
      const outcomes = [];
      const feeds: readonly Iterable<Uint8Array>[] = [[file], file.length < 70_000 ? bytewise(file) : oddPieces(file)];
      for (const source of feeds) {
        const digest = createHash("sha256");
        const outcome = await consume(decryptAgeStream(source, options), digest);
        if (payload !== undefined) assert.equal(digest.digest("hex"), payload);
        if (expected === "success") assert.equal(outcome, "whole");
        else assert.ok(outcome instanceof SealtraceError && CODES[expected]?.includes(outcome.code), String(outcome));
        outcomes.push(String(outcome));
      }
      assert.equal(new Set(outcomes).size, 1, outcomes.join("\n"));
    });

    it(`${name}, in one piece`, async () => {
      if (expected !== "success") await assert.rejects(decryptAge(file, options), SealtraceError);
      else
        assert.equal(
          createHash("sha256")
            .update(await decryptAge(file, options))
            .digest("hex"),
          payload,
        );
    });
  }
});

function* oddPieces(bytes: Uint8Array): Generator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += 251) yield bytes.subarray(start, start + 251);
}

async function consume(
  pieces: AsyncIterable<Uint8Array>,
  digest: { update(piece: Uint8Array): unknown },
): Promise<unknown> {
  try {
    for await (const piece of pieces) digest.update(piece);
    return "whole";
  } catch (error) {
    return error;
  }
}
