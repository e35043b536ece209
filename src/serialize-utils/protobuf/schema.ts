import type { DescMessage } from "@bufbuild/protobuf";
import { SealtraceError } from "../../record/index.ts";
import { loadProtobuf } from "./library.ts";
import { planOf, type MessagePlan } from "./message-plan.ts";
import { compileProto } from "./proto-source/compile.ts";

/** The type of a message, and where it is described. Keep the object and use it again: what is made of it is remembered with it. */
export type ProtobufSchema = SchemaOfDescriptors | SchemaOfSource;

export interface SchemaOfDescriptors {
  /** Full name of the message, as `shop.Order`. */
  readonly message: string;
  /** A google.protobuf.FileDescriptorSet, as `protoc --include_imports -o` and `buf build -o` write it. */
  readonly descriptors: Uint8Array;
}

export interface SchemaOfSource {
  readonly message: string;
  /** Text of a .proto file: proto2 or proto3. */
  readonly source: string;
  /** Texts of the files it imports, by the names it imports them under. Those of google/protobuf are known. */
  readonly imports?: Readonly<Record<string, string>> | undefined;
}

const plans = new WeakMap<ProtobufSchema, MessagePlan>();

/** Throws SEALTRACE_USAGE for a schema that can't be used. */
export function messagePlan(schema: ProtobufSchema): MessagePlan {
  const known = plans.get(schema);
  if (known !== undefined) return known;
  const plan = planOf(describe(schema));
  plans.set(schema, plan);
  return plan;
}

function describe(schema: ProtobufSchema): DescMessage {
  const { createFileRegistry, fromBinary, wkt } = loadProtobuf();
  let message: DescMessage | undefined;
  try {
    const files =
      "descriptors" in schema
        ? fromBinary(wkt.FileDescriptorSetSchema, schema.descriptors)
        : compileProto(schema.source, schema.imports ?? {});
    message = createFileRegistry(files).getMessage(schema.message);
  } catch (cause) {
    if (cause instanceof SealtraceError) throw cause;
    throw new SealtraceError("SEALTRACE_USAGE", `The Protobuf schema can't be used: ${(cause as Error).message}.`, {
      cause,
    });
  }
  if (message !== undefined) return message;
  throw new SealtraceError(
    "SEALTRACE_USAGE",
    `The Protobuf schema describes no message ${JSON.stringify(schema.message)}: give its full name, with the package.`,
  );
}
