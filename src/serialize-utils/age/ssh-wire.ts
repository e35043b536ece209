/** SSH's form of binary data (RFC 4251 section 5): strings with their length before them. */
export class SshReader {
  readonly #bytes: Buffer;
  #offset = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get rest(): Buffer {
    return this.#bytes.subarray(this.#offset);
  }

  /** Throws a RangeError when it is not all there, as the methods below. */
  uint32(): number {
    const value = this.#bytes.readUInt32BE(this.#offset);
    this.#offset += 4;
    return value;
  }

  string(): Buffer {
    const length = this.uint32();
    if (length > this.#bytes.length - this.#offset) throw new RangeError("a string is longer than what holds it");
    this.#offset += length;
    return this.#bytes.subarray(this.#offset - length, this.#offset);
  }

  text(): string {
    return this.string().toString("latin1");
  }

  /** A positive whole number (mpint), without the zero that keeps it positive. */
  number(): Buffer {
    const bytes = this.string();
    if (bytes.length === 0 || (bytes[0] as number) >= 0x80) throw new RangeError("a number is not positive");
    return bytes[0] === 0 ? bytes.subarray(1) : bytes;
  }
}

export function sshString(content: Uint8Array | string): Buffer {
  const bytes = typeof content === "string" ? Buffer.from(content) : content;
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

export function sshNumber(bytes: Buffer): Buffer {
  return sshString((bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.alloc(1), bytes]) : bytes);
}
