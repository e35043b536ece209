import { SealtraceError } from "../../record/index.ts";
import { encryptAgeStream } from "../age/encrypt.ts";
import { compressStream } from "../compression/compression.ts";
import { formatOf, type FormatName } from "../formats.ts";
import { writeNdjson } from "../json/ndjson.ts";
import { acceptedBy, type StandardSchema } from "../schema/standard-schema.ts";
import { signMinisign } from "../signatures/minisign.ts";
import { atStage, streamAtStage } from "./at-stage.ts";
import { claimsOf, commentOf } from "./claims.ts";
import { encryptionOf, isForSomebody, type EncodeOptions } from "./encode.ts";
import { pipelineOf, suffixOf, type Pipeline } from "./pipeline.ts";
import { tapped } from "./tapped.ts";

/** Pieces of bytes, to be read once. */
export class EncodedStream implements AsyncIterable<Uint8Array> {
  /** What the bytes are, as the end of a file's name: `.ndjson.zst.age`. */
  readonly suffix: string;
  readonly #pieces: AsyncIterable<Uint8Array>;
  #signature: string | undefined;

  constructor(source: ValueSource, options: EncodeOptions) {
    const pipeline = pipelineOf(
      { ...options, format: options.format ?? defaultFormat(options) },
      isForSomebody(options),
    );
    this.suffix = suffixOf(pipeline);
    this.#pieces = this.#signed(encoded(source, pipeline, options), pipeline, options);
  }

  /** The text of a signature file. It is of the whole, and so known when the last piece has been read: SEALTRACE_USAGE before, and where nobody signs. */
  get signature(): string {
    if (this.#signature !== undefined) return this.#signature;
    throw new SealtraceError(
      "SEALTRACE_USAGE",
      "The signature is known when the whole stream has been read, and only where sign was given.",
    );
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return this.#pieces[Symbol.asyncIterator]();
  }

  #signed(pieces: AsyncIterable<Uint8Array>, pipeline: Pipeline, options: EncodeOptions): AsyncIterable<Uint8Array> {
    const { sign } = options;
    if (sign === undefined) return pieces;
    const trustedComment = commentOf(claimsOf(pipeline, options));
    const read = (copy: AsyncIterable<Uint8Array>): Promise<string> =>
      atStage("sign", () => signMinisign(copy, sign, { trustedComment }));
    return tapped(pieces, read, (signature) => (this.#signature = signature));
  }
}

/** Values that become lines; or bytes, or texts, as they are. */
export type ValueSource = AsyncIterable<unknown> | Iterable<unknown>;

/**
 * {@link encode}, in constant memory: values as NDJSON (the default), as a sequence of MessagePack or CBOR, pieces of bytes (`format: "binary"`) or of text (`format: "text"`). A schema is asked about
 * each value. Throws SEALTRACE_USAGE for formats that are one value as a whole.
 */
export function encodeStream(source: ValueSource, options: Omit<EncodeOptions, "envelope"> = {}): EncodedStream {
  return new EncodedStream(source, options);
}

export function defaultFormat({ suffix }: Pick<EncodeOptions, "suffix">): FormatName | undefined {
  return suffix === undefined ? "ndjson" : undefined;
}

function encoded(source: ValueSource, pipeline: Pipeline, options: EncodeOptions): AsyncIterable<Uint8Array> {
  const { format, compression, isEncrypted } = pipeline;
  let pieces: AsyncIterable<Uint8Array> = streamAtStage("serialize", serialized(source, format, options));
  if (compression !== undefined) {
    pieces = streamAtStage("compress", compressStream(pieces, compression, { level: options.level }));
  }
  if (isEncrypted) pieces = streamAtStage("encrypt", encryptAgeStream(pieces, encryptionOf(options)));
  return pieces;
}

function serialized(source: ValueSource, format: FormatName, options: EncodeOptions): AsyncIterable<Uint8Array> {
  const { byLine, encode, encodeMore, readSequence } = formatOf(format);
  const { schema } = options;
  const values = schema === undefined ? source : validated(source, schema);
  if (byLine === true) return writeNdjson(values, options);
  const encodeOne = readSequence === undefined ? encodeMore : encode;
  if (encodeOne !== undefined) return batches(values, (value) => encodeOne(value, options));
  throw notAStream(format);
}

async function* validated(source: ValueSource, schema: StandardSchema): AsyncGenerator {
  for await (const value of source) {
    await atStage("validate", async () => acceptedBy(await schema["~standard"].validate(value)));
    yield value;
  }
}

/** What is worth the way through the other stages. */
async function* batches(values: ValueSource, encodeOne: (value: unknown) => Uint8Array): AsyncGenerator<Uint8Array> {
  let pieces: Uint8Array[] = [];
  let length = 0;
  for await (const value of values) {
    const piece = encodeOne(value);
    pieces.push(piece);
    length += piece.length;
    if (length < BATCH_BYTES) continue;
    yield pieces.length === 1 ? piece : Buffer.concat(pieces);
    pieces = [];
    length = 0;
  }
  if (length > 0) yield Buffer.concat(pieces);
}

const BATCH_BYTES: number = 64 * 1024;

export function notAStream(format: FormatName): SealtraceError {
  return new SealtraceError(
    "SEALTRACE_USAGE",
    `${format} is one value as a whole, and no stream: take ndjson, messagepack or cbor, or encode and decode.`,
  );
}
