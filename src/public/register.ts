/** `node --import sealtrace/register app.js`: records the whole program. */
import { registerProgram } from "../register.ts";

registerProgram();
