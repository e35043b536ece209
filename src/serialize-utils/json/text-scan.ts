/** What can only be seen in the text of a JSON, not in the value. */
import { SealtraceError } from "../../record/index.ts";
import { limitExceeded } from "../limits.ts";

/** Throws SEALTRACE_LIMIT_EXCEEDED before anything is made of the text. Of a text that is no JSON it says nothing. */
export function checkCounts(text: string, maxDepth: number, maxValues: number): void {
  let depth = 0;
  let values = 1;
  for (let i = 0; i < text.length; i += 1) {
    switch (text.charCodeAt(i)) {
      case QUOTE:
        i = endOfString(text, i);
        break;
      case OPEN_BRACKET:
      case OPEN_BRACE:
        depth += 1;
        if (depth > maxDepth) throw limitExceeded("maxDepth", maxDepth, `at character ${i}`);
        i = endOfWhiteSpace(text, i + 1) - 1;
        if (!isCloser(text.charCodeAt(i + 1))) values += 1;
        break;
      case CLOSE_BRACKET:
      case CLOSE_BRACE:
        depth -= 1;
        break;
      case COMMA:
        values += 1;
    }
    if (values > maxValues) throw limitExceeded("maxValues", maxValues, `at character ${i}`);
  }
}

/** Throws SEALTRACE_INVALID_DATA if an object has a key twice, however it is written. The text must be JSON. */
export function refuseDuplicateKeys(text: string): void {
  /** Of each container that is open; an array has none. */
  const stack: (Set<string> | undefined)[] = [];
  for (let i = 0; i < text.length; i += 1) {
    switch (text.charCodeAt(i)) {
      case QUOTE: {
        const start = i;
        i = endOfString(text, i);
        const keys = stack.at(-1);
        // In an object, what a colon follows is a key.
        if (keys === undefined || text.charCodeAt(endOfWhiteSpace(text, i + 1)) !== COLON) break;
        const literal = text.slice(start + 1, i);
        const key = literal.includes("\\") ? (JSON.parse(`"${literal}"`) as string) : literal;
        if (keys.has(key)) throw duplicateKey(key, start);
        keys.add(key);
        break;
      }
      case OPEN_BRACE:
        stack.push(new Set());
        break;
      case OPEN_BRACKET:
        stack.push(undefined);
        break;
      case CLOSE_BRACKET:
      case CLOSE_BRACE:
        stack.pop();
    }
  }
}

function duplicateKey(key: string, position: number): SealtraceError {
  return new SealtraceError(
    "SEALTRACE_INVALID_DATA",
    `An object has the key ${JSON.stringify(key.slice(0, 100))} twice, at character ${position}: programs differ in which they take.`,
  );
}

/** The place of the quote that ends the string. */
function endOfString(text: string, start: number): number {
  for (let i = text.indexOf('"', start + 1); ; i = text.indexOf('"', i + 1)) {
    if (i < 0) return text.length;
    let backslashes = 0;
    while (text.charCodeAt(i - 1 - backslashes) === BACKSLASH) backslashes += 1;
    if (backslashes % 2 === 0) return i;
  }
}

function endOfWhiteSpace(text: string, start: number): number {
  let i = start;
  while (isWhiteSpace(text.charCodeAt(i))) i += 1;
  return i;
}

function isWhiteSpace(unit: number): boolean {
  return unit === 32 || unit === 10 || unit === 13 || unit === 9;
}

function isCloser(unit: number): boolean {
  return unit === CLOSE_BRACKET || unit === CLOSE_BRACE;
}

const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
const OPEN_BRACKET = 91;
const BACKSLASH = 92;
const CLOSE_BRACKET = 93;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;
