import { SealtraceError } from "../../record/index.ts";
import type { AgeEncryption } from "../age/options.ts";
import { encryptAge } from "../age/encrypt.ts";
import { compress, compressStream, type CompressionName } from "../compression/compression.ts";
import { formatOf } from "../formats.ts";
import type { JsonOptions } from "../json/serialize.ts";
import { acceptedBy, type StandardSchema } from "../schema/standard-schema.ts";
import { signMinisign } from "../signatures/minisign.ts";
import type { DsseKey } from "../signatures/dsse.ts";
import type { MinisignSecretKey } from "../signatures/minisign-secret-key.ts";
import { atStage } from "./at-stage.ts";
import { claimsOf, commentOf, type ClaimOptions } from "./claims.ts";
import { ENVELOPE_SUFFIX, sealEnvelope } from "./envelope.ts";
import { gathered, inOnePiece } from "./pieces.ts";
import { pipelineOf, suffixOf, type PipelineOptions } from "./pipeline.ts";

export interface EncodeOptions extends PipelineOptions, ClaimOptions, JsonOptions {
  /** Any Standard Schema validator, or {@link jsonSchema}: what it refuses is not encoded. What is encoded is the value as it was given. */
  readonly schema?: StandardSchema | undefined;
  /** See {@link compress}. */
  readonly level?: number | undefined;
  /** Encrypts with age, for each of these: see {@link encryptAge}. */
  readonly recipients?: AgeEncryption["recipients"];
  /** Encrypts with age, for who knows it. */
  readonly passphrase?: string | undefined;
  /** What guessing the passphrase costs: see {@link encryptAge}. */
  readonly scryptWorkFactor?: number | undefined;
  /** Signs with minisign: the text of an unprotected key file, or what {@link openMinisignSecretKey} gives. */
  readonly sign?: string | MinisignSecretKey | undefined;
  /** Or signs with DSSE, by these keys: the bytes are then an envelope that holds content and signatures, and the suffix ends with `.dsse`. */
  readonly envelope?: readonly DsseKey[] | undefined;
}

export interface Encoded {
  readonly bytes: Buffer;
  /** What the bytes are, as the end of a file's name: `.json.zst.age`. */
  readonly suffix: string;
  /** The text of a signature file, where `sign` was given: it goes beside, as `report.json.zst.age.minisig`. */
  readonly signature?: string;
}

/**
 * A value through all stages: validated, serialized, compressed, encrypted, signed. What comes out is what the commands `zstd`, `gzip`, `age` and `minisign`
 * read; there is no envelope. The signature says what was done and what it is of (`name`, `schemaName`, `generation`). Rejects with a SealtraceError that
 * names the stage.
 */
export async function encode(value: unknown, options: EncodeOptions = {}): Promise<Encoded> {
  const { schema, level, sign, envelope } = options;
  if (sign !== undefined && envelope !== undefined) {
    throw new SealtraceError(
      "SEALTRACE_USAGE",
      "A signature is beside the content (sign) or around it (envelope), not both.",
    );
  }
  const pipeline = pipelineOf(options, isForSomebody(options));
  const { format, compression, isEncrypted } = pipeline;
  if (schema !== undefined) {
    await atStage("validate", async () => acceptedBy(await schema["~standard"].validate(value)));
  }
  let bytes = await atStage("serialize", () => formatOf(format).encode(value, options));
  if (compression !== undefined) {
    const plain = bytes;
    bytes = await atStage("compress", () => compressed(plain, compression, level));
  }
  if (isEncrypted) {
    const plain = bytes;
    bytes = await atStage("encrypt", () => encryptAge(plain, encryptionOf(options)));
  }
  const suffix = suffixOf(pipeline);
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (envelope !== undefined) {
    const enveloped = await atStage("sign", () => sealEnvelope(whole, envelope, pipeline, options));
    return { bytes: enveloped, suffix: suffix + ENVELOPE_SUFFIX };
  }
  if (sign === undefined) return { bytes: whole, suffix };
  const signature = await atStage("sign", () =>
    signMinisign(whole, sign, { trustedComment: commentOf(claimsOf(pipeline, options)) }),
  );
  return { bytes: whole, suffix, signature };
}

export function isForSomebody({ recipients, passphrase }: Pick<EncodeOptions, "recipients" | "passphrase">): boolean {
  return recipients !== undefined || passphrase !== undefined;
}

export function encryptionOf({ recipients, passphrase, scryptWorkFactor }: EncodeOptions): AgeEncryption {
  return { recipients, passphrase, scryptWorkFactor };
}

/** What is small is done before another thread would have begun. */
function compressed(bytes: Uint8Array, name: CompressionName, level: number | undefined): Buffer | Promise<Buffer> {
  if (bytes.length <= SMALL) return compress(bytes, name, { level });
  return gathered(compressStream(inOnePiece(bytes), name, { level }));
}

export const SMALL: number = 64 * 1024;
