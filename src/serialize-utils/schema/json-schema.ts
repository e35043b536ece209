import { createRequire } from "node:module";
import type { Schema, Validator } from "@cfworker/json-schema";
import { SealtraceError } from "../../record/index.ts";
import { DEFAULT_MAX_DEPTH, DEFAULT_MAX_VALUES } from "../limits.ts";
import { isPlainObject } from "../values/plain-data.ts";
import type { SchemaIssue, SchemaResult, StandardSchema } from "./standard-schema.ts";

/**
 * A JSON Schema (draft 2020-12) as a validator for `decode`, `readFile` and whatever takes Standard Schema. It describes JSON data: a Map, a Date or a BigInt is
 * an issue of its own. `format` is checked. The schema is your own: its patterns are run as they are. Throws SEALTRACE_USAGE for a schema of another draft, one
 * with `$dynamicRef`, or one that refers to what it doesn't hold: nothing is ever fetched.
 */
export function jsonSchema<Output = unknown>(schema: object | boolean): StandardSchema<Output> {
  const { $schema = DRAFT } = schema as { readonly $schema?: unknown };
  if (typeof $schema !== "string" || $schema.replace(/#$/, "") !== DRAFT) {
    throw new SealtraceError("SEALTRACE_USAGE", `A JSON Schema must be of the draft 2020-12 (${DRAFT}).`);
  }
  const text = JSON.stringify(schema);
  if (text.includes('"$dynamicRef":')) {
    throw new SealtraceError("SEALTRACE_USAGE", "A JSON Schema with $dynamicRef can't be used: take $ref instead.");
  }
  const validator = newValidator(schema);
  const comparesItems = text.includes('"uniqueItems":true');
  const validate = (value: unknown): SchemaResult<Output> => {
    const foreign = firstForeign(value, comparesItems);
    if (foreign !== undefined) return { issues: [foreign] };
    const { valid, errors } = resultOf(validator, value);
    if (valid) return { value: value as Output };
    const causes = errors.filter(({ keyword }) => !ONLY_SAYS_THAT_A_PART_FAILED.has(keyword));
    const told = causes.length > 0 ? causes : errors;
    return { issues: told.map(({ instanceLocation, error }) => ({ message: error, path: pathOf(instanceLocation) })) };
  };
  return { "~standard": { version: 1, vendor: "sealtrace", validate } };
}

const DRAFT = "https://json-schema.org/draft/2020-12/schema";

/** Issues that stand beside those of the part. */
const ONLY_SAYS_THAT_A_PART_FAILED = new Set([
  "properties",
  "patternProperties",
  "items",
  "prefixItems",
  "$ref",
  "allOf",
  "dependentSchemas",
  "if",
]);

function newValidator(schema: object | boolean): Validator {
  const { Validator } = createRequire(import.meta.url)(
    "@cfworker/json-schema",
  ) as typeof import("@cfworker/json-schema");
  return unlessUnresolved(() => new Validator(schema as Schema, "2020-12", false));
}

function resultOf(validator: Validator, value: unknown): ReturnType<Validator["validate"]> {
  return unlessUnresolved(() => validator.validate(value));
}

function unlessUnresolved<T>(action: () => T): T {
  try {
    return action();
  } catch (cause) {
    const [sentence = ""] = (cause as Error).message.split("\n");
    throw new SealtraceError("SEALTRACE_USAGE", `The JSON Schema can't be used: ${sentence}`, { cause });
  }
}

/** Comparing each item with each other takes the square of their number. */
const MAX_COMPARED_ITEMS = 10_000;

/**
 * What is no JSON data, or has too many items to compare; without recursion. What stands in several places counts in each, as for the validator, so that a
 * cycle is too deep, and what references multiply is too much.
 */
function firstForeign(root: unknown, comparesItems: boolean): SchemaIssue | undefined {
  const left: { readonly value: unknown; readonly path: Path | undefined }[] = [{ value: root, path: undefined }];
  let count = 0;
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const { value, path } = next;
    const found = (message: string): SchemaIssue => ({ message, path: keysOf(path) });
    count += 1;
    if (count > DEFAULT_MAX_VALUES) return found("is more than can be validated");
    if (value === null || typeof value === "string" || typeof value === "boolean") continue;
    if (typeof value === "number" && Number.isFinite(value)) continue;
    if (typeof value !== "object" || !(Array.isArray(value) || isPlainObject(value))) {
      return found("is no JSON data, which is all that a JSON Schema describes");
    }
    const depth = (path?.depth ?? 0) + 1;
    if (depth > DEFAULT_MAX_DEPTH) return found("is nested too deeply, or within itself");
    if (comparesItems && Array.isArray(value) && value.length > MAX_COMPARED_ITEMS) {
      return found(`has more than ${MAX_COMPARED_ITEMS} items, too many for uniqueItems`);
    }
    for (const [key, child] of Object.entries(value)) left.push({ value: child, path: { key, depth, parent: path } });
  }
  return undefined;
}

interface Path {
  readonly key: string;
  readonly depth: number;
  readonly parent: Path | undefined;
}

function keysOf(path: Path | undefined): string[] {
  const keys: string[] = [];
  for (let at = path; at !== undefined; at = at.parent) keys.push(at.key);
  return keys.reverse();
}

/** `#/a~1b/0` */
function pathOf(pointer: string): string[] {
  const keys = pointer.split("/").slice(1);
  return keys.map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
}
