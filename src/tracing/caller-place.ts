import { fileURLToPath } from "node:url";
import { getCallSites } from "node:util";

export interface CallerPlace {
  /** Absolute path or URL. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
const OWN = ["tracing/caller-place", "tracing/trace-function", "public/tracing", "public/index"].map(
  (name) => new URL(`../${name}.${extension}`, import.meta.url).href,
);

/** Where the program called us. */
export function callerPlace(): CallerPlace {
  try {
    const site = getCallSites(6).find(({ scriptName }) => !OWN.includes(scriptName));
    if (site !== undefined) {
      const { scriptName, lineNumber, columnNumber } = site;
      const file = scriptName.startsWith("file:") ? fileURLToPath(scriptName) : scriptName;
      return { file, line: lineNumber, column: columnNumber };
    }
  } catch {
    // Then it is unknown.
  }
  return { file: "", line: 1, column: 1 };
}
