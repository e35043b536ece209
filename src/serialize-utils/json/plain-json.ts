import { SealtraceError } from "../../record/index.ts";
import { DEFAULT_MAX_DEPTH, type ReadingLimits } from "../limits.ts";

/** The value of a JSON text (RFC 8259); numbers become the nearest that JavaScript has. Throws SEALTRACE_INVALID_DATA that says where it is wrong or too deeply nested. */
export function deserializeFromJson(text: string, { maxDepth = DEFAULT_MAX_DEPTH }: ReadingLimits = {}): unknown {
  checkDepth(text, maxDepth);
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new SealtraceError("SEALTRACE_INVALID_DATA", `It is no JSON: ${(cause as Error).message}.`, { cause });
  }
}

export interface JsonOptions {
  /** Spaces a level; 0 writes one line. Default: 0. */
  readonly indent?: number | undefined;
}

/**
 * Plain data as JSON. Throws SEALTRACE_INVALID_DATA, naming the place, for what JSON can't hold and would lose or change: undefined, functions, symbols,
 * NaN, infinities, big integers, maps, sets, typed arrays, cycles. What has a method `toJSON` is written as that says.
 */
export function serializeToJson(value: unknown, { indent = 0 }: JsonOptions = {}): string {
  try {
    const text = JSON.stringify(value, refuseLoss, indent) as string | undefined;
    if (text !== undefined) return text;
  } catch (cause) {
    if (cause instanceof SealtraceError) throw cause;
    const [sentence = ""] = (cause as Error).message.split("\n");
    throw new SealtraceError("SEALTRACE_INVALID_DATA", `It can't be written as JSON: ${sentence}.`, { cause });
  }
  throw unsupported("", value);
}

function refuseLoss(this: unknown, key: string, value: unknown): unknown {
  switch (typeof value) {
    case "function":
    case "symbol":
    case "bigint":
      throw unsupported(key, value);
    case "undefined":
      // A property that is undefined is as good as none; a missing element of an array is not. Nor is the whole, which is seen to afterwards.
      if (Array.isArray(this)) throw unsupported(key, value);
      return undefined;
    case "number":
      if (!Number.isFinite(value)) throw unsupported(key, value);
      return value;
    case "object":
      if (value instanceof Map || value instanceof Set || ArrayBuffer.isView(value)) throw unsupported(key, value);
      return value;
    default:
      return value;
  }
}

function unsupported(key: string, value: unknown): SealtraceError {
  const what =
    typeof value === "number" ? String(value) : typeof value === "object" ? value?.constructor.name : typeof value;
  const where = key === "" ? "the value" : `the value under ${JSON.stringify(key)}`;
  return new SealtraceError(
    "SEALTRACE_INVALID_DATA",
    `JSON has no ${what}, which ${where} is: replace it or leave it out.`,
  );
}

/** Brackets outside of strings, without recursion: a deep text must not cost the stack of whoever walks what it became. */
function checkDepth(text: string, maxDepth: number): void {
  let depth = 0;
  for (let i = 0; i < text.length; i += 1) {
    switch (text.charCodeAt(i)) {
      case QUOTE:
        i = endOfString(text, i);
        break;
      case OPEN_BRACKET:
      case OPEN_BRACE:
        depth += 1;
        if (depth > maxDepth) {
          throw new SealtraceError(
            "SEALTRACE_INVALID_DATA",
            `It is nested more than ${maxDepth} levels deep, at character ${i}. If that is right, raise maxDepth.`,
          );
        }
        break;
      case CLOSE_BRACKET:
      case CLOSE_BRACE:
        depth -= 1;
    }
  }
}

function endOfString(text: string, start: number): number {
  for (let i = text.indexOf('"', start + 1); ; i = text.indexOf('"', i + 1)) {
    if (i < 0) return text.length;
    let backslashes = 0;
    while (text.charCodeAt(i - 1 - backslashes) === BACKSLASH) backslashes += 1;
    if (backslashes % 2 === 0) return i;
  }
}

const QUOTE = 34;
const BACKSLASH = 92;
const OPEN_BRACKET = 91;
const CLOSE_BRACKET = 93;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;
