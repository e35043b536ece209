import { SealtraceError } from "../../record/index.ts";
import { decryptAgeStream } from "../age/decrypt.ts";
import { decompressStream } from "../compression/compression.ts";
import { formatOf, type FormatName } from "../formats.ts";
import { readNdjsonByChunk, type NdjsonReadingOptions } from "../json/ndjson.ts";
import { checkLimits, limitExceeded, type ReadingLimits } from "../limits.ts";
import { acceptedBy } from "../schema/standard-schema.ts";
import { atStage, streamAtStage } from "./at-stage.ts";
import { isForUs, verifySignature, type DecodeOptions, type DecodeSchema } from "./decode.ts";
import { defaultFormat, notAStream } from "./encode-stream.ts";
import { pipelineOf } from "./pipeline.ts";
import { tapped } from "./tapped.ts";
import { Utf8Stream } from "./utf8-stream.ts";

export interface DecodeStreamOptions
  extends Omit<DecodeOptions, "envelope">, Pick<NdjsonReadingOptions, "maxLineBytes"> {
  /**
   * A source that can be read only once is handed out before its signature is known to be right, and SEALTRACE_SIGNATURE_INVALID comes at the end: say that you
   * want this. Not needed where the source is a function. Default: false.
   */
  readonly verifyAtEnd?: boolean | undefined;
}

/** Pieces of bytes; or a function that gives them from the beginning each time it is called. */
export type StreamSource = AsyncIterable<Uint8Array> | (() => AsyncIterable<Uint8Array>);

/**
 * {@link decode}, in constant memory: the values of NDJSON (the default) or of a sequence of MessagePack or CBOR, pieces of bytes (`format: "binary"`) or of text (`format: "text"`). What is encrypted is
 * handed out once its 64 KiB are authentic; that nothing is missing at the end is known when the stream has ended without an error.
 *
 * A signature is of the whole. Where the source is a function, it is read once to verify, and then again to decode (and verified once more, for it may
 * have changed in between; what is encrypted can't have). The limits hold where they are given. Without them the stream may be of any length,
 * and each value in it has the usual ones.
 */
export async function* decodeStream<Output = unknown>(
  source: StreamSource,
  options: DecodeStreamOptions & DecodeSchema<Output> = {},
): AsyncGenerator<Output> {
  checkLimits(options);
  const limits = {
    ...options,
    maxBytes: options.maxBytes ?? Infinity,
    maxMilliseconds: options.maxMilliseconds ?? Infinity,
  };
  const pipeline = pipelineOf({ ...options, format: options.format ?? defaultFormat(options) }, isForUs(options));
  const { format, compression, isEncrypted } = pipeline;
  const { publicKey, schema, verifyAtEnd = false } = options;
  const open = typeof source === "function" ? source : () => source;
  if (publicKey === undefined || options.signature === undefined || typeof source === "function") {
    await verifySignature(open, pipeline, options);
  } else if (!verifyAtEnd) {
    throw new SealtraceError(
      "SEALTRACE_USAGE",
      "The signature is known to be right at the end alone: give a function that opens the source, which is then read twice, or say verifyAtEnd: true.",
    );
  }
  let pieces: AsyncIterable<Uint8Array> = counted(open(), limits);
  if (publicKey !== undefined) {
    pieces = tapped(
      pieces,
      (copy) => verifySignature(() => copy, pipeline, options),
      () => undefined,
    );
  }
  if (isEncrypted) pieces = streamAtStage("decrypt", decryptAgeStream(pieces, limits));
  if (compression !== undefined) pieces = streamAtStage("decompress", decompressStream(pieces, compression, limits));
  for await (const values of streamAtStage("parse", parsed(pieces, format, options))) {
    for (const value of values) {
      if (schema === undefined) yield value as Output;
      else yield await atStage("validate", async () => acceptedBy(await schema["~standard"].validate(value)));
    }
  }
}

function parsed(
  pieces: AsyncIterable<Uint8Array>,
  format: FormatName,
  options: DecodeStreamOptions,
): AsyncIterable<readonly unknown[]> {
  const { readSequence } = formatOf(format);
  if (readSequence !== undefined) return oneByOne(readSequence(pieces, options));
  switch (format) {
    case "binary":
      return oneByOne(pieces);
    case "ndjson":
      return readNdjsonByChunk(pieces, options);
    case "text":
      return oneByOne(textOf(pieces));
    default:
      throw notAStream(format);
  }
}

async function* oneByOne(pieces: AsyncIterable<unknown>): AsyncGenerator<readonly unknown[]> {
  for await (const piece of pieces) yield [piece];
}

async function* textOf(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new Utf8Stream();
  for await (const piece of pieces) {
    const text = decoder.decode(piece);
    if (text !== "") yield text;
  }
  decoder.end();
}

async function* counted(
  pieces: AsyncIterable<Uint8Array>,
  { maxBytes = Infinity }: ReadingLimits,
): AsyncGenerator<Uint8Array> {
  let count = 0;
  for await (const piece of pieces) {
    count += piece.length;
    if (count > maxBytes) throw limitExceeded("maxBytes", maxBytes);
    yield piece;
  }
}
