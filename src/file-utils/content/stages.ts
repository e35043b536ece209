/** What stands between a value and the bytes of a file, as steps. */
import { SealtraceError } from "../../record/index.ts";
import {
  compress,
  decode,
  decompress,
  encode,
  type DecodeOptions,
  type EncodeOptions,
  type ExpectedClaims,
  type ReadingLimits,
} from "../../serialize-utils/index.ts";
import { checkNotDoneTwice, stagesOfFile, type FileStages, type FormatOptions } from "./content-format.ts";
import type { Place } from "../system/place.ts";
import { step, type Steps } from "../system/steps.ts";

export interface WriteStages extends FormatOptions {
  /** How hard to compress where the path says `.zst` (-7 to 22), `.gz` (0 to 9) or `.br` (0 to 11). */
  readonly level?: number | undefined;
  /** Who can open a file whose path says `.age`: age or SSH recipients. */
  readonly recipients?: readonly string[] | undefined;
  /** Opens a file whose path says `.age`. */
  readonly passphrase?: string | undefined;
  /** Signs the file with minisign, in a file beside it (`report.json.minisig`): the text of an unprotected secret key file, or an opened one. */
  readonly sign?: EncodeOptions["sign"];
  /** What the signature says of the file. Its name is said unless another is given. */
  readonly claims?: Pick<EncodeOptions, "name" | "schemaName" | "generation"> | undefined;
}

export interface ReadStages extends FormatOptions, ReadingLimits {
  /** Opens a file whose path says `.age`. */
  readonly identities?: readonly string[] | undefined;
  readonly passphrase?: string | undefined;
  /** Who must have signed the file, with a signature beside it (`report.json.minisig`): texts of minisign public keys. Default: nobody is asked for. */
  readonly publicKey?: DecodeOptions["publicKey"];
  /** What the signature must say of the file. Default: the name under which it is read. */
  readonly claims?: ExpectedClaims | undefined;
}

/** Of a file as it is stored, and of what it is decompressed to. */
export const DEFAULT_MAX_BYTES: number = 64 * 1024 * 1024;

export interface EncodedContent {
  readonly bytes: Uint8Array;
  readonly signature?: string | undefined;
}

export function* encodeStages(place: Place, value: unknown, options: WriteStages): Steps<EncodedContent> {
  checkNotDoneTwice(place.path, value, options);
  const stages = stagesOfFile(place.path, options, value);
  const { format, compression, isEncrypted } = stages;
  const { level, recipients, passphrase, sign, claims } = options;
  checkKeys(stages, recipients !== undefined || passphrase !== undefined, "recipients or passphrase");
  const isPlain = compression === undefined && !isEncrypted;
  if (isPlain && sign === undefined) return { bytes: format.encode(value, { indent: 2 }) };
  return yield* step<EncodedContent>(
    () => {
      if (isEncrypted || sign !== undefined) throw onlyLater(isEncrypted ? "Encrypting" : "Signing");
      return { bytes: compress(format.encode(value), compression as NonNullable<typeof compression>, { level }) };
    },
    (done) => {
      const encoding = { format: stages.name, compress: compression, indent: isPlain ? 2 : 0 };
      const said = { ...claims, name: claims?.name ?? place.name };
      encode(value, { ...encoding, level, recipients, passphrase, sign, ...said }).then(
        (encoded) => done(null, encoded), // prettier-ignore
        done,
      );
    },
  );
}

/** With no signature given where one must be, it is refused. */
export function* decodeStages(place: Place, bytes: Buffer, options: ReadStages, signature?: string): Steps<unknown> {
  const stages = stagesOfFile(place.path, options);
  const { format, compression, isEncrypted } = stages;
  const { identities, passphrase, publicKey, claims } = options;
  const { maxDepth, maxBytes = DEFAULT_MAX_BYTES, maxValues, maxMilliseconds } = options;
  const limits = { maxDepth, maxBytes, maxValues, maxMilliseconds };
  checkKeys(stages, identities !== undefined || passphrase !== undefined, "identities or passphrase");
  if (!isEncrypted && publicKey === undefined) {
    return format.decode(compression === undefined ? bytes : decompress(bytes, compression, limits), limits);
  }
  return yield* step<unknown>(
    () => {
      throw onlyLater(isEncrypted ? "Decrypting" : "Verifying a signature");
    },
    (done) => {
      const pipeline = { format: stages.name, compress: compression };
      const expected = publicKey === undefined ? {} : { ...claims, name: claims?.name ?? place.name };
      decode(bytes, { ...limits, ...pipeline, identities, passphrase, publicKey, signature, ...expected }).then(
        (value) => done(null, value),
        done,
      );
    },
  );
}

function checkKeys({ isEncrypted }: FileStages, hasKeys: boolean, names: string): void {
  if (isEncrypted === hasKeys) return;
  throw new SealtraceError(
    "SEALTRACE_USAGE",
    isEncrypted
      ? `The path says that it is encrypted (.age): give ${names}, or take the bytes as they are by stored: true.`
      : `There are ${names}, and the path does not say that it is encrypted: end it with .age.`,
  );
}

function onlyLater(what: string): SealtraceError {
  return new SealtraceError(
    "SEALTRACE_USAGE",
    `${what} can't be done while a program waits: use the function without Sync.`,
  );
}
