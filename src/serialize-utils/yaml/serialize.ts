import type { Document, Node } from "yaml";
import { SealtraceError } from "../../record/index.ts";
import { RICH_KEY, type Form } from "../json/format.ts";
import { RichTree } from "../json/rich-tree.ts";
import { knownClasses, type ClassRegistry } from "../values/class-registry.ts";
import type { PlainObject } from "../values/plain-data.ts";
import { loadYaml } from "./library.ts";
import { CLASS_OF_TAG, CLASS_TAG, YAML_TAG } from "./tags.ts";

export interface YamlOptions {
  /** Classes whose instances may be written, by name; those of others are written as their `toJSON` says, or refused. Default: none. */
  readonly classes?: ClassRegistry | undefined;
}

/**
 * A value as a YAML 1.2 document, plain or rich (`tags.ts`): what survives in JSON survives here. Throws SEALTRACE_VALUE_UNSUPPORTED, naming the place,
 * for what has no form, and for what is nested more than 500 levels deep.
 */
export function serializeToYaml(value: unknown, { classes }: YamlOptions = {}): string {
  const tree = new RichTree(knownClasses(classes), true, "YAML");
  const plain = tree.of(value);
  if (tree.depth > MAX_DEPTH) throw tooDeep();
  const { Document } = loadYaml();
  const document = new Document(null);
  document.contents = nodeOf(plain);
  const text = write(document);
  // At the very beginning it would be a byte order mark, which readers take away.
  return text.startsWith("\uFEFF") ? `---\n${text}` : text;
}

/** The library recurses. */
const MAX_DEPTH = 500;

function write(document: Document): string {
  try {
    return document.toString({ lineWidth: 0 });
  } catch (cause) {
    if (cause instanceof RangeError) throw tooDeep(cause);
    throw new SealtraceError("SEALTRACE_VALUE_UNSUPPORTED", `It can't be written as YAML: ${String(cause)}`, { cause });
  }
}

function tooDeep(cause?: unknown): SealtraceError {
  return new SealtraceError(
    "SEALTRACE_VALUE_UNSUPPORTED",
    `It is nested too deeply for YAML, which takes ${MAX_DEPTH} levels here: write it as JSON.`,
    { cause },
  );
}

function nodeOf(value: unknown): Node {
  const { Scalar } = loadYaml();
  if (typeof value !== "object" || value === null) return new Scalar(value);
  if (Array.isArray(value)) return sequenceOf(value);
  return Object.hasOwn(value, RICH_KEY) ? formOf(value as Form) : mappingOf(Object.entries(value));
}

function sequenceOf(items: readonly unknown[]): Node {
  const sequence = new (loadYaml().YAMLSeq)();
  sequence.items = items.map(nodeOf);
  return sequence;
}

function mappingOf(entries: Iterable<readonly [unknown, unknown]>): Node {
  const { Pair, YAMLMap } = loadYaml();
  const mapping = new YAMLMap<Node, Node>();
  for (const [key, item] of entries) mapping.items.push(new Pair(nodeOf(key), nodeOf(item)));
  return mapping;
}

function formOf(form: Form): Node {
  const { Alias } = loadYaml();
  const { [RICH_KEY]: type, id } = form;
  if (typeof type === "number") return new Alias(`a${type}`);
  const node = nodeOfForm(String(type), form);
  if (id !== undefined) (node as { anchor?: string }).anchor = `a${id}`;
  return node;
}

function nodeOfForm(type: string, { name = "", length, value }: Form): Node {
  const { Scalar } = loadYaml();
  switch (type) {
    case "Object":
      return mappingOf(Object.entries(value as PlainObject));
    case "Array":
      return sequenceOf(value as unknown[]);
    case "Number":
      return new Scalar(Number(value));
    case "undefined":
      return tagged("!undefined", new Scalar(""));
    case "Date":
      return value === null ? tagged("!Date", new Scalar(null)) : tagged(`${YAML_TAG}timestamp`, new Scalar(value));
    case "Uint8Array":
      return tagged(`${YAML_TAG}binary`, new Scalar(value));
    case "Set":
      return tagged(`${YAML_TAG}set`, mappingOf((value as unknown[]).map((item) => [item, null])));
    case "Map":
      return tagged("!Map", mappingOf(pairs(value as unknown[])));
    case "SparseArray":
      return tagged("!SparseArray", sequenceOf([length, ...(value as unknown[])]));
    case "class":
      return instanceOf(name, value);
    case "Error":
      return tagged("!Error", mappingOf(Object.entries(value as PlainObject)));
    default:
      return tagged(`!${type}`, nodeOf(value));
  }
}

/** A node has one tag. */
function instanceOf(name: string, content: unknown): Node {
  const isForm = typeof content === "object" && content !== null && Object.hasOwn(content, RICH_KEY);
  // YAML takes "!" for the end of a handle.
  const tag = encodeURIComponent(name.toWellFormed()).replaceAll("!", "%21");
  return isForm ? tagged(CLASS_OF_TAG + tag, sequenceOf([content])) : tagged(CLASS_TAG + tag, nodeOf(content));
}

function tagged(tag: string, node: Node): Node {
  node.tag = tag;
  return node;
}

function* pairs(items: readonly unknown[]): Generator<[unknown, unknown]> {
  for (let i = 0; i < items.length; i += 2) yield [items[i], items[i + 1]];
}
