/** `builtins`, `_codecs`, `copyreg`: what older protocols write bytes, sets and objects with. */
import { watched } from "../../values/watched.ts";
import { PythonComplex, PythonRange } from "../python/numbers.ts";
import { PythonException } from "../python/object.ts";
import { PythonGlobal } from "../python/global.ts";
import { PythonFrozenSet } from "../python/tuple.ts";
import { expectArray, expectAttributes, expected, expectString, type Builders, type PickleBuilder } from "./builder.ts";

/** `encode(text, "latin1")` is how protocols 0 to 2 write bytes. */
function encode([text, encoding]: readonly unknown[]): Uint8Array {
  const name = encoding === undefined ? "utf-8" : expectString(encoding, "the name of an encoding");
  const characters = expectString(text, "a string to encode");
  if (/^latin-?1$/i.test(name)) {
    if (!/^[\0-\xff]*$/.test(characters)) throw expected("a string of Latin-1 characters");
    return new Uint8Array(Buffer.from(characters, "latin1"));
  }
  if (/^utf-?8$/i.test(name)) return new Uint8Array(Buffer.from(characters));
  throw expected("latin1 or utf-8");
}

function bytes(args: readonly unknown[]): Uint8Array {
  if (args.length === 0) return new Uint8Array(0);
  const [content] = args;
  if (content instanceof Uint8Array) return new Uint8Array(content);
  if (typeof content === "string") return encode(args);
  const items = expectArray(content, "bytes, or a list of them");
  if (!items.every((item) => Number.isInteger(item) && (item as number) >= 0 && (item as number) <= 255)) {
    throw expected("integers from 0 to 255");
  }
  return Uint8Array.from(items as number[]);
}

function setOf(type: new (items: Iterable<unknown>) => Set<unknown>): PickleBuilder {
  return {
    create: ([items = []], _, look) =>
      new type(watched(items instanceof Set ? items : expectArray(items, "a list of items"), look)),
    append: (set: Set<unknown>, items) => {
      for (const item of items) set.add(item);
    },
  };
}

function complex([real = 0, imaginary = 0]: readonly unknown[]): PythonComplex {
  if (typeof real !== "number" || typeof imaginary !== "number") throw expected("two floats");
  return new PythonComplex(real, imaginary);
}

/** Named as types of values and for `defaultdict`; calling them is nothing that a pickle of data does. */
const TYPE: PickleBuilder = {};

const EXCEPTIONS = [
  "BaseException", "Exception", "ArithmeticError", "AssertionError", "AttributeError", "BufferError", "EOFError", "FloatingPointError", "GeneratorExit",
  "ImportError", "IndexError", "KeyError", "KeyboardInterrupt", "LookupError", "MemoryError", "ModuleNotFoundError", "NameError", "NotImplementedError",
  "OSError", "OverflowError", "RecursionError", "ReferenceError", "RuntimeError", "StopAsyncIteration", "StopIteration", "SyntaxError", "SystemError",
  "SystemExit", "TypeError", "UnboundLocalError", "UnicodeDecodeError", "UnicodeEncodeError", "UnicodeError", "UnicodeTranslateError", "ValueError",
  "ZeroDivisionError", "BlockingIOError", "BrokenPipeError", "ChildProcessError", "ConnectionAbortedError", "ConnectionError", "ConnectionRefusedError",
  "ConnectionResetError", "FileExistsError", "FileNotFoundError", "InterruptedError", "IsADirectoryError", "NotADirectoryError", "PermissionError",
  "ProcessLookupError", "TimeoutError", "Warning", "BytesWarning", "DeprecationWarning", "FutureWarning", "ImportWarning", "PendingDeprecationWarning",
  "ResourceWarning", "RuntimeWarning", "SyntaxWarning", "UnicodeWarning", "UserWarning",
]; // prettier-ignore

function exception(name: string): PickleBuilder {
  const type = new PythonGlobal("builtins", name);
  return {
    create: (args) => new PythonException(type, [...args]),
    setState: (instance: PythonException, state) => {
      instance.attributes = expectAttributes(state);
    },
  };
}

const TYPES = [
  "object",
  "type",
  "list",
  "dict",
  "tuple",
  "str",
  "int",
  "float",
  "bool",
  "memoryview",
  "Ellipsis",
  "NotImplemented",
];

export const BUILT_IN: Builders = {
  ...Object.fromEntries(EXCEPTIONS.map((name) => [`builtins:${name}`, exception(name)])),
  ...Object.fromEntries(TYPES.map((name) => [`builtins:${name}`, TYPE])),
  "builtins:bytes": { create: bytes },
  "builtins:bytearray": { create: (args) => Buffer.from(bytes(args)) },
  "builtins:set": setOf(Set),
  "builtins:frozenset": setOf(PythonFrozenSet),
  "builtins:complex": { create: complex },
  "builtins:range": {
    create: ([start, stop, step]) => new PythonRange(start as number, stop as number, step as number | undefined),
  },
  "_codecs:encode": { create: encode },
};
