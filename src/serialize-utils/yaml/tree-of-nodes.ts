import type { LineCounter, Node, Pair, Scalar, YAMLMap } from "yaml";
import { SealtraceError } from "../../record/index.ts";
import { RICH_KEY, type Form } from "../json/format.ts";
import { DEFAULT_MAX_VALUES, ReadingBudget } from "../limits.ts";
import { setProperty, type PlainObject } from "../values/plain-data.ts";
import { richTypeNamed } from "../values/rich-types.ts";
import type { YamlReadingOptions } from "./options.ts";
import { loadYaml } from "./library.ts";
import { CLASS_OF_TAG, CLASS_TAG, YAML_TAG } from "./tags.ts";

/** One whose type isn't known yet. */
type OpenForm = { -readonly [Key in keyof Form]: Form[Key] };

/** What a key can be: an object is a form, or a collection. */
type Key = string | number | boolean | null | object;

/** What an anchor stands for. */
interface Anchored {
  /** For aliases: a scalar, or a form that refers to the object. */
  again: unknown;
  /** Values that it is when aliases are copies. */
  size: number;
}

/** What the core schema's tags make of a scalar. */
const CORE_TYPES: ReadonlyMap<string, string> = new Map([
  [`${YAML_TAG}str`, "string"],
  [`${YAML_TAG}int`, "number"],
  [`${YAML_TAG}float`, "number"],
  [`${YAML_TAG}bool`, "boolean"],
  [`${YAML_TAG}null`, "object"],
]);

/** Turns the nodes of a document into the tree that rich JSON would be (`json/format.ts`). Recurses: their depth is bounded already. */
export class TreeOfNodes {
  readonly #lines: LineCounter;
  readonly #budget: ReadingBudget;
  readonly #maxExpanded: number;
  readonly #anchors = new Map<string, Anchored>();
  #ids = 0;
  /** So far, when aliases are copies. */
  #expanded = 0;

  constructor(lines: LineCounter, options: YamlReadingOptions) {
    this.#lines = lines;
    this.#budget = new ReadingBudget(options);
    this.#maxExpanded = options.maxExpandedValues ?? DEFAULT_MAX_VALUES;
  }

  of(node: unknown): unknown {
    const { isAlias, isScalar } = loadYaml();
    this.#budget.spend(1);
    this.#count(1);
    if (node === null || node === undefined) return null;
    if (isAlias(node)) return this.#alias(node.source, node);
    const { anchor } = node as { readonly anchor?: string };
    if (isScalar(node)) return this.#scalar(node, anchor);
    return this.#collection(node as Node, anchor);
  }

