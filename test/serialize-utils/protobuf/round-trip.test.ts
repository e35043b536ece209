import { deserializeFromProtobuf, serializeToProtobuf } from "../../../src/serialize-utils/index.ts";
import { describeBinaryFormat } from "../binary/binary-format.ts";

describeBinaryFormat({ name: "Protobuf", write: serializeToProtobuf, read: deserializeFromProtobuf });
