/** JSON (RFC 8259) that knows where everything stands: for files that people write, and errors that they can find. */

/** A value and the offset of its first character, in UTF-16 units. */
export type JsonNode = JsonObject | JsonArray | JsonScalar;

export interface JsonObject {
  readonly kind: "object";
  readonly offset: number;
  /** In the order of the text; no two have the same name. */
  readonly members: readonly JsonMember[];
}

export interface JsonArray {
  readonly kind: "array";
  readonly offset: number;
  readonly items: readonly JsonNode[];
}

export interface JsonScalar {
  readonly kind: "scalar";
  readonly offset: number;
  readonly value: string | number | boolean | null;
}

export interface JsonMember {
  readonly name: string;
  /** Of the name's opening quote. */
  readonly offset: number;
  readonly node: JsonNode;
}

/** The text is no JSON, has a name twice in one object, or nests too deep; `message` is a phrase, without the position. */
export class JsonError extends Error {
  readonly reason: "syntax" | "duplicate" | "depth";
  readonly offset: number;

  constructor(reason: JsonError["reason"], offset: number, message: string) {
    super(message);
    this.reason = reason;
    this.offset = offset;
  }
}

/** More levels of arrays and objects than this are refused. */
const MAX_DEPTH = 64;

/** Reads exactly what `JSON.parse` reads, except for names that occur twice in an object. Throws a JsonError. */
export function readJson(text: string): JsonNode {
  return new Reader(text).document();
}

/** The value without positions, as `JSON.parse` would give it. */
export function plainValue(node: JsonNode): unknown {
  if (node.kind === "scalar") return node.value;
  if (node.kind === "array") return node.items.map(plainValue);
  return Object.fromEntries(node.members.map((member) => [member.name, plainValue(member.node)]));
}

/** Where an offset lies: line and column from 1, the column in UTF-16 units as editors count. */
export function locate(text: string, offset: number): { line: number; column: number } {
  const lines = text.slice(0, offset).split(/\r\n|\n|\r/);
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
}

const SPACE = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const WORD = /[A-Za-z_$][\w$]*/y;
const WORDS: ReadonlyMap<string, boolean | null> = new Map([
  ["true", true],
  ["false", false],
  ["null", null],
]);

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): JsonNode {
    this.#skipSpace();
    const node = this.#value("", 0);
    this.#skipSpace();
    if (this.#at < this.#text.length) this.#fail("nothing may follow the end of the value, but there is");
    return node;
  }

  #value(path: string, depth: number): JsonNode {
    const offset = this.#at;
    const first = this.#text[offset];
    if (first === "{" || first === "[") {
      if (depth === MAX_DEPTH) throw new JsonError("depth", offset, `it nests deeper than ${MAX_DEPTH} levels`);
      return first === "{" ? this.#object(path, depth + 1) : this.#array(path, depth + 1);
    }
    if (first === '"') return { kind: "scalar", offset, value: this.#string() };
    const number = this.#take(NUMBER);
    if (number !== undefined) return { kind: "scalar", offset, value: Number(number) };
    const value = WORDS.get(this.#take(WORD) ?? "");
    if (value !== undefined) return { kind: "scalar", offset, value };
    this.#at = offset;
    return this.#fail("expected a value, found");
  }

  #object(path: string, depth: number): JsonObject {
    const offset = this.#at;
    const members: JsonMember[] = [];
    const seen = new Map<string, number>();
    this.#list("}", () => {
      const nameOffset = this.#at;
      if (this.#text[nameOffset] !== '"') this.#fail("expected a name in double quotes, found");
      const name = this.#string();
      const inner = path === "" ? name : `${path}.${name}`;
      const before = seen.get(name);
      if (before !== undefined) {
        const { line } = locate(this.#text, before);
        throw new JsonError("duplicate", nameOffset, `duplicate key ${inner}, which line ${line} has already`);
      }
      seen.set(name, nameOffset);
      this.#skipSpace();
      if (!this.#skip(":")) this.#fail("expected a colon, found");
      this.#skipSpace();
      members.push({ name, offset: nameOffset, node: this.#value(inner, depth) });
    });
    return { kind: "object", offset, members };
  }

  #array(path: string, depth: number): JsonArray {
    const offset = this.#at;
    const items: JsonNode[] = [];
    this.#list("]", () => {
      items.push(this.#value(`${path}[${items.length}]`, depth));
    });
    return { kind: "array", offset, items };
  }

  /** The opening bracket, elements with commas between them, and the closing bracket. */
  #list(close: string, readElement: () => void): void {
    this.#at += 1;
    this.#skipSpace();
    if (this.#skip(close)) return;
    for (;;) {
      readElement();
      this.#skipSpace();
      if (this.#skip(close)) return;
      const comma = this.#at;
      if (!this.#skip(",")) this.#fail(`expected a comma or ${close}, found`);
      this.#skipSpace();
      if (this.#text[this.#at] === close) {
        throw new JsonError("syntax", comma, `JSON allows no comma before ${close}; remove it`);
      }
    }
  }

  #string(): string {
    const start = this.#at;
    let at = start + 1;
    for (; this.#text[at] !== '"'; at += 1) {
      const unit = this.#text.charCodeAt(at);
      if (Number.isNaN(unit)) throw new JsonError("syntax", start, "this string does not end");
      if (unit < 0x20)
        throw new JsonError("syntax", at, "a line break, tab or other control character in a string must be escaped");
      if (unit !== 0x5c) continue;
      ESCAPE.lastIndex = at;
      if (!ESCAPE.test(this.#text)) {
        throw new JsonError("syntax", at, "no such escape in JSON; a backslash itself is written \\\\");
      }
      at = ESCAPE.lastIndex - 1;
    }
    this.#at = at + 1;
    return JSON.parse(this.#text.slice(start, this.#at)) as string;
  }

  #skipSpace(): void {
    this.#take(SPACE);
  }

  #skip(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  #fail(expectation: string): never {
    const rest = this.#text.slice(this.#at, this.#at + 2);
    if (rest === "//" || rest === "/*") {
      throw new JsonError("syntax", this.#at, "JSON has no comments; remove this one");
    }
    const found = this.#text.codePointAt(this.#at);
    const shown = found === undefined ? "the end of the text" : String.fromCodePoint(found);
    throw new JsonError("syntax", this.#at, `${expectation} ${shown}`);
  }
}
