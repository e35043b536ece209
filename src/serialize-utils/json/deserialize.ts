import { checkText } from "../content-argument.ts";
import {
  checkLimits,
  DEFAULT_MAX_BYTES,
  DEFAULT_MAX_DEPTH,
  DEFAULT_MAX_VALUES,
  limitExceeded,
  type ReadingLimits,
} from "../limits.ts";
import { knownClasses, type ClassRegistry } from "../values/class-registry.ts";
import { RICH_KEY } from "./format.ts";
import { isDeeperThan } from "./nesting.ts";
import { Reviver } from "./revive.ts";
import { syntaxError } from "./syntax-error.ts";
import { checkCounts, refuseDuplicateKeys } from "./text-scan.ts";

export interface JsonReadingOptions extends ReadingLimits {
  /** Classes whose instances may be made, by the names under which they were written. Default: none. */
  readonly classes?: ClassRegistry | undefined;
  /** False: an object with the key `$rich` is one like any other. Default: true. */
  readonly rich?: boolean | undefined;
  /**
   * What becomes of an object that has a key twice. `last`: the last one counts, as for JSON.parse and most others; a program that takes the first sees another
   * value. `refuse`: SEALTRACE_INVALID_DATA that names the key; takes two and a half times the time. Default: `last`.
   */
  readonly duplicateKeys?: "last" | "refuse" | undefined;
}

/**
 * The value of a JSON text (RFC 8259), plain or rich (`format.ts`); numbers become the nearest that JavaScript has. Nothing in a text is ever run or looked up:
 * `__proto__` and `constructor` are keys like others, and a class must be registered. The time is checked while rich data is put together; what comes
 * before can't be interrupted, and is bounded by `maxBytes` (of the text in UTF-8).
 *
 * Throws SEALTRACE_INVALID_DATA, SEALTRACE_DATA_TRUNCATED (it ends too early), SEALTRACE_DATA_TRAILING or SEALTRACE_DATA_CONCATENATED (something, or another JSON
 * text, follows), SEALTRACE_LIMIT_EXCEEDED, SEALTRACE_TYPE_REFUSED (an unknown type or class).
 */
export function deserializeFromJson(text: string, options: JsonReadingOptions = {}): unknown {
  checkText(text);
  checkLimits(options);
  const { maxDepth = DEFAULT_MAX_DEPTH, maxValues = DEFAULT_MAX_VALUES } = options;
  checkSize(text, options.maxBytes ?? DEFAULT_MAX_BYTES);
  // A level takes two characters, and so does a value: most texts are too short to be worth a look.
  if (text.length >= 2 * maxValues) checkCounts(text, maxDepth, maxValues);
  let value: unknown;
  try {
    value = JSON.parse(text) as unknown;
  } catch (cause) {
    throw syntaxError(text, cause as SyntaxError);
  }
  const isPlain = options.rich === false || !mayBeRich(text);
  const refusesDuplicateKeys = options.duplicateKeys === "refuse";
  // Otherwise it is seen on the way, when the value is revived.
  if ((isPlain || refusesDuplicateKeys) && text.length >= 2 * maxDepth && isDeeperThan(value, maxDepth)) {
    throw limitExceeded("maxDepth", maxDepth);
  }
  if (refusesDuplicateKeys) refuseDuplicateKeys(text);
  if (isPlain) return value;
  return new Reviver(knownClasses(options.classes), options, maxDepth).revive(value);
}

function checkSize(text: string, maxBytes: number): void {
  // A UTF-16 unit is at most three bytes.
  if (text.length * 3 > maxBytes && Buffer.byteLength(text) > maxBytes) throw limitExceeded("maxBytes", maxBytes);
}

/** The key's letters may also be written as `\u0024`. */
function mayBeRich(text: string): boolean {
  return text.includes(RICH_KEY) || text.includes(ESCAPED_LATIN);
}

const ESCAPED_LATIN = "\\u00";
