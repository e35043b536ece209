/** Python's objects that are only described here. */
import type { PythonGlobal } from "./global.ts";

/**
 * What stands for an object of a class that nothing here knows, where `unknownGlobals: "placeholder"` was asked for: what Python would have made it of. It is
 * never written back, for it would be called where it is read.
 */
export class PythonObject {
  /** The class or function that Python would have called; an object, where it would have called that. */
  readonly type: unknown;
  readonly args: readonly unknown[];
  readonly kwargs: unknown;
  /** What BUILD gave, each time. */
  readonly states: unknown[] = [];
  readonly items: unknown[] = [];
  /** Keys and values in turn. */
  readonly entries: unknown[] = [];

  constructor(type: unknown, args: readonly unknown[], kwargs?: unknown) {
    this.type = type;
    this.args = args;
    this.kwargs = kwargs;
  }
}

/** One of Python's built-in exceptions. Not a JavaScript Error: what its arguments mean differs from class to class. */
export class PythonException {
  readonly type: PythonGlobal;
  readonly args: readonly unknown[];
  /** Attributes that it was given; empty as a rule. */
  attributes: object = {};

  constructor(type: PythonGlobal, args: readonly unknown[]) {
    this.type = type;
    this.args = args;
  }
}

/** `types.SimpleNamespace`: attributes and nothing else. */
export class PythonNamespace {
  readonly attributes: object;

  constructor(attributes: object = {}) {
    this.attributes = attributes;
  }
}
