import { invalidContent } from "./invalid-content.ts";
import { readProperties, setProperty, type PlainObject } from "./plain-data.ts";
import type { ContainerType } from "./rich-type.ts";

export const BUILT_IN_ERRORS: ReadonlyMap<string, ErrorConstructor> = new Map<string, ErrorConstructor>(
  [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError].map((type) => [
    type.name,
    type,
  ]),
).set("AggregateError", AggregateError as unknown as ErrorConstructor);

/**
 * Errors of the language's own classes: `{ type, message, cause?, errors?, properties? }`. The stack stays where it was made: it says nothing of where the
 * error is read, and shows paths to whom they don't concern.
 */
export const ERROR_TYPE: ContainerType = {
  name: "Error",
  takeApart: (value) => {
    const error = value as Error & { readonly errors?: unknown };
    const content: PlainObject = { type: error.constructor.name, message: error.message };
    if (Object.hasOwn(error, "cause")) content.cause = error.cause;
    if (Object.hasOwn(error, "errors") && !isEnumerable(error, "errors")) content.errors = error.errors;
    const properties = Object.entries(error).filter(([key]) => key !== "cause");
    if (properties.length > 0) content.properties = Object.fromEntries(properties);
    return content;
  },
  begin: (content) => {
    const { type, message } = fieldsOf(content);
    const errorClass = typeof type === "string" ? BUILT_IN_ERRORS.get(type) : undefined;
    if (errorClass === undefined || typeof message !== "string") {
      throw invalidContent("Error", "an object with the type of one of the language's errors and a message");
    }
    const error = Object.create(errorClass.prototype) as Error;
    const made = new Error(message);
    Object.setPrototypeOf(made, Object.getPrototypeOf(error) as object);
    hide(made, "stack", `${String(type)}: ${message}`);
    return made;
  },
  fill: (target, content) => {
    const { cause, errors, properties, ...fields } = fieldsOf(content);
    if (Object.hasOwn(content as object, "cause")) hide(target, "cause", cause);
    if (Object.hasOwn(content as object, "errors")) hide(target, "errors", errors);
    if (properties !== undefined) {
      for (const [key, value] of readProperties(properties, "Error")) {
        if (key === "stack" || key === "message") hide(target, key, value);
        else setProperty(target, key, value);
      }
    }
    for (const key of Object.keys(fields)) {
      if (key !== "type" && key !== "message") throw invalidContent("Error", `without a field ${JSON.stringify(key)}`);
    }
  },
};

function fieldsOf(content: unknown): PlainObject {
  return Object.fromEntries(readProperties(content, "Error"));
}

function isEnumerable(value: object, key: string): boolean {
  return Object.getOwnPropertyDescriptor(value, key)?.enumerable === true;
}

function hide(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, writable: true, enumerable: false, configurable: true });
}
