/** The opcodes that plain data of newer protocols hardly has: those of text, calls, tuples, sets, big integers, bytes. */
import { watched } from "../../values/watched.ts";
import { SealtraceError } from "../../../record/index.ts";
import { PythonFrozenSet, PythonTuple } from "../python/tuple.ts";
import { addItems, setItems } from "./containers.ts";
import { numberIfExact, readLong } from "./integers.ts";
import { malformed } from "./malformed.ts";
import { opcodeName } from "./opcodes.ts";
import type { PickleState } from "./state.ts";
import { instantiate, runTextOpcode } from "./text-opcodes.ts";

/** `state.pos` is behind the opcode, which was at `at`. */
export function runRareOpcode(state: PickleState, opcode: number, at: number): void {
  switch (opcode) {
    case 0x80: // PROTO
      state.protocol = state.bytes[state.take(1, at)] as number;
      if (state.protocol > 5) throw malformed(`protocol ${state.protocol}, of which nothing is known`, at);
      return;
    case 0x95: // FRAME
      return beginFrame(state, at);
    case 0x29: // EMPTY_TUPLE
      return state.push(PythonTuple.take([]), 1);
    case 0x85: // TUPLE1
    case 0x86: // TUPLE2
    case 0x87: // TUPLE3
      state.need(opcode - 0x84, at);
      return pushTuple(state, state.sp - (opcode - 0x84));
    case 0x74: // TUPLE
      return pushTuple(state, state.popMark(at));
    case 0x6c: { // LIST
      const { values, depth } = state.cut(state.popMark(at));
      return state.push(values, depth + 1);
    }
    case 0x64: { // DICT
      const { values, depth } = state.cut(state.popMark(at));
      if (values.length % 2 !== 0) throw malformed("DICT finds a key without a value", at);
      state.push({}, depth + 1);
      const from = state.sp;
      for (const value of values) state.push(value);
      return setItems(state, from, at);
    }
    case 0x8f: // EMPTY_SET
      return state.push(new Set(), 1);
    case 0x90: { // ADDITEMS
      const mark = state.popMark(at);
      if (mark - 1 < state.fence) throw malformed("ADDITEMS finds no set", at);
      return addItems(state, mark, at);
    }
    case 0x91: { // FROZENSET
      const { values, depth } = state.cut(state.popMark(at));
      const look = (): void => {
        state.look();
      };
      return state.push(new PythonFrozenSet(watched(values, look)), depth + 1);
    }
    case 0x30: // POP
      // Just above a mark it takes the mark.
      if (state.marks.length > 0 && state.sp === state.fence) state.popMark(at);
      else state.pop(at);
      return;
    case 0x31: // POP_MARK
      state.cut(state.popMark(at));
      return;
    case 0x32: // DUP
      state.need(1, at);
      return state.push(state.fetched(state.stack[state.sp - 1]), state.depths[state.sp - 1]);
    case 0x8a: { // LONG1
      const length = state.bytes[state.take(1, at)] as number;
      const start = state.take(length, at);
      return state.push(numberIfExact(readLong(state.bytes, start, start + length)));
    }
    case 0x8b: // LONG4
      return pushLong4(state, at);
    case 0x43: // SHORT_BINBYTES
      return pushBytes(state, state.bytes[state.take(1, at)] as number, at);
    case 0x42: // BINBYTES
      return pushBytes(state, state.view.getUint32(state.take(4, at), true), at);
    case 0x8e: // BINBYTES8
      return pushBytes(state, state.takeLength8(at), at);
    case 0x96: { // BYTEARRAY8
      const length = state.takeLength8(at);
      const start = state.take(length, at);
      return state.push(Buffer.from(state.bytes.subarray(start, start + length)));
    }
    case 0x8d: { // BINUNICODE8
      const length = state.takeLength8(at);
      const start = state.take(length, at);
      return state.push(state.strings.read(start, start + length, at));
    }
    case 0x55: // SHORT_BINSTRING
      return pushByteString(state, state.bytes[state.take(1, at)] as number, at);
    case 0x54: // BINSTRING
      return pushByteString(state, state.view.getInt32(state.take(4, at), true), at);
    case 0x93: { // STACK_GLOBAL
      state.need(2, at);
      const name = state.pop(at);
      return state.push(state.handlers.findStackGlobal(state.pop(at), name, at));
    }
    case 0x52: { // REDUCE
      state.need(2, at);
      const { values: [callable, args], depth } = state.cut(state.sp - 2); // prettier-ignore
      return state.push(state.handlers.call(callable, args, at), depth);
    }
    case 0x81: { // NEWOBJ
      state.need(2, at);
      const { values: [type, args], depth } = state.cut(state.sp - 2); // prettier-ignore
      return state.push(state.handlers.make(type, args, undefined, at), depth);
    }
    case 0x92: { // NEWOBJ_EX
      state.need(3, at);
      const { values: [type, args, kwargs], depth } = state.cut(state.sp - 3); // prettier-ignore
      return state.push(state.handlers.make(type, args, kwargs, at), depth);
    }
    case 0x6f: { // OBJ
      const { values: [type, ...args], depth } = state.cut(state.popMark(at)); // prettier-ignore
      if (type === undefined) throw malformed("OBJ finds no class", at);
      return state.push(instantiate(state, type, args, at), depth + 1);
    }
    case 0x62: { // BUILD
      state.need(2, at);
      const { values: [instance, given], depth } = state.cut(state.sp - 2); // prettier-ignore
      const built = state.handlers.build(instance, given, at);
      state.replace(instance, built);
      return state.push(built, depth + 1);
    }
    case 0x82: // EXT1
      return state.push(state.handlers.extension(state.bytes[state.take(1, at)] as number, at));
    case 0x83: // EXT2
      return state.push(state.handlers.extension(state.view.getUint16(state.take(2, at), true), at));
    case 0x84: // EXT4
      return state.push(state.handlers.extension(state.view.getInt32(state.take(4, at), true), at));
    case 0x51: // BINPERSID
      return state.push(state.handlers.persistentId(state.pop(at), at));
    case 0x97: // NEXT_BUFFER
      return state.push(state.handlers.nextBuffer(at));
    case 0x98: // READONLY_BUFFER
      return state.push(state.handlers.readOnlyBuffer(state.pop(at), at));
    default:
      if (!runTextOpcode(state, opcode, at)) throw malformed(`${opcodeName(opcode)} is no opcode`, at);
  } // prettier-ignore
}