  #count(values: number): void {
    this.#expanded += values;
    if (this.#expanded > this.#maxExpanded) {
      throw new SealtraceError(
        "SEALTRACE_LIMIT_EXCEEDED",
        `Its aliases make more than ${this.#maxExpanded} values of it. If that is right, raise maxExpandedValues.`,
      );
    }
  }

  #alias(source: string, node: Node): unknown {
    const anchored = this.#anchors.get(source);
    if (anchored === undefined) throw this.#invalid(`Unresolved alias ${source.slice(0, 100)}`, node);
    this.#count(anchored.size);
    return anchored.again;
  }

  #scalar(node: Scalar, anchor: string | undefined): unknown {
    const { tag } = node;
    const isPlain = tag === undefined || tag === "!" || CORE_TYPES.has(tag);
    const value = isPlain ? this.#coreScalar(tag, node) : this.#taggedScalar(tag, node);
    if (anchor === undefined) return value;
    let again = value;
    if (!isPlain && !IS_SMALL.has((value as Form)[RICH_KEY])) again = { [RICH_KEY]: this.#identify(value as Form) };
    this.#anchors.set(anchor, { again, size: 0 });
    return value;
  }

  /** The library leaves it at text where a core tag stands before what isn't written as such. */
  #coreScalar(tag: string | undefined, node: Scalar): unknown {
    const type = CORE_TYPES.get(tag ?? "");
    if (type === undefined || typeof node.value === type) return node.value;
    const value = coreValue(textOf(node));
    if (typeof value === type) return value;
    throw this.#invalid(`the scalar is not what its tag says`, node);
  }

  #taggedScalar(tag: string, node: Scalar): Form {
    const text = textOf(node);
    if (tag === `${YAML_TAG}timestamp`) return { [RICH_KEY]: "Date", value: isoOf(text) ?? text };
    if (tag === `${YAML_TAG}binary`) return { [RICH_KEY]: "Uint8Array", value: text.replace(/\s+/g, "") };
    if (tag === "!undefined") return { [RICH_KEY]: "undefined" };
    if (tag === "!Date" && text === "null") return { [RICH_KEY]: "Date", value: null };
    if (tag.startsWith(CLASS_TAG)) {
      return { [RICH_KEY]: "class", name: this.#className(tag, CLASS_TAG, node), value: untaggedValue(node) };
    }
    return { [RICH_KEY]: this.#typeOf(tag, node), value: text };
  }

  #collection(node: Node, anchor: string | undefined): unknown {
    const form: OpenForm = { [RICH_KEY]: undefined, value: undefined };
    const before = this.#expanded;
    let anchored: Anchored | undefined;
    // The anchor is known inside of what it stands at: so cycles close.
    if (anchor !== undefined) {
      anchored = { again: { [RICH_KEY]: this.#identify(form) }, size: 0 };
      this.#anchors.set(anchor, anchored);
    }
    this.#fill(form, node);
    if (anchored !== undefined) anchored.size = this.#expanded - before;
    const { [RICH_KEY]: type, id, value } = form;
    const isLiteral = type === "Object" && Object.hasOwn(value as object, RICH_KEY);
    return id === undefined && !isLiteral && (type === "Object" || type === "Array") ? value : form;
  }

  #fill(form: OpenForm, node: Node): void {
    const { isMap, isSeq } = loadYaml();
    const { tag = "!" } = node;
    if (isMap(node)) {
      if (tag === "!" || tag === `${YAML_TAG}map`) this.#mapping(form, node);
      else if (tag === `${YAML_TAG}set`) {
        form[RICH_KEY] = "Set";
        form.value = node.items.map((pair) => this.#member(pair, node));
      } else if (tag === "!Map") {
        form[RICH_KEY] = "Map";
        form.value = this.#entries(node.items).flat(1);
      } else if (tag.startsWith(CLASS_TAG)) {
        form[RICH_KEY] = "class";
        form.name = this.#className(tag, CLASS_TAG, node);
        form.value = this.#properties(node);
      } else {
        form[RICH_KEY] = this.#typeOf(tag, node);
        form.value = this.#properties(node);
      }
    } else if (isSeq(node)) {
      if (tag === `${YAML_TAG}omap`) {
        form[RICH_KEY] = "Map";
        form.value = node.items.flatMap((item) => this.#onlyEntry(item, node));
        return;
      }
      const items = node.items.map((item) => this.of(item));
      form.value = items;
      if (tag === "!" || tag === `${YAML_TAG}seq`) {
        form[RICH_KEY] = "Array";
      } else if (tag === "!SparseArray") {
        form[RICH_KEY] = "SparseArray";
        form.length = items.shift() as number;
      } else if (tag.startsWith(CLASS_OF_TAG)) {
        form[RICH_KEY] = "class";
        form.name = this.#className(tag, CLASS_OF_TAG, node);
        form.value = items[0];
      } else if (tag.startsWith(CLASS_TAG)) {
        form[RICH_KEY] = "class";
        form.name = this.#className(tag, CLASS_TAG, node);
      } else {
        form[RICH_KEY] = this.#typeOf(tag, node);
      }
    }
  }

  /** An object; a Map if a key is no plain scalar. */
  #mapping(form: OpenForm, node: YAMLMap): void {
    const entries = this.#entries(node.items);
    const isMap = entries.some(([key]) => typeof key === "object" && key !== null);
    form[RICH_KEY] = isMap ? "Map" : "Object";
    form.value = isMap ? entries.flat(1) : this.#objectOf(entries, node);
  }

  #entries(items: readonly Pair[]): [Key, unknown][] {
    return items.map(({ key, value }) => [this.of(key) as Key, this.of(value)]);
  }

  #properties(node: YAMLMap): PlainObject {
    return this.#objectOf(this.#entries(node.items), node);
  }

  #objectOf(entries: readonly [Key, unknown][], { items }: YAMLMap): PlainObject {
    const object: PlainObject = {};
    for (const [i, [key, value]] of entries.entries()) {
      if (typeof key === "object" && key !== null) {
        throw this.#invalid("the key of a property must be a scalar without a tag", items[i]?.key);
      }
      const name = key === null ? "" : String(key);
      if (Object.hasOwn(object, name)) {
        throw this.#invalid(
          `Map keys must be unique, and ${JSON.stringify(name.slice(0, 100))} is there twice`,
          items[i]?.key,
        );
      }
      setProperty(object, name, value);
    }
    return object;
  }

  #member({ key, value }: Pair, node: Node): unknown {
    const member = this.of(key);
    if (value !== null && this.of(value) !== null) throw this.#invalid("a set has no values beside its keys", node);
    return member;
  }

  #onlyEntry(item: unknown, node: Node): [unknown, unknown] {
    const { isMap } = loadYaml();
    const pair = isMap(item) && item.items.length === 1 ? item.items[0] : undefined;
    if (pair === undefined) throw this.#invalid("each item of an !!omap must have one key", node);
    return [this.of(pair.key), this.of(pair.value)];
  }

  #identify(form: Form): number {
    this.#ids += 1;
    form.id = this.#ids;
    return this.#ids;
  }

  /** The name of a local tag that rich JSON knows. */
  #typeOf(tag: string, node: Node): string {
    const type = tag.slice(1);
    if (tag.startsWith("!") && (type === "BigInt" || type === "Symbol" || richTypeNamed(type) !== undefined))
      return type;
    throw new SealtraceError(
      "SEALTRACE_TYPE_REFUSED",
      `The text asks for the type ${tag.slice(0, 100)}, which isn't known, ${this.#at(node)}.`,
    );
  }

  #className(tag: string, prefix: string, node: Node): string {
    try {
      return decodeURIComponent(tag.slice(prefix.length));
    } catch {
      throw this.#invalid("the name of a class is malformed", node);
    }
  }

  #at(node: unknown): string {
    const { line, col } = this.#lines.linePos((node as { readonly range?: readonly number[] } | null)?.range?.[0] ?? 0);
    return `line ${line}, column ${col}`;
  }

  #invalid(message: string, node: unknown): SealtraceError {
    return new SealtraceError(
      "SEALTRACE_INVALID_DATA",
      `It is no YAML that can be read: ${this.#at(node)}: ${message}`,
    );
  }
}

