/** An extension that sealtrace has no meaning for, as it was read. It is written as it is. */
export class MessagePackExtension {
  /** -128 to 127; those below 0 belong to the specification. */
  readonly type: number;
  readonly bytes: Uint8Array;

  constructor(type: number, bytes: Uint8Array) {
    this.type = type;
    this.bytes = bytes;
  }
}
