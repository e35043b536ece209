/** What is handed to a reader must be a content at all: anything else is the caller's mistake, and not a stranger's. */
import { types } from "node:util";
import { SealtraceError } from "../record/index.ts";

/** Throws SEALTRACE_USAGE for what is no string. */
export function checkText(content: unknown, what = "The text"): asserts content is string {
  if (typeof content === "string") return;
  throw new SealtraceError(
    "SEALTRACE_USAGE",
    `${what} must be a string, not ${kindOf(content)}${types.isUint8Array(content) ? ": decode the bytes as UTF-8 first" : ""}.`,
  );
}

/** Throws SEALTRACE_USAGE for what is no Uint8Array (or Buffer). */
export function checkBytes(content: unknown): asserts content is Uint8Array {
  if (types.isUint8Array(content)) return;
  throw new SealtraceError("SEALTRACE_USAGE", `The bytes must be a Uint8Array or Buffer, not ${kindOf(content)}.`);
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  return typeof value === "object" ? Object.prototype.toString.call(value).slice(8, -1) : `a ${typeof value}`;
}
