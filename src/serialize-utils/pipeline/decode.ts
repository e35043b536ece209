import { checkBytes } from "../content-argument.ts";
import { decryptAge } from "../age/decrypt.ts";
import type { AgeDecryption } from "../age/options.ts";
import { SealtraceError } from "../../record/index.ts";
import {
  decompress,
  decompressStream,
  type CompressionName,
  type DecompressionOptions,
} from "../compression/compression.ts";
import { formatOf } from "../formats.ts";
import type { JsonReadingOptions } from "../json/deserialize.ts";
import { checkLimits, DEFAULT_MAX_BYTES, limitExceeded } from "../limits.ts";
import { acceptedBy, type StandardSchema } from "../schema/standard-schema.ts";
import type { DsseKey } from "../signatures/dsse.ts";
import { verifyMinisign, type SignedContent } from "../signatures/minisign.ts";
import { atStage } from "./at-stage.ts";
import { checkClaims, claimsOfComment, type ExpectedClaims } from "./claims.ts";
import { ENVELOPE_SUFFIX, openEnvelope } from "./envelope.ts";
import { SMALL } from "./encode.ts";
import { gathered, inOnePiece } from "./pieces.ts";
import { pipelineOf, type Pipeline, type PipelineOptions } from "./pipeline.ts";

export interface DecodeOptions extends PipelineOptions, ExpectedClaims, JsonReadingOptions {
  /** Who must have signed: the text of a public key file, or of the line in it, or several of which any will do. Without it nothing is verified. */
  readonly publicKey?: string | readonly string[] | undefined;
  /** The text of the signature file. With `publicKey` there must be one. */
  readonly signature?: string | undefined;
  /** The content is a DSSE envelope, which these public keys must have signed, or so many of them. */
  readonly envelope?: { readonly keys: readonly DsseKey[]; readonly threshold?: number | undefined } | undefined;
  /** Opens what is encrypted with age: see {@link decryptAge}. */
  readonly identities?: AgeDecryption["identities"];
  readonly passphrase?: string | undefined;
  /** Highest cost of a passphrase that a content may ask for: see {@link decryptAge}. */
  readonly maxScryptWorkFactor?: number | undefined;
  /** Several zstd frames or gzip members one after the other: see {@link decompress}. Default: `accept`. */
  readonly concatenated?: DecompressionOptions["concatenated"];
}

/** Any Standard Schema validator, or {@link jsonSchema}: its output is the result. */
export interface DecodeSchema<Output> {
  readonly schema?: StandardSchema<Output> | undefined;
}

/**
 * The value of bytes that {@link encode} or the commands made: verified, decrypted, decompressed, parsed, validated, in this order and each within the limits.
 * The stages are those that the caller names, never what the bytes say of themselves. Nothing of the value is handed out unless all of it is right. Rejects with a
 * SealtraceError that names the stage.
 */
export async function decode<Output = unknown>(
  bytes: Uint8Array,
  options: DecodeOptions & DecodeSchema<Output> = {},
): Promise<Output> {
  checkBytes(bytes);
  checkLimits(options);
  const { maxBytes = DEFAULT_MAX_BYTES, schema } = options;
  const pipeline = pipelineOf(withoutEnvelope(options), isForUs(options));
  const { format, compression, isEncrypted } = pipeline;
  if (bytes.length > maxBytes) throw limitExceeded("maxBytes", maxBytes);
  let content = await verified(bytes, pipeline, options);
  if (isEncrypted) {
    const encrypted = content;
    content = await atStage("decrypt", () => decryptAge(encrypted, options));
  }
  if (compression !== undefined) {
    const compressed = content;
    content = await atStage("decompress", () => decompressed(compressed, compression, options));
  }
  const value = await atStage("parse", () => formatOf(format).decode(content, options));
  if (schema === undefined) return value as Output;
  return atStage("validate", async () => acceptedBy(await schema["~standard"].validate(value)));
}

/** The envelope is around what the rest of the suffix says. */
function withoutEnvelope({ format, compress, suffix, envelope }: DecodeOptions): PipelineOptions {
  const isAround = envelope !== undefined && suffix?.endsWith(ENVELOPE_SUFFIX) === true;
  return { format, compress, suffix: isAround ? suffix.slice(0, -ENVELOPE_SUFFIX.length) : suffix };
}

export function isForUs({ identities, passphrase }: Pick<DecodeOptions, "identities" | "passphrase">): boolean {
  return identities !== undefined || passphrase !== undefined;
}

/** The content that is signed: beside its signature, or in its envelope. */
async function verified(bytes: Uint8Array, pipeline: Pipeline, options: DecodeOptions): Promise<Uint8Array> {
  const { envelope, maxBytes } = options;
  if (envelope === undefined) {
    // Whoever shares the memory could change it between being verified and being read.
    const own = options.publicKey === undefined ? bytes : Buffer.from(bytes);
    await verifySignature(() => own, pipeline, options);
    return own;
  }
  if (options.publicKey !== undefined || options.signature !== undefined) {
    throw new SealtraceError("SEALTRACE_USAGE", "A signature is beside the content or around it (envelope), not both.");
  }
  return atStage("verify", () => openEnvelope(bytes, { ...envelope, maxBytes }, pipeline, options));
}

/** Whether there is a signature to verify; refuses what makes no sense. */
export function verifySignature(
  content: () => SignedContent,
  pipeline: Pipeline,
  options: DecodeOptions,
): Promise<void> {
  const { publicKey, signature } = options;
  return atStage("verify", async () => {
    if (publicKey === undefined) {
      if (signature === undefined && !expectsClaims(options)) return;
      throw new SealtraceError(
        "SEALTRACE_USAGE",
        "Who must have signed is not said, and without that a signature proves nothing: give the publicKey.",
      );
    }
    if (signature === undefined) {
      throw new SealtraceError(
        "SEALTRACE_SIGNATURE_INVALID",
        "It is not signed, or its signature was taken away. Don't use the content.",
      );
    }
    const { trustedComment } = await verifyMinisign(content(), signature, publicKey);
    checkClaims(claimsOfComment(trustedComment), pipeline, options);
  });
}

function expectsClaims({ schemaName, generation }: ExpectedClaims): boolean {
  return schemaName !== undefined || generation !== undefined;
}

function decompressed(
  bytes: Uint8Array,
  name: CompressionName,
  limits: DecompressionOptions,
): Buffer | Promise<Buffer> {
  if (bytes.length <= SMALL) return decompress(bytes, name, limits);
  return gathered(decompressStream(inOnePiece(bytes), name, limits));
}
