/** Pickles put together by hand: the opcodes that tests need, as CPython's `pickletools` names them. */

export type Part = string | number | Uint8Array;

/** Bytes of texts (Latin-1), of single bytes and of others. */
export function pickle(...parts: readonly Part[]): Uint8Array {
  const bytes = parts.map((part) =>
    typeof part === "number" ? Uint8Array.of(part) : typeof part === "string" ? Buffer.from(part, "latin1") : part,
  );
  return new Uint8Array(Buffer.concat(bytes));
}

export const PROTO4 = "\x80\x04";
export const MARK = "(";
export const STOP = ".";
export const REDUCE = "R";
export const BUILD = "b";
export const TUPLE1 = "\x85";
export const TUPLE2 = "\x86";
export const STACK_GLOBAL = "\x93";
export const MEMOIZE = "\x94";

/** SHORT_BINUNICODE. */
export function text(value: string): Uint8Array {
  const bytes = Buffer.from(value);
  return pickle("\x8c", bytes.length, bytes);
}

/** BINBYTES. */
export function bytes(content: Uint8Array): Uint8Array {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(content.length);
  return pickle("B", length, content);
}

export function global(module: string, name: string): string {
  return `c${module}\n${name}\n`;
}

/** FRAME, and the length that it says. */
export function frame(length: number): Uint8Array {
  const number = Buffer.alloc(8);
  number.writeBigUInt64LE(BigInt(length));
  return pickle("\x95", number);
}

/** `module.name(argument)`, as a whole pickle of protocol 2. */
export function calling(module: string, name: string, argument = "echo pwned"): Uint8Array {
  return pickle("\x80\x02", global(module, name), "X", argument.length, "\0\0\0", argument, TUPLE1, REDUCE, STOP);
}
