import { format } from "node:util";

/**
 * The last resort: a text that nobody else can deliver, straight to the process's standard error. Used for the one line that
 * says records are being lost, and for the source line of an uncaught exception, which Node leaves to us.
 */
export function writeStandardError(text: string): void {
  try {
    process.stderr.write(format("%s", text));
  } catch {
    // There is nobody left to tell.
  }
}
