/** The key under which a message that was read keeps the fields that its schema doesn't know: their bytes. They are written as they are. */
export const UNKNOWN_FIELDS: unique symbol = Symbol.for("sealtrace.protobuf.unknownFields");
