import { SealtraceError } from "../../record/index.ts";

/** UTF-8 that comes in pieces, cut anywhere; a byte order mark at the beginning is left out. */
export class Utf8Stream {
  readonly #decoder = new TextDecoder("utf-8", { fatal: true });
  #position = 0;

  /** Throws SEALTRACE_INVALID_DATA for what is no UTF-8. */
  decode(piece: Uint8Array): string {
    const begin = this.#position;
    this.#position += piece.length;
    try {
      return this.#decoder.decode(piece, { stream: true });
    } catch (cause) {
      throw new SealtraceError(
        "SEALTRACE_INVALID_DATA",
        `It is not UTF-8 text, between byte ${begin} and byte ${this.#position}. Convert it, or read it as binary.`,
        { cause },
      );
    }
  }

  /** Throws SEALTRACE_DATA_TRUNCATED within a character. */
  end(): void {
    try {
      this.#decoder.decode();
    } catch (cause) {
      throw new SealtraceError("SEALTRACE_DATA_TRUNCATED", "The text ends within a character: get it again.", {
        cause,
      });
    }
  }
}