function beginFrame(state: PickleState, at: number): void {
  const length = state.takeLength8(at);
  const end = state.pos + length;
  if (state.frameEnd !== Infinity) state.handlers.badFrame("a frame begins within another", at);
  if (end > state.bytes.length) {
    state.handlers.badFrame(`a frame of ${length} bytes, of which ${state.bytes.length - state.pos} are there`, at);
    return;
  }
  state.frameEnd = end;
  state.stop = Math.min(state.stop, end);
}

function pushTuple(state: PickleState, from: number): void {
  const { values, depth } = state.cut(from);
  state.push(PythonTuple.take(values), depth + 1);
}

/** CPython writes LONG4 only for integers of 256 bytes and more; in what we write it says that a small one is a BigInt. */
function pushLong4(state: PickleState, at: number): void {
  const length = state.view.getInt32(state.take(4, at), true);
  if (length < 0) throw malformed("an integer of negative length", at);
  if (length > MAX_INTEGER_BYTES) {
    throw new SealtraceError(
      "SEALTRACE_LIMIT_EXCEEDED",
      `It holds an integer of ${length} bytes, at byte ${at}; more than ${MAX_INTEGER_BYTES} are refused.`,
    );
  }
  const start = state.take(length, at);
  state.push(readLong(state.bytes, start, start + length));
}

const MAX_INTEGER_BYTES = 1 << 20;

function pushBytes(state: PickleState, length: number, at: number): void {
  const start = state.take(length, at);
  state.push(copyOf(state.bytes, start, start + length));
}

function pushByteString(state: PickleState, length: number, at: number): void {
  if (length < 0) throw malformed("a string of negative length", at);
  const start = state.take(length, at);
  state.push(state.handlers.byteString(copyOf(state.bytes, start, start + length), at));
}

/** Bytes of their own, which are a Uint8Array also where they come out of a Buffer. */
function copyOf(bytes: Uint8Array, start: number, end: number): Uint8Array {
  return new Uint8Array(bytes.subarray(start, end));
}
