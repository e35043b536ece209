import { readSequence } from "../binary/sequence.ts";
import { checkLimits } from "../limits.ts";
import { deserializeFromCbor, type CborReadingOptions } from "./read.ts";
import { CborScan } from "./scan.ts";
import { serializeToCbor, type CborOptions } from "./write.ts";

/**
 * The items of a CBOR sequence (RFC 8742), each as soon as it is whole. The limits are each item's own. Throws as `deserializeFromCbor` does,
 * SEALTRACE_DATA_TRUNCATED when the source ends within an item.
 */
export function readCborSequence(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  options: CborReadingOptions = {},
): AsyncGenerator {
  checkLimits(options);
  const decode = (bytes: Uint8Array): unknown => deserializeFromCbor(bytes, options);
  return readSequence("CBOR", source, () => new CborScan(options.maxDepth), decode, options.maxBytes);
}

/** Each value as CBOR, one after the other. */
export async function* writeCborSequence(
  values: AsyncIterable<unknown> | Iterable<unknown>,
  options: CborOptions = {},
): AsyncGenerator<Uint8Array> {
  for await (const value of values) yield serializeToCbor(value, options);
}
