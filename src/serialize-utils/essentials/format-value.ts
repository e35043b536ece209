import { types } from "node:util";
import { REDACTED, type Censor } from "../../record/index.ts";
import { quote } from "./quote.ts";

/** How much of a value is shown. What lies beyond is counted in its place, never silently left out. */
export interface FormatLimits {
  /** Levels of nesting. */
  readonly depth: number;
  /** Elements or properties of one container. */
  readonly items: number;
  /** UTF-16 units of one string. */
  readonly string: number;
  /** UTF-16 units of the whole text, about: no container is entered and no element begun beyond it. */
  readonly total: number;
  /**
   * Whether exceptions are shown with their stacks. V8 makes that text when it is first asked for: who asks within a running call changes what the
   * program sees of it later. Default: true.
   */
  readonly stacks?: boolean;
}

export const DEFAULT_LIMITS: FormatLimits = { depth: 6, items: 64, string: 1024, total: 8192 };

const QUOTED_REDACTED = `"${REDACTED}"`;
/** Numbers of at least 13 digits may be payment cards. */
const SHORTEST_CARD = 1e12;

interface State {
  readonly censor: Censor;
  readonly limits: FormatLimits;
  readonly ancestors: object[];
  left: number;
}

/**
 * A value as one line of JSON for people to read: bounded, with secrets replaced, never throwing, and without running
 * any code of the program (no getter, no toJSON, no proxy trap). What JSON can't say is a string in brackets:
 * `"[undefined]"`, `"[Function: f]"`, `"[Circular]"`.
 */
export function formatValue(value: unknown, censor: Censor, limits: FormatLimits = DEFAULT_LIMITS): string {
  switch (typeof value) {
    case "string":
      return formatString(value, censor, limits);
    case "number":
      return formatNumber(value, censor);
    case "boolean":
      return value ? "true" : "false";
    case "undefined":
      return '"[undefined]"';
    case "bigint":
      return formatString(String(value), censor, limits);
    case "symbol":
      return quote(`[${censor.censorText(String(value))}]`);
    default:
      if (value === null) return "null";
      try {
        return formatObject(value as object, { censor, limits, ancestors: [], left: limits.total });
      } catch {
        return '"[unreadable]"';
      }
  }
}

/** An exception as `{"type":...,"message":...,"stack":...}`; anything may be thrown, so anything is taken. */
export function formatError(error: unknown, censor: Censor, limits: FormatLimits = DEFAULT_LIMITS): string {
  if (types.isNativeError(error)) {
    const text = (key: string): string => {
      // V8 reads the message when it first formats a stack; a message that is a getter is not asked.
      const value = key === "stack" && hasOwnGetter(error, "message") ? "" : ownOrInherited(error, key);
      return formatString(typeof value === "string" ? value : "", censor, { ...limits, string: limits.string * 4 });
    };
    const stack = limits.stacks === false ? "" : `,"stack":${text("stack")}`;
    return `{"type":${quote(typeName(error))},"message":${text("message")}${stack}}`;
  }
  return `{"type":${quote(error === null ? "null" : typeof error)},"message":${formatValue(error, censor, limits)}}`;
}

function formatString(text: string, censor: Censor, limits: FormatLimits): string {
  if (text.length <= limits.string) return quote(censor.censorText(text));
  // A secret that straddles the cut must still be whole when the censor looks.
  const shown = censor.censorText(text.slice(0, limits.string + 256)).slice(0, limits.string);
  return quote(`${shown}… [${text.length - limits.string} more]`);
}

function formatNumber(value: number, censor: Censor): string {
  if (!Number.isFinite(value)) return `"[${value}]"`;
  if (Object.is(value, -0)) return "-0";
  if (value < SHORTEST_CARD) return String(value);
  const text = String(value);
  return censor.censorText(text) === text ? text : QUOTED_REDACTED;
}

function formatMember(value: unknown, state: State): string {
  if (typeof value === "object" && value !== null) return formatObject(value, state);
  if (typeof value === "function") return quote(functionLabel(value));
  const text = formatValue(value, state.censor, state.limits);
  state.left -= text.length;
  return text;
}

function formatObject(value: object, state: State): string {
  if (typeof value === "function") return quote(functionLabel(value));
  if (types.isProxy(value)) return '"[Proxy]"';
  if (state.ancestors.includes(value)) return '"[Circular]"';
  const leaf = formatLeaf(value, state);
  if (leaf !== undefined) return leaf;
  if (state.ancestors.length >= state.limits.depth || state.left <= 0) {
    return Array.isArray(value) ? `"[Array(${value.length})]"` : quote(`[${typeName(value)}]`);
  }
  state.ancestors.push(value);
  const text = formatContainer(value, state);
  state.ancestors.pop();
  return text;
}

