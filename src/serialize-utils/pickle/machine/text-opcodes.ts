/** The opcodes of protocol 0, whose arguments are lines of text. */
import { numberIfExact } from "./integers.ts";
import { malformed } from "./malformed.ts";
import type { PickleState } from "./state.ts";
import { decodeEscapedBytes, decodeRawUnicodeEscape } from "./text.ts";
import { PythonTuple } from "../python/tuple.ts";

/** Whether it is one of them. */
export function runTextOpcode(state: PickleState, opcode: number, at: number): boolean {
  switch (opcode) {
    case 0x49: { // INT
      const text = state.takeLine(at);
      state.push(text === "01" ? true : text === "00" ? false : readDecimal(text, at));
      return true;
    }
    case 0x4c: // LONG
      state.push(readDecimal(state.takeLine(at).replace(/L$/, ""), at));
      return true;
    case 0x46: // FLOAT
      state.push(readFloat(state.takeLine(at), at));
      return true;
    case 0x53: { // STRING
      const [, , text] = /^(['"])(.*)\1$/s.exec(state.takeLine(at).trim()) ?? [];
      if (text === undefined) throw malformed("a string without quotes", at);
      state.push(state.handlers.byteString(decodeEscapedBytes(text, at), at));
      return true;
    }
    case 0x56: // UNICODE
      state.push(decodeRawUnicodeEscape(state.takeLine(at), at));
      return true;
    case 0x67: { // GET
      const index = readIndex(state.takeLine(at), at);
      if (!state.memo.has(index)) throw malformed(`the memo has no entry ${index}`, at);
      const value = state.memo.get(index);
      const isObject = typeof value === "object" && value !== null;
      state.push(isObject ? state.fetched(value) : value, isObject ? 1 : 0);
      return true;
    }
    case 0x70: { // PUT
      const index = readIndex(state.takeLine(at), at);
      state.need(1, at);
      state.memo.put(index, state.stack[state.sp - 1]);
      return true;
    }
    case 0x63: { // GLOBAL
      const module = state.takeUtf8Line(at);
      state.push(state.handlers.findGlobal(module, state.takeUtf8Line(at), at));
      return true;
    }
    case 0x69: { // INST
      const module = state.takeUtf8Line(at);
      const type = state.handlers.findGlobal(module, state.takeUtf8Line(at), at);
      const { values, depth } = state.cut(state.popMark(at));
      state.push(instantiate(state, type, values, at), depth + 1);
      return true;
    }
    case 0x50: // PERSID
      state.push(state.handlers.persistentId(state.takeUtf8Line(at), at));
      return true;
    default:
      return false;
  } // prettier-ignore
}

function readDecimal(text: string, at: number): number | bigint {
  if (!/^[+-]?\d+$/.test(text) || /^[+-]?0\d/.test(text)) throw malformed("an integer that is none", at);
  if (text.length > MAX_DIGITS) throw malformed(`an integer of more than ${MAX_DIGITS} digits`, at);
  const short = Number(text);
  return Number.isSafeInteger(short) ? short + 0 : numberIfExact(BigInt(text));
}

/** CPython's own limit, for converting digits takes time that grows faster than their number. */
const MAX_DIGITS = 4300;

function readFloat(text: string, at: number): number {
  if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text)) return Number(text);
  const special = SPECIAL_FLOATS.get(text.toLowerCase());
  if (special === undefined) throw malformed("a float that is none", at);
  return special;
}

const SPECIAL_FLOATS: ReadonlyMap<string, number> = new Map([
  ["nan", NaN],
  ["-nan", NaN],
  ["inf", Infinity],
  ["+inf", Infinity],
  ["-inf", -Infinity],
]);

function readIndex(text: string, at: number): number {
  const index = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(index)) throw malformed("a number of the memo that is none", at);
  return index;
}

/** INST and OBJ call a class that they have arguments for; without any they only make an instance. */
export function instantiate(state: PickleState, type: unknown, args: unknown[], at: number): unknown {
  const tuple = PythonTuple.take(args);
  return args.length > 0 ? state.handlers.call(type, tuple, at) : state.handlers.make(type, tuple, undefined, at);
}
