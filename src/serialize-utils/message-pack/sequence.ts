import { readSequence } from "../binary/sequence.ts";
import { checkLimits } from "../limits.ts";
import { deserializeFromMessagePack, type MessagePackReadingOptions } from "./read.ts";
import { MessagePackScan } from "./scan.ts";
import { serializeToMessagePack, type MessagePackOptions } from "./write.ts";

/**
 * The values of MessagePack that follow each other, each as soon as it is whole. The limits are each value's own. Throws as `deserializeFromMessagePack` does,
 * SEALTRACE_DATA_TRUNCATED when the source ends within a value.
 */
export function readMessagePackSequence(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  options: MessagePackReadingOptions = {},
): AsyncGenerator {
  checkLimits(options);
  const decode = (bytes: Uint8Array): unknown => deserializeFromMessagePack(bytes, options);
  return readSequence("MessagePack", source, () => new MessagePackScan(), decode, options.maxBytes);
}

/** Each value as MessagePack, one after the other. */
export async function* writeMessagePackSequence(
  values: AsyncIterable<unknown> | Iterable<unknown>,
  options: MessagePackOptions = {},
): AsyncGenerator<Uint8Array> {
  for await (const value of values) yield serializeToMessagePack(value, options);
}
