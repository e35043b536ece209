import { SealtraceError } from "../../record/index.ts";
import { encryptAgeStream } from "../age/encrypt.ts";
import { compressStream } from "../compression/compression.ts";
import { encodeUtf8 } from "../essentials/utf8.ts";
import { formatOf, type FormatName } from "../formats.ts";
import type { JsonOptions } from "../json/serialize.ts";
import { acceptedBy } from "../schema/standard-schema.ts";
import { signMinisign } from "../signatures/minisign.ts";
import { atStage, streamAtStage } from "./at-stage.ts";
import { claimsOf, commentOf } from "./claims.ts";
import { encryptionOf, isForSomebody, type EncodeOptions } from "./encode.ts";
import { jsonLine } from "./json-lines.ts";
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

async function* serialized(
  source: ValueSource,
  format: FormatName,
  options: EncodeOptions,
): AsyncGenerator<Uint8Array> {
  const { schema } = options;
  const batch = batchOf(format, options);
  for await (const value of source) {
    if (schema !== undefined) {
      await atStage("validate", async () => acceptedBy(await schema["~standard"].validate(value)));
    }
    batch.add(value);
    if (batch.length >= PIECE_LENGTH) yield batch.take();
  }
  if (batch.length > 0) yield batch.take();
}

/** What is worth the way through the other stages. */
interface Batch {
  /** In bytes, about. */
  readonly length: number;
  add(value: unknown): void;
  take(): Uint8Array;
}

function batchOf(format: FormatName, options: JsonOptions): Batch {
  const { byLine, encode, encodeMore, readSequence } = formatOf(format);
  if (byLine === true) return new LineBatch(options);
  if (readSequence !== undefined) return new ByteBatch((value) => encode(value, options));
  if (encodeMore !== undefined) return new ByteBatch((value) => encodeMore(value, options));
  throw notAStream(format);
}

/** One conversion to bytes for many lines. */
class LineBatch implements Batch {
  readonly #options: JsonOptions;
  #text = "";

  constructor(options: JsonOptions) {
    this.#options = options;
  }

  get length(): number {
    return this.#text.length;
  }

  add(value: unknown): void {
    this.#text += jsonLine(value, this.#options);
  }

  take(): Uint8Array {
    const bytes = encodeUtf8(this.#text);
    this.#text = "";
    return bytes;
  }
}

class ByteBatch implements Batch {
  readonly #encode: (value: unknown) => Uint8Array;
  #pieces: Uint8Array[] = [];
  length = 0;

  constructor(encode: (value: unknown) => Uint8Array) {
    this.#encode = encode;
  }

  add(value: unknown): void {
    const piece = this.#encode(value);
    this.#pieces.push(piece);
    this.length += piece.length;
  }

  take(): Uint8Array {
    const [first] = this.#pieces;
    const bytes = this.#pieces.length === 1 && first !== undefined ? first : Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.length = 0;
    return bytes;
  }
}

export function notAStream(format: FormatName): SealtraceError {
  return new SealtraceError(
    "SEALTRACE_USAGE",
    `${format} is one value as a whole, and no stream: take ndjson, messagepack or cbor, or encode and decode.`,
  );
}

const PIECE_LENGTH: number = 64 * 1024;
