/** Bytes that grow while they are written; numbers in network order. */
export class ByteWriter {
  bytes: Buffer;
  view: DataView;
  /** Where the next byte goes. */
  at = 0;

  constructor() {
    this.bytes = takeSpare() ?? Buffer.allocUnsafeSlow(FIRST_SIZE);
    this.view = viewOf(this.bytes);
  }

  /** Makes room for so many more bytes. To be called before any of the methods below that write numbers. */
  reserve(length: number): void {
    if (this.at + length > this.bytes.length) this.#grow(length);
  }

  #grow(length: number): void {
    const bytes = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, this.at + length));
    bytes.set(this.bytes.subarray(0, this.at));
    this.bytes = bytes;
    this.view = viewOf(bytes);
  }

  u8(value: number): void {
    this.bytes[this.at++] = value;
  }

  u16(value: number): void {
    this.view.setUint16(this.at, value);
    this.at += 2;
  }

  u32(value: number): void {
    this.view.setUint32(this.at, value);
    this.at += 4;
  }

  /** A safe integer that is not negative. */
  u64(value: number): void {
    this.view.setUint32(this.at, Math.floor(value / 2 ** 32));
    this.view.setUint32(this.at + 4, value >>> 0);
    this.at += 8;
  }

  f64(value: number): void {
    this.view.setFloat64(this.at, value);
    this.at += 8;
  }

  raw(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.at);
    this.at += bytes.length;
  }

  /** What was written, on its own: nothing else of the memory can be reached through it. */
  finish(): Uint8Array {
    const written = new Uint8Array(this.bytes.subarray(0, this.at));
    if (this.bytes.length <= SMALL) spare = this.bytes;
    else largeSpare = new WeakRef(this.bytes);
    return written;
  }
}

const FIRST_SIZE = 16_384;
const SMALL = 65_536;

/** Of a writer before, unless one is at work: growing costs more than the writing of a small value. A large one only stays until memory is tidied up. */
let spare: Buffer | undefined;
let largeSpare: WeakRef<Buffer> | undefined;

function takeSpare(): Buffer | undefined {
  const taken = largeSpare?.deref() ?? spare;
  largeSpare = undefined;
  if (taken === spare) spare = undefined;
  return taken;
}

function viewOf({ buffer, byteOffset, byteLength }: Buffer): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
