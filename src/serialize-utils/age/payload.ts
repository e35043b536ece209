/**
 * The payload of an age file (c2sp.org/age, "Payload"): the STREAM construction with ChaCha20-Poly1305, in chunks of 64 KiB. A chunk's nonce is its number,
 * in 11 bytes big-endian, and a byte that is 1 for the last chunk alone: so no chunk can be moved, repeated, left out or put at the end.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import { SealtraceError } from "../../record/index.ts";

export const CHUNK_BYTES: number = 64 * 1024;
export const TAG_BYTES = 16;
export const NONCE_BYTES = 16;
export const SEALED_CHUNK_BYTES: number = CHUNK_BYTES + TAG_BYTES;

/** How every age file begins. */
export const INTRODUCTION = "age-encryption.org/v1\n";

const ALGORITHM = "chacha20-poly1305";
const OPTIONS = { authTagLength: TAG_BYTES };

export class PayloadSealer {
  /** What stands before the first chunk. */
  readonly nonce: Buffer = randomBytes(NONCE_BYTES);
  readonly #key: Buffer;
  readonly #counter = new ChunkCounter();

  constructor(fileKey: Uint8Array) {
    this.#key = payloadKey(fileKey, this.nonce);
  }

  /** The next chunk, which is of 64 KiB unless it is the last, in its two parts: who puts all together need not put these together first. */
  seal(chunk: Uint8Array, last: boolean): [ciphertext: Buffer, tag: Buffer] {
    const cipher = createCipheriv(ALGORITHM, this.#key, this.#counter.nonce(last), OPTIONS);
    const ciphertext = cipher.update(chunk);
    cipher.final();
    this.#counter.advance();
    return [ciphertext, cipher.getAuthTag()];
  }
}

export class PayloadOpener {
  readonly #key: Buffer;
  readonly #counter = new ChunkCounter();

  constructor(fileKey: Uint8Array, nonce: Uint8Array) {
    this.#key = payloadKey(fileKey, nonce);
  }

  /** The next chunk, when more comes after it; `following` is the beginning of what comes. What is authentic is handed out before what is wrong is thrown. */
  *open(sealed: Buffer, following: () => Buffer): Generator<Buffer> {
    const chunk = this.#decrypt(sealed, false);
    if (chunk !== undefined) {
      this.#counter.advance();
      yield chunk;
      return;
    }
    // Did it end here, so that what follows was appended?
    const last = this.#decrypt(sealed, true);
    if (last === undefined) throw this.#changed(Buffer.concat([sealed, following()]));
    yield last;
    throw appended(following());
  }

  /** The last chunk. */
  *openLast(sealed: Buffer): Generator<Buffer> {
    const { first, place } = this.#counter;
    if (sealed.length < TAG_BYTES) throw endsEarly(`in its last chunk, ${place}`);
    const chunk = this.#decrypt(sealed, true);
    if (chunk?.length === 0 && !first) {
      throw new SealtraceError(
        "SEALTRACE_INVALID_DATA",
        `The encrypted content ends in an empty chunk, ${place}, which only an empty content has: what wrote it is wrong.`,
      );
    }
    if (chunk !== undefined) {
      yield chunk;
      return;
    }
    const middle = this.#decrypt(sealed, false);
    if (middle === undefined) throw this.#changed(sealed);
    if (middle.length === CHUNK_BYTES) yield middle;
    throw endsEarly(`after the chunk ${place}`);
  }

  /** The next chunk, the last or not; undefined when it was changed. Then the one after it can be asked for. */
  openIfIntact(sealed: Buffer): { readonly chunk: Buffer; readonly isLast: boolean } | undefined {
    const middle = this.#decrypt(sealed, false);
    const chunk = middle ?? this.#decrypt(sealed, true);
    this.#counter.advance();
    return chunk && { chunk, isLast: middle === undefined };
  }

  #decrypt(sealed: Buffer, last: boolean): Buffer | undefined {
    const end = sealed.length - TAG_BYTES;
    const decipher = createDecipheriv(ALGORITHM, this.#key, this.#counter.nonce(last), OPTIONS);
    decipher.setAuthTag(sealed.subarray(end));
    const chunk = decipher.update(sealed.subarray(0, end));
    try {
      decipher.final();
      return chunk;
    } catch {
      return undefined;
    }
  }

  /** A second age file after the end of this one is the one thing whose beginning can be recognized. */
  #changed(sealed: Buffer): SealtraceError {
    const end = sealed.indexOf(INTRODUCTION, TAG_BYTES);
    if (end >= TAG_BYTES && end <= SEALED_CHUNK_BYTES && this.#decrypt(sealed.subarray(0, end), true) !== undefined) {
      return appended(sealed.subarray(end));
    }
    return new SealtraceError(
      "SEALTRACE_DECRYPTION_FAILED",
      `The encrypted content was changed, cut off or added to, ${this.#counter.place}: don't use it, get it again.`,
    );
  }
}

class ChunkCounter {
  readonly #nonce = Buffer.alloc(12);
  #chunk = 0;

  get first(): boolean {
    return this.#chunk === 0;
  }

  /** For messages. */
  get place(): string {
    return `at byte ${this.#chunk * CHUNK_BYTES} of what it holds`;
  }

  nonce(last: boolean): Buffer {
    this.#nonce.writeUIntBE(this.#chunk, 5, 6);
    this.#nonce[11] = last ? 1 : 0;
    return this.#nonce;
  }

  advance(): void {
    this.#chunk += 1;
  }
}

function payloadKey(fileKey: Uint8Array, nonce: Uint8Array): Buffer {
  return Buffer.from(hkdfSync("sha256", fileKey, nonce, "payload", 32));
}

export function endsEarly(where: string): SealtraceError {
  return new SealtraceError(
    "SEALTRACE_DATA_TRUNCATED",
    `The encrypted content ends too early, ${where}: get it again from where it came.`,
  );
}

function appended(following: Buffer): SealtraceError {
  return following.toString("latin1", 0, INTRODUCTION.length) === INTRODUCTION
    ? new SealtraceError(
        "SEALTRACE_DATA_CONCATENATED",
        "A second encrypted content follows after the end of the first: read them one by one.",
      )
    : new SealtraceError(
        "SEALTRACE_DATA_TRAILING",
        "Something was appended after the end of the encrypted content: find out what, or get it again.",
      );
}
