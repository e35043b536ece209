import { checkBytes } from "../content-argument.ts";
import type { ReadingLimits } from "../limits.ts";
import type { ClassRegistry } from "../values/class-registry.ts";
import { readMessage } from "./read-message.ts";
import { readValue } from "./read-value.ts";
import { messagePlan, type ProtobufSchema } from "./schema.ts";
import { writeMessage } from "./write-message.ts";
import { writeValue } from "./write-value.ts";

export interface ProtobufOptions {
  /** The type of message. Default: any value, as the message `sealtrace.Value` of `schemas/sealtrace-value.proto`. */
  readonly schema?: ProtobufSchema | undefined;
  /** Without a schema: classes whose instances are written, by the names that stand for them. */
  readonly classes?: ClassRegistry | undefined;
}

export interface ProtobufReadingOptions extends ReadingLimits {
  /** The type of message. Default: `sealtrace.Value`. */
  readonly schema?: ProtobufSchema | undefined;
  /** Without a schema: classes that the content may ask for. */
  readonly classes?: ClassRegistry | undefined;
  /**
   * With a schema: keeps fields that it doesn't know under `UNKNOWN_FIELDS`, but for those in entries of maps and in well-known types, whose values have no
   * place for them. Default: they are refused with SEALTRACE_TYPE_REFUSED.
   */
  readonly keepUnknown?: boolean | undefined;
  /** With a schema: gives fields that are absent their defaults where the type can't tell those from absence. Default: false. */
  readonly defaults?: boolean | undefined;
}

/**
 * With a schema: plain data as a message of its type, by Protobuf's JSON mapping, except that 64-bit integers are BigInt (or safe numbers), bytes Uint8Array,
 * google.protobuf.Timestamp is Date, and maps may be Map. Without: any value. Equal values are equal bytes. Throws SEALTRACE_VALUE_UNSUPPORTED, naming the
 * place, for what the schema has no field for or another type; SEALTRACE_USAGE for a schema that can't be used.
 *
 * @see https://protobuf.dev/programming-guides/encoding/
 */
export function serializeToProtobuf(value: unknown, { schema, classes }: ProtobufOptions = {}): Uint8Array {
  return schema === undefined ? writeValue(value, classes) : writeMessage(value, messagePlan(schema));
}

/**
 * The inverse of `serializeToProtobuf`: maps become plain objects where their keys are texts, otherwise Map; enumerations become the names of their values, or
 * numbers that have none. Throws SEALTRACE_INVALID_DATA, SEALTRACE_DATA_TRUNCATED, SEALTRACE_LIMIT_EXCEEDED, SEALTRACE_TYPE_REFUSED; without a schema also
 * SEALTRACE_DATA_CONCATENATED and SEALTRACE_DATA_TRAILING, which a message of a schema can't tell from more fields.
 */
export function deserializeFromProtobuf(bytes: Uint8Array, options: ProtobufReadingOptions = {}): unknown {
  checkBytes(bytes);
  const { schema } = options;
  return schema === undefined ? readValue(bytes, options) : readMessage(bytes, messagePlan(schema), options);
}
