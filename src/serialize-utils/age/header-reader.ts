/** Finds the header of an age file in pieces of any size: lines of text, the last of which begins with `---`. */
import { SealtraceError } from "../../record/index.ts";
import { decodeCanonicalBase64 } from "../encoding/canonical-base64.ts";
import { bufferOf } from "../encoding/buffer-of.ts";
import { endsEarly, INTRODUCTION } from "./payload.ts";

const LINE_END = 0x0a;
const LAST_LINE = "---";

export class HeaderReader {
  readonly #maxBytes: number;
  readonly #pieces: Buffer[] = [];
  #length = 0;
  /** How the line begins that has no end yet. */
  #lineBeginning = "";
  #lines = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Header and what follows it, once its end is in the piece. */
  push(bytes: Uint8Array): { header: Buffer; rest: Buffer } | undefined {
    const piece = bufferOf(bytes);
    for (let start = 0; ;) {
      const end = piece.indexOf(LINE_END, start);
      const missing = LAST_LINE.length - this.#lineBeginning.length;
      if (missing > 0) {
        this.#lineBeginning += piece.toString("latin1", start, Math.min(start + missing, end < 0 ? piece.length : end));
      }
      if (end < 0) break;
      if (this.#lineBeginning === LAST_LINE) {
        const header = Buffer.concat([...this.#pieces, piece.subarray(0, end + 1)]);
        this.#checkSize(header.length);
        checkIntroduction(header);
        checkLastLine(header);
        return { header, rest: piece.subarray(end + 1) };
      }
      this.#lineBeginning = "";
      this.#lines += 1;
      // What is no age file is not collected up to the limit.
      if (this.#lines === 1) checkIntroduction(Buffer.concat([...this.#pieces, piece.subarray(0, end + 1)]));
      start = end + 1;
      this.#checkSize(this.#length + start);
    }
    this.#pieces.push(piece);
    this.#length += piece.length;
    this.#checkSize(this.#length);
    return undefined;
  }

  /** The content ends, and its header has not. */
  end(): never {
    checkIntroduction(Buffer.concat(this.#pieces));
    throw endsEarly("in its header");
  }

  #checkSize(length: number): void {
    if (length <= this.#maxBytes) return;
    checkIntroduction(Buffer.concat(this.#pieces));
    throw new SealtraceError(
      "SEALTRACE_LIMIT_EXCEEDED",
      `Its header is larger than ${this.#maxBytes} bytes. If it has that many recipients, raise maxHeaderBytes.`,
    );
  }
}

function checkLastLine(header: Buffer): void {
  const [, mac = ""] =
    /^--- ([A-Za-z0-9+/]{43})\n$/.exec(header.toString("latin1", header.lastIndexOf(LAST_LINE))) ?? [];
  if (decodeCanonicalBase64(mac, "unpadded")?.length === MAC_BYTES) return;
  throw new SealtraceError(
    "SEALTRACE_INVALID_DATA",
    "The age header is malformed: its last line, which holds the MAC.",
  );
}

const MAC_BYTES = 32;

/** Throws SEALTRACE_INVALID_DATA for what can't be the beginning of an age file. */
function checkIntroduction(bytes: Buffer): void {
  const beginning = bytes.toString("latin1", 0, INTRODUCTION.length);
  if (INTRODUCTION.startsWith(beginning)) return;
  const version = /^age-encryption\.org\/(v\d{1,9})\n/.exec(bytes.toString("latin1", 0, 64))?.[1];
  throw new SealtraceError(
    "SEALTRACE_INVALID_DATA",
    version === undefined
      ? "It is not encrypted with age: it begins otherwise."
      : `It is of version ${version} of age's format; only v1 can be read.`,
  );
}
