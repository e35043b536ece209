import { functions, addFunction, MAX_INSTRUMENTED } from "./function-table.ts";
import { HELPERS_KEY } from "./helpers.ts";
import { ChangedText, placeOf } from "./insertions.ts";
import { instrument } from "./instrument.ts";
import { parseSource, type Dialect } from "./syntax.ts";

/** Beyond this a text is most likely data, and parsing would take seconds. UTF-16 units. */
export const LONGEST_SOURCE: number = 4 * 1024 * 1024;

/** An instrumented file: all that is needed to tell about it as if it were not. */
export interface SourceFile {
  readonly number: number;
  /** Absolute path, or URL where there is none. */
  readonly name: string;
  readonly url: string;
  /** The original is without types when the file is TypeScript. */
  readonly text: ChangedText;
  readonly dialect: Dialect;
  readonly functions: number;
  readonly skippedFunctions: number;
}

const files: SourceFile[] = [];
/** By everything that a stack may call the file: its path and its URL. */
const byName = new Map<string, SourceFile>();

export function fileByNumber(number: number): SourceFile | undefined {
  return files[number];
}

/** The instrumented file that scripts of this name (a path or a URL) come from. */
export function fileByName(name: string): SourceFile | undefined {
  return byName.get(name);
}

/**
 * Instruments the text of a file, which is from then on known by its path and URL; undefined when there is nothing to
 * do. Throws when the text can't be parsed in any of the dialects.
 */
export function instrumentFile(
  path: string,
  url: string,
  text: string,
  dialects: readonly Dialect[],
  helpersUrl: string,
): SourceFile | undefined {
  const known = byName.get(url);
  if (known?.text.original === text) return known;
  const [program, dialect] = parseAny(text, dialects);
  const prefix = freePrefix(text);
  const firstId = functions.length;
  const found = instrument(text, program, {
    dialect,
    prefix,
    file: files.length,
    firstId,
    prologue: prologue(dialect, prefix, helpersUrl),
  });
  if (found.insertions.length === 0) return undefined;
  if (dialect !== "module" && OWN_GLOBAL_THIS.test(text)) throw new RangeError("globalThis is another thing here");
  if (firstId + found.functions.length > MAX_INSTRUMENTED) throw new RangeError("too many functions");
  const changed = new ChangedText(text, found.insertions);
  for (const { name, offset, parameters } of found.functions) {
    addFunction({ name, file: path, ...placeOf(changed.lineStarts, offset) }, parameters);
  }
  const file: SourceFile = {
    number: files.length,
    name: path,
    url,
    text: changed,
    dialect,
    functions: found.functions.length,
    skippedFunctions: found.skipped,
  };
  files.push(file);
  byName.set(path, file);
  byName.set(url, file);
  return file;
}

function parseAny(text: string, dialects: readonly Dialect[]): [ReturnType<typeof parseSource>, Dialect] {
  let failure: unknown;
  for (const dialect of dialects) {
    try {
      return [parseSource(text, dialect), dialect];
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

/** A beginning for names that occurs nowhere in the text. */
function freePrefix(text: string): string {
  let prefix = "$t";
  for (let i = 0; text.includes(prefix); i += 1) prefix = `$t${i}_`;
  return prefix;
}

const HELPER_NAMES = ["N", "E", "V", "T", "X", "S", "R", "Y", "C", "W", "L"];

/** As constants of the module, for code that reads them from elsewhere is not inlined. */
function prologue(dialect: Dialect, prefix: string, helpersUrl: string): string {
  if (dialect === "module") {
    const names = HELPER_NAMES.map((name) => `${name} as ${prefix}${name}`).join(",");
    return `import{${names}}from${JSON.stringify(helpersUrl)};`;
  }
  const names = HELPER_NAMES.map((name) => `${name}:${prefix}${name}`).join(",");
  return `const{${names}}=globalThis[${JSON.stringify(HELPERS_KEY)}];`;
}

/** A CommonJS module that has a variable of this name can't be given the helpers. */
const OWN_GLOBAL_THIS = /\b(?:var|let|const|function|class|import)\s+globalThis\b|[,{]\s*globalThis\s*[=,}]/;
