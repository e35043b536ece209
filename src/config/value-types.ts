import picomatch from "picomatch";
import { LEVEL_NAMES, isLevel } from "../record/index.ts";
import { nearestNames, suggestion } from "./nearest.ts";
import { printable } from "./printable.ts";

export interface Problem {
  /** The end of a sentence that begins with the key: `must be true or false, but is 3`. */
  readonly text: string;
  /** A sentence on what was meant, with a space before it. */
  readonly hint?: string;
  /** The element of a list that is wrong; left out when it is the whole value. */
  readonly index?: number;
}

/** One kind of value that a key can have. */
export interface ValueType {
  /** For people: "boolean", "list of globs". */
  readonly label: string;
  /** JSON Schema (draft 7) of the value. */
  readonly schema: Readonly<Record<string, unknown>>;
  /** What is wrong with a value; undefined when nothing is. */
  readonly problem: (value: unknown) => Problem | undefined;
  /** The value that the text of an environment variable stands for. A text that stands for none is returned as it is, and refused. */
  readonly parse: (text: string) => unknown;
}

const WORDS: ReadonlyMap<string, boolean> = new Map([
  ["true", true],
  ["1", true],
  ["false", false],
  ["0", false],
]);

export const BOOLEAN: ValueType = {
  label: "boolean",
  schema: { type: "boolean" },
  problem: (value) =>
    typeof value === "boolean" ? undefined : { text: `must be true or false, but is ${show(value)}` },
  parse: (text) => WORDS.get(text.toLowerCase()) ?? text,
};

export const LEVEL: ValueType = {
  label: LEVEL_NAMES.map((name) => `\`${name}\``).join(", "),
  schema: { type: "string", enum: LEVEL_NAMES },
  problem: (value) => {
    if (isLevel(value)) return undefined;
    const hint = typeof value === "string" ? suggestion(nearestNames(value, LEVEL_NAMES)) : "";
    return { text: `must be one of ${LEVEL_NAMES.join(", ")}, but is ${show(value)}`, hint };
  },
  parse: (text) => (isLevel(text.toUpperCase()) ? text.toUpperCase() : text),
};

export const DIRECTORY: ValueType = {
  label: "path",
  schema: { type: "string", minLength: 1 },
  problem: (value) =>
    typeof value === "string" && value !== "" && !value.includes("\0")
      ? undefined
      : { text: `must be the path of a directory, but is ${show(value)}` },
  parse: (text) => text,
};

export const GLOBS: ValueType = {
  label: "list of globs",
  schema: { type: "array", items: { type: "string", minLength: 1, not: { pattern: "^!(?!\\()" } } },
  problem: (value) => {
    if (!Array.isArray(value)) return { text: `must be a list of globs, but is ${show(value)}` };
    for (const [index, glob] of (value as unknown[]).entries()) {
      const text = globProblem(glob);
      if (text !== undefined) return { text, index };
    }
    return undefined;
  },
  parse: parseList,
};

/** The matcher of one glob, for paths with forward slashes. Throws when the glob can't be understood. */
export function compileGlob(glob: string, nocase = false): (path: string) => boolean {
  // The fast paths of picomatch 4.0.7 forget `dot` for files at the top: `**/*.js` would not match `.a.js`.
  return picomatch(glob, { dot: true, windows: false, debug: true, fastpaths: false, nocase });
}

function globProblem(glob: unknown): string | undefined {
  if (typeof glob !== "string" || glob === "") return `must be a glob, but is ${show(glob)}`;
  if (/^!(?!\()/.test(glob)) return `must not begin with "!": name in tracing.exclude what is not to be traced`;
  try {
    compileGlob(glob);
    return undefined;
  } catch {
    return `must be a glob, but ${show(glob)} can't be understood`;
  }
}

/** A JSON array, or what stands between commas; a comma in braces belongs to a glob. */
function parseList(text: string): unknown {
  if (/^\s*\[\s*["\]]/.test(text)) {
    try {
      return JSON.parse(text);
    } catch {
      return text;
    }
  }
  const items = [""];
  let depth = 0;
  for (const part of text.match(/\\.|[^]/g) ?? []) {
    if (part === "{") depth += 1;
    if (part === "}") depth -= 1;
    if (part === "," && depth <= 0) items.push("");
    else items.push((items.pop() ?? "") + part);
  }
  return items.map((item) => item.trim()).filter((item) => item !== "");
}

/** A value as it may stand in a message. */
function show(value: unknown): string {
  if (Array.isArray(value)) return "an array";
  if (typeof value === "object" && value !== null) return "an object";
  if (typeof value === "string") return printable(JSON.stringify(value), 60);
  return String(value);
}
