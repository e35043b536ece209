/**
 * What is more than plain data and survives in every format: how each type is taken apart into something simpler, and put together again. How the name of the
 * type stands beside its content is each format's own affair; where a format has a form of its own for a type, that is used instead.
 */
import { types } from "node:util";
import { SealtraceError } from "../../record/index.ts";
import { dateToText, timeFromText } from "./date-text.ts";
import { BUILT_IN_ERRORS, ERROR_TYPE } from "./errors.ts";
import { invalidContent } from "./invalid-content.ts";
import type { ContainerType, LeafType, RichType } from "./rich-type.ts";
import { TYPED_ARRAY_TYPES, typedArrayType } from "./typed-arrays.ts";
import { ITEMS_BETWEEN_LOOKS } from "./watched.ts";

const DATE: LeafType = {
  name: "Date",
  /** ISO 8601 in UTC; null for a date that is none. */
  takeApart: (value) => (Number.isNaN((value as Date).getTime()) ? null : dateToText(value as Date)),
  build: (content) => {
    if (content === null) return new Date(Number.NaN);
    const date = new Date(typeof content === "string" ? timeFromText(content) : Number.NaN);
    if (Number.isNaN(date.getTime())) throw invalidContent("Date", "a time as 2026-01-31T12:00:00.000Z, or null");
    return date;
  },
};

const REG_EXP: LeafType = {
  name: "RegExp",
  takeApart: (value) => {
    const { source, flags, lastIndex } = value as RegExp;
    return lastIndex === 0 ? [source, flags] : [source, flags, lastIndex];
  },
  /** Only made, never run: what a pattern from a stranger costs when it is run is its user's to bound. */
  build: (content) => {
    const [source, flags, lastIndex = 0] = Array.isArray(content) ? (content as unknown[]) : [];
    if (typeof source !== "string" || typeof flags !== "string" || !isIndex(lastIndex)) {
      throw invalidContent("RegExp", "an array of source and flags");
    }
    if (source.length > MAX_PATTERN) throw invalidContent("RegExp", `a pattern of at most ${MAX_PATTERN} characters`);
    try {
      return Object.assign(new RegExp(source, flags), { lastIndex });
    } catch (cause) {
      throw invalidContent("RegExp", "a pattern with flags that JavaScript knows", cause);
    }
  },
};

const MAX_PATTERN = 10_000;

function isIndex(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

const URL_TYPE: LeafType = {
  name: "URL",
  takeApart: (value) => (value as URL).href,
  build: (content) => {
    const url = typeof content === "string" ? URL.parse(content) : null;
    if (url === null) throw invalidContent("URL", "an absolute URL");
    return url;
  },
};

const URL_SEARCH_PARAMS: LeafType = {
  name: "URLSearchParams",
  takeApart: (value) => (value as URLSearchParams).toString(),
  build: (content) => {
    if (typeof content !== "string") throw invalidContent("URLSearchParams", "a string");
    return new URLSearchParams(content);
  },
};

const MAP: ContainerType = {
  name: "Map",
  /** Keys and values in turn. */
  takeApart: (value) => {
    const content: unknown[] = [];
    for (const [key, item] of value as Map<unknown, unknown>) content.push(key, item);
    return content;
  },
  begin: () => new Map<unknown, unknown>(),
  fill: (target, content, look) => {
    if (!Array.isArray(content) || content.length % 2 !== 0) {
      throw invalidContent("Map", "an array of keys and values in turn");
    }
    const map = target as Map<unknown, unknown>;
    for (let i = 0; i < content.length; i += 2) {
      map.set(content[i], content[i + 1]);
      if (i % ITEMS_BETWEEN_LOOKS === ITEMS_BETWEEN_LOOKS - 2) look?.();
    }
    if (map.size !== content.length / 2) throw invalidContent("Map", "each key once");
  },
};

const SET: ContainerType = {
  name: "Set",
  takeApart: (value) => [...(value as Set<unknown>)],
  begin: () => new Set<unknown>(),
  fill: (target, content, look) => {
    if (!Array.isArray(content)) throw invalidContent("Set", "an array");
    const set = target as Set<unknown>;
    for (const [i, item] of (content as unknown[]).entries()) {
      set.add(item);
      if (i % ITEMS_BETWEEN_LOOKS === ITEMS_BETWEEN_LOOKS - 2) look?.();
    }
    if (set.size !== content.length) throw invalidContent("Set", "each value once");
  },
};

const TYPES: readonly RichType[] = [
  DATE,
  REG_EXP,
  URL_TYPE,
  URL_SEARCH_PARAMS,
  MAP,
  SET,
  ERROR_TYPE,
  ...TYPED_ARRAY_TYPES,
];
const BY_NAME: ReadonlyMap<string, RichType> = new Map(TYPES.map((type) => [type.name, type]));

/** The type of the name; undefined when there is none, and never anything that a name from a stranger could reach. */
export function richTypeNamed(name: string): RichType | undefined {
  return BY_NAME.get(name);
}

/** Names that mean something of their own to one format or another, whichever: a class of that name would not be read as what it was written as. */
export function isReservedName(name: string): boolean {
  return BY_NAME.has(name) || OTHER_NAMES.has(name);
}

/** Of what is no object. */
const OTHER_NAMES: ReadonlySet<string> = new Set(["undefined", "BigInt", "Symbol", "hole"]);

/**
 * The type of an object that is neither plain nor of a registered class; undefined for what has none. Goes by what an object is inside, not by its prototype,
 * except that a subclass is not its base class: it would come back as less than it was.
 */
export function richTypeOf(value: object): RichType | undefined {
  const type = typeInside(value);
  if (type === undefined) return undefined;
  const prototype = Object.getPrototypeOf(value) as { readonly constructor?: { readonly name?: unknown } } | null;
  // By name, since each realm has classes of its own.
  const className = prototype?.constructor?.name;
  return className === type.name || (type === ERROR_TYPE && isBuiltInError(className)) ? type : undefined;
}

function typeInside(value: object): RichType | undefined {
  if (types.isMap(value)) return MAP;
  if (types.isDate(value)) return DATE;
  if (types.isSet(value)) return SET;
  if (ArrayBuffer.isView(value) || types.isArrayBuffer(value)) return typedArrayType(value);
  if (types.isNativeError(value)) return ERROR_TYPE;
  if (types.isRegExp(value)) return REG_EXP;
  if (value instanceof URL) return URL_TYPE;
  if (value instanceof URLSearchParams) return URL_SEARCH_PARAMS;
  return undefined;
}

function isBuiltInError(name: unknown): boolean {
  return typeof name === "string" && BUILT_IN_ERRORS.has(name);
}

/** Why a value can't be written, and what to do. `place` is a path such as `user.tags[3]`; empty for the whole. */
export function unsupportedValue(value: unknown, format: string, place = ""): SealtraceError {
  const where = place === "" ? "which the value is" : `which stands at ${place}`;
  return new SealtraceError(
    "SEALTRACE_VALUE_UNSUPPORTED",
    `${format} has no form for ${kindOf(value)}, ${where}: ${adviceFor(value)}`,
  );
}

function kindOf(value: unknown): string {
  if (typeof value !== "object" || value === null) return `a ${typeof value}`;
  const name = (Object.getPrototypeOf(value) as { constructor?: { name?: unknown } } | null)?.constructor?.name;
  return typeof name === "string" && name !== "" ? `an instance of ${name}` : "such an object";
}

function adviceFor(value: unknown): string {
  return typeof value === "object" && value !== null
    ? "register its class by the option `classes`, replace it, or leave it out."
    : "replace it, or leave it out.";
}
