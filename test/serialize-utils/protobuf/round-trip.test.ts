import { deserializeFromProtobuf, serializeToProtobuf } from "../../../src/serialize-utils/index.ts";
import { describeBinaryFormat } from "../message-pack/binary-format.ts";

describeBinaryFormat({ name: "Protobuf", write: serializeToProtobuf, read: deserializeFromProtobuf });