/** Objects that are shown as one string. */
function formatLeaf(value: object, state: State): string | undefined {
  if (types.isDate(value)) {
    const time = Date.prototype.getTime.call(value);
    return Number.isNaN(time) ? '"[Invalid Date]"' : `"${new Date(time).toISOString()}"`;
  }
  if (types.isNativeError(value)) return formatError(value, state.censor, state.limits);
  if (types.isRegExp(value)) return quote(RegExp.prototype.toString.call(value));
  if (ArrayBuffer.isView(value)) return quote(`[${typeName(value)} ${value.byteLength} bytes]`);
  if (types.isAnyArrayBuffer(value)) return quote(`[${typeName(value)} ${value.byteLength} bytes]`);
  if (types.isPromise(value) || types.isWeakMap(value) || types.isWeakSet(value) || types.isExternal(value)) {
    return quote(`[${typeName(value)}]`);
  }
  if (types.isBoxedPrimitive(value)) return formatValue(value.valueOf(), state.censor, state.limits);
  if (value instanceof URL) return formatString(URL.prototype.toString.call(value), state.censor, state.limits);
  return undefined;
}

function formatContainer(value: object, state: State): string {
  if (Array.isArray(value)) return `[${elements(value.length, (i) => arrayElement(value, i, state), state)}]`;
  if (types.isSet(value)) {
    const values = [...Set.prototype.values.call(value).take(state.limits.items)];
    return `{"[Set]":[${elements(setSize(value), (i) => formatMember(values[i], state), state)}]}`;
  }
  if (types.isMap(value)) {
    const entries = [...Map.prototype.entries.call(value).take(state.limits.items)];
    return `{"[Map]":[${elements(mapSize(value), (i) => formatEntry(entries[i] as [unknown, unknown], state), state)}]}`;
  }
  const keys = Object.keys(value);
  const label = classLabel(value);
  const members = elements(keys.length, (i) => formatProperty(value, keys[i] as string, state), state, true);
  return label === "" ? `{${members}}` : `{${label}${members === "" ? "" : `,${members}`}}`;
}

function elements(count: number, format: (index: number) => string, state: State, named = false): string {
  let text = "";
  for (let i = 0; i < count; i += 1) {
    if (i > 0) text += ",";
    if (i >= state.limits.items || state.left <= 0) {
      return `${text}${named ? '"…":' : ""}"[${count - i} more]"`;
    }
    const element = format(i);
    state.left -= 1;
    text += element;
  }
  return text;
}

function arrayElement(array: readonly unknown[], index: number, state: State): string {
  const property = Object.getOwnPropertyDescriptor(array, index);
  if (property === undefined) return '"[empty]"';
  return property.get === undefined && property.set === undefined ? formatMember(property.value, state) : '"[Getter]"';
}

function formatEntry([key, value]: [unknown, unknown], state: State): string {
  const secret = typeof key === "string" && state.censor.isSecretKey(key);
  return `[${formatMember(key, state)},${secret ? QUOTED_REDACTED : formatMember(value, state)}]`;
}

function formatProperty(object: object, key: string, state: State): string {
  state.left -= key.length + 3;
  const name =
    key.length <= 256
      ? quote(state.censor.censorText(key))
      : formatString(key, state.censor, { ...state.limits, string: 256 });
  if (state.censor.isSecretKey(key)) return `${name}:${QUOTED_REDACTED}`;
  const property = Object.getOwnPropertyDescriptor(object, key);
  if (property === undefined) return `${name}:"[undefined]"`;
  if (property.get !== undefined || property.set !== undefined) return `${name}:"[Getter]"`;
  return `${name}:${formatMember(property.value, state)}`;
}

/** `"[class]":"Order"` for instances; nothing for plain objects. */
function classLabel(value: object): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null || prototype === Object.prototype) return "";
  const name = typeName(value);
  return name === "Object" ? "" : `"[class]":${quote(name)}`;
}

/** The name of the class of an object, found without running its code. */
function typeName(value: object): string {
  const constructor = ownOrInherited(value, "constructor");
  if (typeof constructor !== "function" || types.isProxy(constructor)) return "Object";
  const name: unknown = Object.getOwnPropertyDescriptor(constructor, "name")?.value;
  return typeof name === "string" && name !== "" ? name.slice(0, 128) : "Object";
}

function functionLabel(value: object): string {
  if (types.isProxy(value)) return "[Proxy]";
  const name: unknown = Object.getOwnPropertyDescriptor(value, "name")?.value;
  return typeof name === "string" && name !== "" ? `[Function: ${name.slice(0, 128)}]` : "[Function]";
}

function hasOwnGetter(object: object, key: string): boolean {
  return Object.getOwnPropertyDescriptor(object, key)?.get !== undefined;
}

/** A data property of the object or its prototypes. `stack` is an accessor on some versions of V8: a trusted one. */
function ownOrInherited(object: object, key: string): unknown {
  let holder: object | null = object;
  for (let steps = 0; holder !== null && steps < 16; steps += 1) {
    if (types.isProxy(holder)) return undefined;
    const property = Object.getOwnPropertyDescriptor(holder, key);
    if (property !== undefined) {
      if (property.get === undefined) return property.value;
      return key === "stack" && isNative(property.get) ? property.get.call(object) : undefined;
    }
    holder = Object.getPrototypeOf(holder) as object | null;
  }
  return undefined;
}

const nativeText = Function.prototype.toString;
function isNative(getter: () => unknown): boolean {
  return /\{\s*\[native code\]\s*\}$/.test(nativeText.call(getter));
}

const mapSize = uncurriedSize(Map.prototype);
const setSize = uncurriedSize(Set.prototype);

function uncurriedSize(prototype: object): (value: object) => number {
  const getter = Object.getOwnPropertyDescriptor(prototype, "size")?.get as (this: object) => number;
  return (value) => getter.call(value);
}
