/** What must not be written: keys that look secret, and secrets that are recognised by their own shape. */
export { createCensor } from "./censor.ts";
