import { format, types } from "node:util";
import type { Censor } from "../record/index.ts";
import { formatValue } from "../serialize-utils/essentials/index.ts";

/**
 * What `util.format` makes of the values, which is what the console shows; but objects are shown redacted, and as far as
 * can be without running the program's code.
 */
export function formatMessage(values: readonly unknown[], censor: Censor): string {
  if (values.length === 1 && typeof values[0] === "string") return values[0];
  try {
    return formatShown(values, censor);
  } catch {
    // `%j` of a BigInt throws, in util.format too; a log call must not.
    return values.map((value) => (typeof value === "string" ? value : formatValue(value, censor))).join(" ");
  }
}

function formatShown(values: readonly unknown[], censor: Censor): string {
  return format(...values.map((value) => (isObject(value) ? new Verbatim(show(value, censor)) : value)));
}

function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

function show(value: object, censor: Censor): string {
  const text = formatValue(value, censor);
  if (!types.isNativeError(value)) return text;
  const { type, message, stack } = JSON.parse(text) as { type: string; message: string; stack: string };
  return stack === "" ? `${type}: ${message}` : stack;
}

/** Stands for a value in `util.format` and prints itself, whatever the placeholder. */
class Verbatim {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }

  toJSON(): unknown {
    try {
      return JSON.parse(this.#text);
    } catch {
      return this.#text;
    }
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.#text;
  }
}
