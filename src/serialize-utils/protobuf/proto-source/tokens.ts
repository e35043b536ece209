import { SealtraceError } from "../../../record/index.ts";

const TOKEN =
  /(?<skip>\s+|\/\/[^\n]*|\/\*[^]*?\*\/)|(?<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|(?<word>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*|\.[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)|(?<number>\d[\w.]*(?:(?<=[eE])[+-]\d+)?)|(?<sign>[-{}[\]()<>;=,:/.+])/y;

const MAX_SOURCE = 4_194_304;

/** The words, numbers, texts and signs of a .proto file, without comments. */
export class Tokens {
  readonly #source: string;
  readonly #file: string;
  #at = 0;
  /** Where `next` begins. */
  #start = 0;
  /** The token that is next; empty at the end. */
  next = "";
  #nextIsText = false;

  constructor(source: string, file: string) {
    this.#source = source;
    this.#file = file;
    if (source.length > MAX_SOURCE) throw this.error("it is longer than a schema may be");
    this.take();
  }

  /** The next token, and goes on to the one after it. */
  take(): string {
    const taken = this.next;
    for (;;) {
      this.#start = this.#at;
      if (this.#at === this.#source.length) {
        this.next = "";
        this.#nextIsText = false;
        return taken;
      }
      TOKEN.lastIndex = this.#at;
      const groups = TOKEN.exec(this.#source)?.groups;
      if (groups === undefined) throw this.error("a character stands where none is expected");
      this.#at = TOKEN.lastIndex;
      if (groups.skip !== undefined) continue;
      this.#nextIsText = groups.text !== undefined;
      this.next = groups.text ?? groups.word ?? groups.number ?? groups.sign ?? "";
      return taken;
    }
  }

  accept(token: string): boolean {
    if (!this.is(token)) return false;
    this.take();
    return true;
  }

  isText(): boolean {
    return this.#nextIsText;
  }

  is(token: string): boolean {
    return this.next === token && !this.#nextIsText;
  }

  /** Passes over all that comes before the token. */
  skipTo(token: string): void {
    while (!this.is(token)) if (this.take() === "") throw this.error("the file ends too early");
  }

  expect(token: string): void {
    if (!this.accept(token)) throw this.error(`${JSON.stringify(token)} is expected, not ${JSON.stringify(this.next)}`);
  }

  word(): string {
    if (!/^[A-Za-z_]\w*$/.test(this.next)) throw this.error(`a name is expected, not ${JSON.stringify(this.next)}`);
    return this.take();
  }

  /** With dots, also before. */
  path(): string {
    if (!/^\.?[A-Za-z_]/.test(this.next)) throw this.error(`a name is expected, not ${JSON.stringify(this.next)}`);
    return this.take();
  }

  integer(): number {
    const sign = this.accept("-") ? -1 : 1;
    const text = this.next;
    if (!/^(?:0[xX][\dA-Fa-f]+|\d+)$/.test(text))
      throw this.error(`an integer is expected, not ${JSON.stringify(text)}`);
    this.take();
    return sign * (/^0\d/.test(text) ? Number.parseInt(text, 8) : Number(text));
  }

  /** Texts that follow each other are one. */
  text(): string {
    if (!this.isText()) throw this.error(`a text is expected, not ${JSON.stringify(this.next)}`);
    let text = "";
    while (this.isText()) text += unescaped(this.take().slice(1, -1));
    return text;
  }

  error(what: string): SealtraceError {
    const line = this.#source.slice(0, this.#start).split("\n").length;
    return new SealtraceError("SEALTRACE_USAGE", `${this.#file}, line ${line}: ${what}.`);
  }
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", a: "\x07", b: "\b", f: "\f", v: "\v" };

function unescaped(text: string): string {
  return text.replace(
    /\\(?:[xX]([\dA-Fa-f]{1,2})|([0-7]{1,3})|(.))/g,
    (_, hex?: string, octal?: string, other = "") => {
      if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
      if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8));
      return ESCAPES[other as string] ?? (other as string);
    },
  );
}
