import { checkText } from "../content-argument.ts";
import type { Document } from "yaml";
import { SealtraceError } from "../../record/index.ts";
import { Reviver } from "../json/revive.ts";
import { checkLimits, DEFAULT_MAX_BYTES, DEFAULT_MAX_DEPTH, limitExceeded, ReadingBudget } from "../limits.ts";
import { knownClasses } from "../values/class-registry.ts";
import { loadYaml } from "./library.ts";
import type { YamlReadingOptions } from "./options.ts";
import { TreeOfNodes } from "./tree-of-nodes.ts";

/**
 * The value of a YAML 1.2 document (core schema), plain or rich (`tags.ts`). Merge keys and YAML 1.1 are not understood; a mapping that has a collection
 * as a key becomes a Map; the keys of others become strings. Throws SEALTRACE_INVALID_DATA, naming line and column, also for duplicate keys and for more
 * than one document; SEALTRACE_TYPE_REFUSED for unknown tags and classes; SEALTRACE_LIMIT_EXCEEDED.
 */
export function deserializeFromYaml(text: string, options: YamlReadingOptions = {}): unknown {
  checkText(text);
  checkLimits(options);
  const { maxBytes = DEFAULT_MAX_BYTES, classes } = options;
  if (text.length * 3 > maxBytes && Buffer.byteLength(text) > maxBytes) throw limitExceeded("maxBytes", maxBytes);
  try {
    const lines = new (loadYaml().LineCounter)();
    const document = compose(text, lines, options);
    if (document === undefined) return null;
    const tree = new TreeOfNodes(lines, options).of(document.contents);
    // How deep it is has been seen.
    return new Reviver(knownClasses(classes), options, Infinity).revive(tree);
  } catch (cause) {
    if (cause instanceof RangeError) throw tooDeep(cause);
    throw cause;
  }
}

type Lines = InstanceType<ReturnType<typeof loadYaml>["LineCounter"]>;

function compose(text: string, lines: Lines, options: YamlReadingOptions): Document | undefined {
  const { Composer, Lexer, Parser } = loadYaml();
  const { maxDepth = DEFAULT_MAX_DEPTH } = options;
  const budget = new ReadingBudget(options);
  const parser = new Parser(lines.addNewLine);
  lines.addNewLine(0);
  const tokens = [];
  for (const lexeme of new Lexer().lex(text)) {
    budget.tick();
    for (const token of parser.next(lexeme)) tokens.push(token);
    // Composing recurses: what is too deep is refused before.
    if (parser.stack.length > maxDepth && parser.stack.filter(isCollection).length > maxDepth) {
      throw limitExceeded("maxDepth", maxDepth, at(lines, parser.offset));
    }
  }
  for (const token of parser.end()) tokens.push(token);
  // Duplicate keys are looked for later: the library compares each with each.
  const composer = new Composer({
    version: "1.2", schema: "core", merge: false, resolveKnownTags: false, uniqueKeys: false, stringKeys: false, prettyErrors: false,
  }); // prettier-ignore
  let document: Document | undefined;
  for (const composed of composer.compose(tokens, true, text.length)) {
    if (document !== undefined)
      throw invalid(lines, "a second document begins; only one is expected", composed.range[0]);
    document = composed;
    const [error] = document.errors;
    if (error?.message.startsWith("Maximum call stack") === true) throw tooDeep(error);
    if (error !== undefined) throw invalid(lines, error.message, error.pos[0], error);
  }
  return document;
}

/** Also on the parser's stack: the document, and a scalar at the end. */
function isCollection({ type }: { readonly type: string }): boolean {
  return type === "block-map" || type === "block-seq" || type === "flow-collection";
}

function at(lines: Lines, offset: number): string {
  const { line, col } = lines.linePos(offset);
  return `line ${line}, column ${col}`;
}

function invalid(lines: Lines, message: string, offset: number, cause?: unknown): SealtraceError {
  return new SealtraceError(
    "SEALTRACE_INVALID_DATA",
    `It is no YAML that can be read: ${at(lines, offset)}: ${message}`,
    { cause },
  );
}

function tooDeep(cause: unknown): SealtraceError {
  return new SealtraceError("SEALTRACE_LIMIT_EXCEEDED", "It is nested more deeply than YAML can be read here.", {
    cause,
  });
}
