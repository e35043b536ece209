import { deserializeFromCbor, serializeToCbor } from "../../../src/serialize-utils/index.ts";
import { describeBinaryFormat } from "../binary/binary-format.ts";

describeBinaryFormat({ name: "CBOR", write: serializeToCbor, read: deserializeFromCbor });
