/**
 * Encrypted content as text (c2sp.org/age, "ASCII armor"): a strict kind of PEM, lines of 64 characters. Whitespace around it is ignored, and lines may end in
 * CRLF; nothing else may differ.
 */
import { SealtraceError } from "../../record/index.ts";
import { decodeCanonicalBase64 } from "../encoding/canonical-base64.ts";
import { bufferOf } from "../encoding/buffer-of.ts";
import { ByteQueue } from "./byte-queue.ts";

const BEGIN = "-----BEGIN AGE ENCRYPTED FILE-----";
const END = "-----END AGE ENCRYPTED FILE-----";
const LINE_BYTES = 48;
const LINE_CHARACTERS = 64;
const MAX_WHITESPACE = 1024;

/** Whether it can only be armored, by its first byte: what isn't begins with `age`. */
export function looksArmored(firstByte: number): boolean {
  return firstByte === 0x2d || firstByte === 0x20 || (firstByte >= 0x09 && firstByte <= 0x0d);
}

export async function* armored(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  const queue = new ByteQueue();
  yield Buffer.from(`${BEGIN}\n`);
  for await (const piece of pieces) {
    queue.push(piece);
    const whole = queue.length - (queue.length % LINE_BYTES);
    if (whole > 0) yield lines(queue.take(whole));
  }
  yield lines(queue.takeAll());
  yield Buffer.from(`${END}\n`);
}

function lines(bytes: Buffer): Buffer {
  return Buffer.from(bytes.toString("base64").replace(/.{1,64}/g, "$&\n"), "latin1");
}

export class ArmorReader {
  #state: "before" | "content" | "last line" | "after" = "before";
  /** The line that has no end yet. */
  #pending = "";
  #whitespace = 0;
  #line = 0;

  /** What the lines hold that have ended by now, and only then throws SEALTRACE_INVALID_DATA, naming the line: so pieces don't matter. */
  *push(piece: Uint8Array): Generator<Buffer> {
    this.#pending += bufferOf(piece).toString("latin1");
    const end = this.#pending.lastIndexOf("\n");
    const ended = end < 0 ? [] : this.#pending.slice(0, end).split("\n");
    this.#pending = this.#pending.slice(end + 1);
    yield* this.#read(ended);
    // No line is right that is as long, whatever it goes on with.
    if (this.#pending.length > MAX_WHITESPACE) this.#readLine(this.#pending, []);
  }

  /** What is left. Throws SEALTRACE_DATA_TRUNCATED when the last line is not there. */
  *end(): Generator<Buffer> {
    if (this.#pending !== "") yield* this.#read([this.#pending]);
    if (this.#state === "after") return;
    throw new SealtraceError(
      "SEALTRACE_DATA_TRUNCATED",
      `The armored content ends too early, before its line ${END}: get it again from where it came.`,
    );
  }

  *#read(ended: readonly string[]): Generator<Buffer> {
    const content: string[] = [];
    try {
      for (const line of ended) this.#readLine(line.endsWith("\r") ? line.slice(0, -1) : line, content);
    } finally {
      // Also before an error goes on.
      if (content.length > 0) yield Buffer.from(content.join(""), "base64");
    }
  }

  #readLine(line: string, content: string[]): void {
    this.#line += 1;
    if (this.#state === "before" || this.#state === "after") this.#readOutside(line);
    else if (line === END) this.#state = "after";
    else if (this.#state === "last line") throw this.#malformed("a line is shorter than 64 characters before the last");
    else content.push(this.#checked(line));
  }

  #readOutside(line: string): void {
    if (line.trim() === "") {
      this.#whitespace += line.length + 1;
      if (this.#whitespace > MAX_WHITESPACE) throw this.#malformed("there is too much whitespace around it");
    } else if (this.#state === "after") {
      const [code, advice] =
        line === BEGIN
          ? (["SEALTRACE_DATA_CONCATENATED", "a second armored content begins: read them one by one"] as const)
          : ([
              "SEALTRACE_DATA_TRAILING",
              "something was appended after its end: find out what, or get it again",
            ] as const);
      throw new SealtraceError(code, `Line ${this.#line} of the armored content: ${advice}.`);
    } else if (line === BEGIN) {
      this.#state = "content";
    } else {
      throw this.#malformed(`the first line is ${BEGIN}`);
    }
  }

  #checked(line: string): string {
    if (line.length === LINE_CHARACTERS && FULL_LINE.test(line)) return line;
    this.#state = "last line";
    const bytes = line.length <= LINE_CHARACTERS ? decodeCanonicalBase64(line, "padded") : undefined;
    if (bytes === undefined || bytes.length === 0)
      throw this.#malformed("a line is 64 characters of base64, the last may be shorter");
    return line;
  }

  #malformed(what: string): SealtraceError {
    return new SealtraceError(
      "SEALTRACE_INVALID_DATA",
      `Line ${Math.max(1, this.#line)} of the armored content is malformed: ${what}.`,
    );
  }
}

const FULL_LINE = /^[A-Za-z0-9+/]{64}$/;
