/**
 * The machine that every pickle is a program for. It makes plain data itself; everything else is its handlers' business. Nothing in it recurses, imports,
 * looks up a property by a name from the pickle, or calls anything that a pickle names.
 *
 * The common opcodes are here, in one loop over local variables, for that is what makes it fast; the others are in `rare-opcodes.ts`.
 */
import { limitExceeded } from "../../limits.ts";
import { setProperty } from "../../values/plain-data.ts";
import { append, isList, isPlainDict, setItems } from "./containers.ts";
import { malformed, truncated } from "./malformed.ts";
import { runRareOpcode } from "./rare-opcodes.ts";
import { remakeDict, remakeList } from "./remake.ts";
import type { PickleState } from "./state.ts";

/** Runs up to STOP, and gives the value; `state.pos` is then behind it. */
export function runPickle(state: PickleState): unknown {
  const { bytes, view, stack, strings, memo } = state;
  const end = bytes.length;
  let { depths } = state;
  let { pos, sp, stop } = state;
  let values = 0;
  for (;;) {
    if (pos >= stop) {
      state.lookUp(pos, sp, values);
      ({ depths, stop } = state);
      values = 0;
    }
    const at = pos;
    const opcode = bytes[pos++] as number;
    switch (opcode) {
      case 0x68: // BINGET
      case 0x6a: { // LONG_BINGET
        const width = opcode === 0x68 ? 1 : 4;
        if (pos + width > end) throw truncated("a number is cut off", at);
        const index = width === 1 ? (bytes[pos] as number) : view.getUint32(pos, true);
        pos += width;
        let value = index < memo.size ? memo.dense(index) : sparseEntry(state, index, at);
        let depth = 0;
        if (typeof value === "object" && value !== null) {
          value = state.fetched(value);
          depth = 1;
        }
        depths[sp] = depth;
        stack[sp++] = value;
        values += 1;
        break;
      }
      case 0x8c: { // SHORT_BINUNICODE
        const start = pos + 1;
        pos = start + (bytes[pos] as number);
        if (!(pos <= end)) throw truncated("a string is cut off", at);
        const text = strings.read(start, pos, at);
        stack[sp++] = text;
        values += 1;
        if (pos < stop && bytes[pos] === 0x94) {
          // MEMOIZE, as CPython goes on.
          memo.add(text);
          pos += 1;
        }
        break;
      }
      case 0x58: { // BINUNICODE
        const start = pos + 4;
        if (start > end) throw truncated("a length is cut off", at);
        pos = start + view.getUint32(pos, true);
        if (pos > end) throw truncated("a string is cut off", at);
        const text = strings.read(start, pos, at);
        stack[sp++] = text;
        values += 1;
        if (pos < stop && bytes[pos] === 0x94) {
          // MEMOIZE, as CPython goes on.
          memo.add(text);
          pos += 1;
        }
        break;
      }
      case 0x94: // MEMOIZE
        if (sp <= state.fence) throw malformed("MEMOIZE finds no value", at);
        memo.add(stack[sp - 1]);
        break;
      case 0x71: // BINPUT
        if (pos >= end) throw truncated("a number is cut off", at);
        if (sp <= state.fence) throw malformed("BINPUT finds no value", at);
        memo.put(bytes[pos++] as number, stack[sp - 1]);
        break;
      case 0x72: // LONG_BINPUT
        if (pos + 4 > end) throw truncated("a number is cut off", at);
        if (sp <= state.fence) throw malformed("LONG_BINPUT finds no value", at);
        memo.put(view.getUint32(pos, true), stack[sp - 1]);
        pos += 4;
        break;
      case 0x4b: // BININT1
        if (pos >= end) throw truncated("an integer is cut off", at);
        stack[sp++] = bytes[pos++];
        values += 1;
        break;
      case 0x4d: // BININT2
        if (pos + 2 > end) throw truncated("an integer is cut off", at);
        stack[sp++] = (bytes[pos] as number) | ((bytes[pos + 1] as number) << 8);
        pos += 2;
        values += 1;
        break;
      case 0x4a: // BININT
        if (pos + 4 > end) throw truncated("an integer is cut off", at);
        stack[sp++] = view.getInt32(pos, true);
        pos += 4;
        values += 1;
        break;
      case 0x47: // BINFLOAT
        if (pos + 8 > end) throw truncated("a float is cut off", at);
        stack[sp++] = view.getFloat64(pos);
        pos += 8;
        values += 1;
        break;
      case 0x4e: // NONE
        stack[sp++] = null;
        values += 1;
        break;
      case 0x88: // NEWTRUE
        stack[sp++] = true;
        values += 1;
        break;
      case 0x89: // NEWFALSE
        stack[sp++] = false;
        values += 1;
        break;
      case 0x7d: // EMPTY_DICT
        depths[sp] = 1;
        stack[sp++] = {};
        values += 1;
        if (pos + 2 <= stop && bytes[pos] === 0x94 && bytes[pos + 1] === 0x28) {
          // MEMOIZE and MARK, as CPython goes on: what comes up to the next SETITEMS or APPENDS is all there will be, mostly.
          state.mark(sp, memo.add(stack[sp - 1]), at);
          pos += 2;
        }
        break;
      case 0x5d: // EMPTY_LIST
        depths[sp] = 1;
        stack[sp++] = [];
        values += 1;
        if (pos + 2 <= stop && bytes[pos] === 0x94 && bytes[pos + 1] === 0x28) {
          // MEMOIZE and MARK, as CPython goes on: what comes up to the next SETITEMS or APPENDS is all there will be, mostly.
          state.mark(sp, memo.add(stack[sp - 1]), at);
          pos += 2;
        }
        break;
      case 0x28: // MARK
        state.mark(sp, -1, at);
        break;
      case 0x75: { // SETITEMS
        const mark = state.popMark(at);
        if (mark - 1 < state.fence) throw malformed("SETITEMS finds no dict", at);
        if ((sp - mark) % 2 !== 0) throw malformed("SETITEMS finds a key without a value", at);
        const target = stack[mark - 1];
        let i = mark;
        if (isPlainDict(target)) {
          const dict = state.mayRemake(target) ? remakeDict(state, mark, (sp - mark) / 2) : target;
          let deepest = 0;
          for (; i < sp; i += 2) {
            const key = stack[i];
            if (typeof key !== "string") break;
            setProperty(dict, key, stack[i + 1]);
            const depth = depths[i + 1] as number;
            if (depth > 0) {
              if (depth > deepest) deepest = depth;
              depths[i + 1] = 0;
            }
          }
          if (deepest >= (depths[mark - 1] as number)) {
            if (deepest >= state.maxDepth) throw limitExceeded("maxDepth", state.maxDepth, `at byte ${at}`);
            depths[mark - 1] = deepest + 1;
          }
        }
        if (i < sp) {
          // The values from `i` on are moved to follow the target.
          stack.copyWithin(mark, i, sp);
          depths.copyWithin(mark, i, sp);
          depths.fill(0, mark + sp - i, sp);
          state.sp = mark + sp - i;
          setItems(state, mark, at);
        }
        sp = mark;
        break;
      }
      case 0x73: // SETITEM
        if (sp - 3 < state.fence) throw malformed("SETITEM finds too few values", at);
        state.sp = sp;
        setItems(state, sp - 2, at);
        sp -= 2;
        break;
      case 0x65: { // APPENDS
        const mark = state.popMark(at);
        if (mark - 1 < state.fence) throw malformed("APPENDS finds no list", at);
        state.sp = sp;
        const target = stack[mark - 1];
        if (isList(target) && state.mayRemake(target)) remakeList(state, mark, at);
        else append(state, mark, at);
        sp = mark;
        break;
      }
      case 0x61: // APPEND
        if (sp - 2 < state.fence) throw malformed("APPEND finds too few values", at);
        state.sp = sp;
        append(state, sp - 1, at);
        sp -= 1;
        break;
      case 0x2e: // STOP
        state.pos = pos;
        state.sp = sp;
        return finish(state, values, at);
      default:
        state.pos = pos;
        state.sp = sp;
        runRareOpcode(state, opcode, at);
        ({ pos, sp, stop } = state);
    }
  } // prettier-ignore
}

function sparseEntry(state: PickleState, index: number, at: number): unknown {
  if (!state.memo.has(index)) throw malformed(`the memo has no entry ${index}`, at);
  return state.memo.get(index);
}

function finish(state: PickleState, values: number, at: number): unknown {
  state.spend(values + state.values);
  if (state.marks.length > 0 || state.sp !== 1) {
    throw malformed(state.sp === 0 ? "there is no value at the end" : "more than one value is left at the end", at);
  }
  if (state.frameEnd !== Infinity && state.pos !== state.frameEnd) {
    state.handlers.badFrame("the frame goes on after STOP", at);
  }
  return state.resolve(state.stack[0]);
}
