import * as module from "node:module";

/**
 * Takes the types out of TypeScript, leaving spaces, as Node does; throws for what has no meaning without them
 * (`enum`).
 */
export function stripTypes(text: string): string {
  const { emitWarning } = process;
  // That the function is experimental is nothing that the user of the program could do anything about.
  process.emitWarning = () => undefined;
  try {
    return module.stripTypeScriptTypes(text);
  } finally {
    process.emitWarning = emitWarning;
  }
}
