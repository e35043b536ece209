import { invalidContent } from "./invalid-content.ts";
import { readProperties, type PlainObject } from "./plain-data.ts";
import type { ContainerType } from "./rich-type.ts";

export const BUILT_IN_ERRORS: ReadonlyMap<string, ErrorConstructor> = new Map<string, ErrorConstructor>(
  [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError].map((type) => [type.name, type]),
).set("AggregateError", AggregateError as unknown as ErrorConstructor);

/**
 * Errors of the language's own classes: `{ type, message, cause?, errors?, properties? }`. The stack stays where it was made: it says nothing of where the
 * error is read, and shows paths to whom they don't concern.
 */
export const ERROR_TYPE: ContainerType = {
  name: "Error",
  takeApart: (value) => ({ type: classNameOf(value), ...takeErrorApart(value as Error) }),
  begin: (content) => {
    const { type } = fieldsOf(content);
    const errorClass = typeof type === "string" ? BUILT_IN_ERRORS.get(type) : undefined;
    if (errorClass === undefined)
      throw invalidContent("Error", "an object with the type of one of the language's errors");
    return beginError(errorClass.prototype, String(type));
  },
  fill: (target, content) => {
    const fields = fieldsOf(content);
    delete fields.type;
    fillError(target, fields);
  },
};

/** By the prototype: a property `constructor` of its own may be anything. */
function classNameOf(error: object): string {
  return (Object.getPrototypeOf(error) as object).constructor.name;
}

/** Message, cause, errors and properties of an error of any class. */
export function takeErrorApart(error: Error & { readonly errors?: unknown }): PlainObject {
  const content: PlainObject = { message: textOf(error.message) };
  if (Object.hasOwn(error, "cause")) content.cause = error.cause;
  if (Object.hasOwn(error, "errors") && !isEnumerable(error, "errors")) content.errors = error.errors;
  const properties = Object.entries(error).filter(([key]) => key !== "cause");
  if (properties.length > 0) content.properties = Object.fromEntries(properties);
  return content;
}

/** An error of a class whose constructor isn't called, without a message yet. */
export function beginError(prototype: object, name: string): Error {
  const error = new Error();
  Object.setPrototypeOf(error, prototype);
  hide(error, "stack", name);
  return error;
}

export function fillError(target: object, content: unknown): void {
  const { message, ...fields } = fieldsOf(content);
  if (typeof message !== "string") throw invalidContent("Error", "an object with a message");
  hide(target, "message", message);
  hide(target, "stack", `${String((target as Error).stack)}: ${message}`);
  for (const [key, value] of Object.entries(fields)) {
    if (key === "cause" || key === "errors") hide(target, key, value);
    else if (key === "properties") fillProperties(target, value);
    else throw invalidContent("Error", `without a field ${JSON.stringify(key.slice(0, 100))}`);
  }
}

function fillProperties(target: object, properties: unknown): void {
  for (const [key, value] of readProperties(properties, "Error")) {
    // Not by assignment: a setter of the class is none of the content's business.
    const enumerable = key !== "stack" && key !== "message";
    Object.defineProperty(target, key, { value, writable: true, enumerable, configurable: true });
  }
}

/** Anything may be written to a message. */
function textOf(message: unknown): string {
  return typeof message === "string" ? message : String(message);
}

function fieldsOf(content: unknown): PlainObject {
  return Object.fromEntries(readProperties(content, "Error"));
}

function isEnumerable(value: object, key: string): boolean {
  return Object.getOwnPropertyDescriptor(value, key)?.enumerable === true;
}

function hide(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, writable: true, enumerable: false, configurable: true });
}
