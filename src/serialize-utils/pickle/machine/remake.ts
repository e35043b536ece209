/**
 * Containers made anew at their first SETITEMS or APPENDS, with just the room that what comes needs: `state.mayRemake` says that the stack and one entry of
 * the memo are all that knows the empty one.
 */
import { limitExceeded } from "../../limits.ts";
import { dictOfSize } from "./dict-of-size.ts";
import type { PickleState } from "./state.ts";

/** The dict in the slot below `mark`, still to be filled. */
export function remakeDict(state: PickleState, mark: number, size: number): object {
  const dict = dictOfSize(size);
  put(state, mark - 1, dict);
  return dict;
}

/** The list in the slot below `mark`, of all that lies above. */
export function remakeList(state: PickleState, mark: number, at: number): void {
  const { stack, depths, sp, maxDepth } = state;
  let deepest = 0;
  for (let i = mark; i < sp; i += 1) {
    const depth = depths[i] as number;
    if (depth === 0) continue;
    if (depth > deepest) deepest = depth;
    depths[i] = 0;
  }
  if (deepest >= maxDepth) throw limitExceeded("maxDepth", maxDepth, `at byte ${at}`);
  depths[mark - 1] = deepest + 1;
  put(state, mark - 1, stack.slice(mark, sp));
}

function put({ stack, memo, opening }: PickleState, slot: number, value: object): void {
  memo.exchange(opening, stack[slot], value);
  stack[slot] = value;
}
