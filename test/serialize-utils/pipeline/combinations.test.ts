/** Every format with every compression, encryption and signature; whole and, where the format allows it, as a stream. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  COMPRESSIONS,
  decode,
  decodeStream,
  encode,
  encodeStream,
  FORMAT_NAMES,
  type FormatName,
} from "../../../src/serialize-utils/index.ts";
import { gathered, inPieces } from "../compression/pieces.ts";
import { newKeys } from "./keys.ts";

const RECORDS = Array.from({ length: 3_000 }, (_, i) => ({
  id: i,
  name: `user ${i}`,
  tags: ["a", "\u{1f600}"],
  at: null,
}));
/** Of each format, something small and something larger than what is done at once. */
const VALUES: Readonly<Partial<Record<FormatName, readonly unknown[]>>> = {
  text: ["", "text\r\n", "larger ".repeat(20_000)],
  binary: [Buffer.alloc(0), Buffer.of(0, 255), Buffer.alloc(100_000, "abc")],
  ndjson: [[], [1, "two", { three: [3] }], RECORDS],
};
const ANY = [null, { a: [1, { b: "\u00e9" }] }, RECORDS.slice(0, 1_500)];
const keys = await newKeys();

const ENCRYPTIONS = [
  { name: "no encryption", to: {}, from: {} },
  { name: "age for a recipient", to: { recipients: [keys.recipient] }, from: { identities: [keys.identity] } },
  {
    name: "age by passphrase",
    to: { passphrase: "correct horse", scryptWorkFactor: 10 },
    from: { passphrase: "correct horse" },
  },
];

for (const format of FORMAT_NAMES) {
  describe(format, () => {
    for (const compress of [undefined, ...COMPRESSIONS]) {
      for (const encryption of ENCRYPTIONS) {
        for (const isSigned of [false, true]) {
          it(`${compress ?? "uncompressed"}, ${encryption.name}, ${isSigned ? "signed" : "unsigned"}`, async () => {
            const sign = isSigned ? keys.secretKey : undefined;
            const publicKey = isSigned ? keys.publicKey : undefined;
            const claims = isSigned ? { name: "a", schemaName: "s-1", generation: 3 } : {};
            for (const value of VALUES[format] ?? ANY) {
              const encoded = await encode(value, { format, compress, level: 1, ...encryption.to, sign, ...claims });
              const { bytes, suffix, signature } = encoded;
              const decoding = { ...encryption.from, publicKey, signature, ...claims };
              assert.deepEqual(await decode(bytes, { format, compress, ...decoding }), value);
              assert.deepEqual(await decode(bytes, { suffix, ...decoding }), value, "by its suffix");
              if (VALUES[format] === undefined) continue;

              const stream = encodeStream(asStream(value), { suffix, level: 1, ...encryption.to, sign, ...claims });
              const streamed = await gathered(stream);
              const decodingStream = { ...decoding, signature: isSigned ? stream.signature : undefined };
              assert.deepEqual(await decode(streamed, { suffix, ...decodingStream }), value, "what was streamed");
              const open = (): AsyncIterable<Uint8Array> => inPieces(streamed, 9_999);
              const parts = await Array.fromAsync(decodeStream(open, { suffix, ...decodingStream }));
              assert.deepEqual(whole(format, parts), value, "as a stream");
            }
          });
        }
      }
    }
  });
}

function asStream(value: unknown): Iterable<unknown> {
  return Array.isArray(value) ? (value as readonly unknown[]) : [value];
}

function whole(format: FormatName, parts: readonly unknown[]): unknown {
  switch (format) {
    case "text":
      return parts.join("");
    case "binary":
      return Buffer.concat(parts as readonly Buffer[]);
    default:
      return parts;
  }
}
