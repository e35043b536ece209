import { SealtraceError } from "../../record/index.ts";
import { knownClasses, type ClassRegistry } from "../values/class-registry.ts";
import { deepJsonText } from "./deep-text.ts";
import { isPlainTree } from "./plain-walk.ts";
import { RichTree } from "./rich-tree.ts";

export interface JsonOptions {
  /** Spaces a level, at most 10; 0 writes one line. What is nested more than 400 levels deep is written in one line. Default: 0. */
  readonly indent?: number | undefined;
  /** Classes whose instances may be written, by name; those of others are written as their `toJSON` says, or refused. Default: none. */
  readonly classes?: ClassRegistry | undefined;
  /**
   * False: only what every JSON parser understands. What plain JSON would lose or change is refused, except that properties which are undefined are left
   * out, and that an object which stands in two places is written twice. Default: true.
   */
  readonly rich?: boolean | undefined;
}

/**
 * A value as JSON. Plain data gives what JSON.stringify gives, byte for byte; dates, maps, sets, big integers, errors, typed arrays, undefined, -0, NaN, holes,
 * `Symbol.for()`, cycles and more stand in the form that `format.ts` describes, and come back through {@link deserializeFromJson}. A method `toJSON` is asked
 * where nothing better is known of an object. Properties that are not enumerable, or whose key is a symbol, are left out, as JSON.stringify does.
 *
 * Throws SEALTRACE_VALUE_UNSUPPORTED, naming the place (`user.tags[3]`), for what has no form: functions, other symbols, instances of unregistered classes, and
 * what throws while it is read.
 */
export function serializeToJson(value: unknown, options: JsonOptions = {}): string {
  const { indent = 0, classes, rich = true } = options;
  if (isPlain(value)) return textOf(value, indent);
  const tree = new RichTree(knownClasses(classes), rich);
  const plain = tree.of(value);
  return tree.depth > MAX_NATIVE_DEPTH ? deepJsonText(plain) : textOf(plain, indent);
}

/** So deep is the stack good for, wherever this is called; and deeper lines would be mostly spaces. A form has two levels. */
const MAX_NATIVE_DEPTH = 400;

function textOf(plain: unknown, indent: number): string {
  try {
    // V8 has a faster way when it is given nothing but the value.
    return indent === 0 ? JSON.stringify(plain) : JSON.stringify(plain, undefined, indent);
  } catch (cause) {
    throw tooLong(cause);
  }
}

function isPlain(value: unknown): boolean {
  try {
    return isPlainTree(value);
  } catch {
    // It is met again, where the place is known.
    return false;
  }
}

function tooLong(cause: unknown): SealtraceError {
  return new SealtraceError(
    "SEALTRACE_VALUE_UNSUPPORTED",
    `It can't be written as one JSON text (${(cause as Error).message}): write it in parts, as NDJSON.`,
    { cause },
  );
}
