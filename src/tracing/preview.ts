import { types } from "node:util";
import type { Censor } from "../record/index.ts";
import { formatValue, quote, type FormatLimits } from "../serialize-utils/essentials/index.ts";

/** How much of an argument or of a result is shown: calls are many, so less than of a field of a log record. */
export const CALL_LIMITS: FormatLimits = { depth: 2, items: 16, string: 256, total: 1024, stacks: false };
/** A message is the point of an exception, so more of it is shown. */
const MESSAGE_LIMITS: FormatLimits = { ...CALL_LIMITS, string: 1024 };

/** An argument or a result as JSON. */
export function previewValue(value: unknown, censor: Censor): string {
  if (typeof value === "object" && types.isNativeError(value)) return previewException(value, censor);
  return formatValue(value, censor, CALL_LIMITS);
}

/**
 * An exception as `{"type":...,"message":...}`. Its stack is not read: V8 makes the text when it is first asked for,
 * with what type and message are then, so that asking early would change what the program sees; and a program's own
 * `Error.prepareStackTrace` would run.
 */
export function previewException(error: unknown, censor: Censor): string {
  if (typeof error !== "object" || !types.isNativeError(error)) {
    const type = error === null ? "null" : typeof error;
    return `{"type":"${type}","message":${formatValue(error, censor, CALL_LIMITS)}}`;
  }
  const message = dataProperty(error, "message");
  const text = formatValue(typeof message === "string" ? message : "", censor, MESSAGE_LIMITS);
  return `{"type":${quote(censor.censorText(typeName(error)))},"message":${text}}`;
}

function typeName(error: Error): string {
  const constructor = dataProperty(error, "constructor");
  if (typeof constructor !== "function" || types.isProxy(constructor)) return "Error";
  const name: unknown = Object.getOwnPropertyDescriptor(constructor, "name")?.value;
  return typeof name === "string" && name !== "" ? name.slice(0, 128) : "Error";
}

/** A data property of the object or of its prototypes; neither getters nor proxies are asked. */
function dataProperty(object: object, key: string): unknown {
  let holder: object | null = object;
  for (let steps = 0; holder !== null && steps < 16 && !types.isProxy(holder); steps += 1) {
    const property = Object.getOwnPropertyDescriptor(holder, key);
    if (property !== undefined) return property.value;
    holder = Object.getPrototypeOf(holder) as object | null;
  }
  return undefined;
}
