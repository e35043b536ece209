/** For the rest of this room; the rule itself lies where portable paths are made. */
export { isReservedOnWindows } from "../record/index.ts";
