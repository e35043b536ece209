import { deserializeFromMessagePack, serializeToMessagePack } from "../../../src/serialize-utils/index.ts";
import { describeBinaryFormat } from "../binary/binary-format.ts";

describeBinaryFormat({ name: "MessagePack", write: serializeToMessagePack, read: deserializeFromMessagePack });
