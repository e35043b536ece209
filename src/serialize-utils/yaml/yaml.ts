import { createRequire } from "node:module";
import { SealtraceError } from "../../record/index.ts";
import { DEFAULT_MAX_DEPTH, type ReadingLimits } from "../limits.ts";

/**
 * The value of a YAML 1.2 document. Throws SEALTRACE_INVALID_DATA, naming line and column, for what is wrong, too deeply nested, made huge by aliases, a
 * duplicate key, or more than one document.
 */
export function deserializeFromYaml(text: string, { maxDepth = DEFAULT_MAX_DEPTH }: ReadingLimits = {}): unknown {
  const { Composer, Lexer, LineCounter, Parser } = loadYaml();
  const lines = new LineCounter();
  const fail = (message: string, offset: number, cause?: unknown): never => {
    const { line, col } = lines.linePos(offset);
    throw new SealtraceError(
      "SEALTRACE_INVALID_DATA",
      `It is no YAML that can be read: line ${line}, column ${col}: ${message}`,
      { cause },
    );
  };
  const parser = new Parser(lines.addNewLine);
  const composer = new Composer({ uniqueKeys: true, stringKeys: false });
  lines.addNewLine(0);
  const tokens = [];
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) tokens.push(token);
    // Composing recurses: what is too deep is refused before.
    if (parser.stack.length > maxDepth && parser.stack.filter(isCollection).length > maxDepth) {
      fail(`nested more than ${maxDepth} levels deep; if that is right, raise maxDepth`, parser.offset);
    }
  }
  for (const token of parser.end()) tokens.push(token);
  const [document, second] = [...composer.compose(tokens, true, text.length)];
  if (document === undefined) return null;
  const [error] = document.errors;
  if (error !== undefined) fail(error.message, error.pos[0], error);
  if (second !== undefined) fail("a second document begins; only one is expected", second.range[0]);
  try {
    return document.toJS({ maxAliasCount: MAX_ALIASES }) as unknown;
  } catch (cause) {
    return fail((cause as Error).message, 0, cause);
  }
}

/** A value as a YAML 1.2 document. Throws SEALTRACE_INVALID_DATA for what YAML has no form for: functions, symbols. */
export function serializeToYaml(value: unknown): string {
  try {
    const text = loadYaml().stringify(value, { lineWidth: 0, aliasDuplicateObjects: true }) as string | undefined;
    // At the very beginning it would be a byte order mark, which readers take away.
    if (text?.startsWith("\uFEFF") === true) return `---\n${text}`;
    if (text !== undefined) return text;
  } catch (cause) {
    throw new SealtraceError("SEALTRACE_INVALID_DATA", `It can't be written as YAML: ${(cause as Error).message}.`, {
      cause,
    });
  }
  throw new SealtraceError(
    "SEALTRACE_INVALID_DATA",
    `YAML has no form for ${typeof value}: replace it or leave it out.`,
  );
}

/** What an alias may multiply to. */
const MAX_ALIASES = 100;

/** Also on the parser's stack: the document, and a scalar at the end. */
function isCollection({ type }: { readonly type: string }): boolean {
  return type === "block-map" || type === "block-seq" || type === "flow-collection";
}

/** Loaded when it is first needed: that takes longer than all of sealtrace. */
function loadYaml(): typeof import("yaml") {
  return (yaml ??= createRequire(import.meta.url)("yaml") as typeof import("yaml"));
}
let yaml: typeof import("yaml") | undefined;
