import { SealtraceError } from "../../record/index.ts";
import { isPlainObject, type PlainObject } from "../values/plain-data.ts";
import { placeOf } from "../values/place.ts";
import { unsupportedValue } from "../values/rich-types.ts";

interface Frame {
  readonly container: object;
  /** Sorted; an array has none. */
  readonly keys: readonly string[] | undefined;
  readonly length: number;
  index: number;
}

/**
 * The one canonical JSON of plain data (RFC 8785, JCS), for hashing and signing: keys in the order of their UTF-16 units, no white space, numbers as ECMAScript
 * writes them. Equal data gives equal text, whatever the order of its keys; -0 is 0, and an object that stands twice is written twice. Rich values have no
 * canonical form: make plain data of them first.
 *
 * Throws SEALTRACE_VALUE_UNSUPPORTED, naming the place, for anything that isn't plain data, for what I-JSON (RFC 7493) forbids (lone surrogates, NaN,
 * infinities), for undefined, which others would silently leave out, and for cycles.
 */
export function canonicalJson(value: unknown): string {
  const pieces: string[] = [];
  const stack: Frame[] = [];
  const open = new Set<object>();
  const refuse = (refused: unknown): SealtraceError =>
    unsupportedValue(
      refused,
      "Canonical JSON",
      placeOf(stack.map(({ keys, index }) => keys?.[index - 1] ?? index - 1)),
    );
  const text = (string: string): string => {
    if (string.isWellFormed()) return JSON.stringify(string);
    throw new SealtraceError(
      "SEALTRACE_VALUE_UNSUPPORTED",
      "Canonical JSON has no lone surrogates: use text.toWellFormed() if they may be replaced.",
    );
  };
  const write = (item: unknown): void => {
    if (typeof item === "string") {
      pieces.push(text(item));
    } else if (typeof item === "boolean" || item === null || (typeof item === "number" && Number.isFinite(item))) {
      pieces.push(JSON.stringify(item));
    } else if (typeof item === "object" && !open.has(item) && isPlainContainer(item)) {
      const keys = Array.isArray(item) ? undefined : Object.keys(item).sort();
      pieces.push(keys === undefined ? "[" : "{");
      open.add(item);
      stack.push({ container: item, keys, length: (keys ?? (item as unknown[])).length, index: 0 });
    } else {
      throw refuse(item);
    }
  };
  write(value);
  for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
    const { container, keys, length, index } = frame;
    if (index === length) {
      pieces.push(keys === undefined ? "]" : "}");
      open.delete(container);
      stack.pop();
      continue;
    }
    frame.index += 1;
    if (index > 0) pieces.push(",");
    const key = keys?.[index];
    if (key !== undefined) pieces.push(text(key), ":");
    write((container as PlainObject)[key ?? index]);
  }
  return pieces.join("");
}

function isPlainContainer(value: object): boolean {
  return Array.isArray(value) || isPlainObject(value);
}