/** What has no identity: an alias gives the same value again. */
const IS_SMALL: ReadonlySet<unknown> = new Set(["undefined", "BigInt", "Symbol"]);

function textOf({ source, value }: Scalar): string {
  return typeof value === "string" ? value : (source ?? String(value));
}

/** What a scalar under a tag of our own would be without it. */
function untaggedValue(node: Scalar): unknown {
  return node.type === "PLAIN" ? coreValue(textOf(node)) : textOf(node);
}

/** YAML 1.2.2, section 10.3.2, without octal, hexadecimal and what is no number. */
function coreValue(text: string): unknown {
  if (/^(?:~|null|Null|NULL|)$/.test(text)) return null;
  if (/^(?:true|True|TRUE|false|False|FALSE)$/.test(text)) return text.toLowerCase() === "true";
  return /^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/.test(text) ? Number(text) : text;
}

const TIMESTAMP =
  /^(\d{4})-(\d\d?)-(\d\d?)(?:(?:[Tt]|[ \t]+)(\d\d?):(\d\d):(\d\d)(?:\.(\d*))?(?:[ \t]*(Z|([-+])(\d\d?)(?::?(\d\d))?))?)?$/;

/** A YAML timestamp as ISO 8601 in UTC; undefined for what is none. */
function isoOf(text: string): string | undefined {
  const match = TIMESTAMP.exec(text);
  if (match === null) return undefined;
  const [
    ,
    year,
    month,
    day,
    hour = 0,
    minute = 0,
    second = 0,
    fraction = "",
    ,
    sign,
    offsetHour = 0,
    offsetMinute = 0,
  ] = match;
  const time = Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
    Number(fraction.slice(0, 3).padEnd(3, "0")),
  );
  const offset = (Number(offsetHour) * 60 + Number(offsetMinute)) * 60_000;
  const date = new Date(sign === "-" ? time + offset : time - offset);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}
