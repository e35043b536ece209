import { registerHooks } from "node:module";
import { fileURLToPath } from "node:url";
import { instrumentFile, LONGEST_SOURCE, type SourceFile } from "./source-file.ts";
import type { Dialect } from "./syntax.ts";
import { stripTypes } from "./typescript.ts";

export interface LoadStats {
  files: number;
  functions: number;
  skippedFiles: number;
  skippedFunctions: number;
}

interface Loaded {
  readonly format?: string | null | undefined;
  readonly source?: unknown;
}

/** Which dialects the text of a module of this format may be in, the likelier first. */
const DIALECTS: Readonly<Record<string, readonly Dialect[]>> = {
  module: ["module"],
  commonjs: ["commonjs"],
  "module-typescript": ["module"],
  "commonjs-typescript": ["commonjs"],
  // Node itself looks at the text of a required file in a package without "type".
  typescript: ["commonjs", "module"],
  unknown: ["commonjs", "module"],
};

const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
const HELPERS_URL: string = new URL(`./helpers-module.${extension}`, import.meta.url).href;
/** Sealtrace doesn't trace itself. */
const OWN_FILES: string = new URL("..", import.meta.url).href;

/** Instruments every module that is loaded from now on and that `include` wants. Returns what ends that. */
export function installLoadHook(include: (absolutePath: string) => boolean, stats: LoadStats): () => void {
  const counted = new Set<SourceFile>();
  const hooks = registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      const path = pathOf(url);
      const { format, source } = loaded as Loaded;
      const dialects = DIALECTS[format ?? "unknown"];
      if (path === undefined || dialects === undefined || source === null || source === undefined) return loaded;
      try {
        if (!include(path)) return loaded;
        const text = textOf(source);
        const typescript = format?.endsWith("typescript") === true;
        const result =
          text === undefined || text.length > LONGEST_SOURCE
            ? "skipped"
            : instrumentFile(path, url, typescript ? stripTypes(text) : text, dialects, HELPERS_URL);
        if (result === undefined) return loaded;
        if (result === "skipped") {
          stats.skippedFiles += 1;
          return loaded;
        }
        count(stats, counted, result);
        // Still as TypeScript: Node takes the types out once more, finds none, and names the script as it does
        // otherwise.
        return { ...loaded, source: result.text.changed() };
      } catch {
        // It can't be parsed; what is wrong with it is for Node to say.
        stats.skippedFiles += 1;
        return loaded;
      }
    },
  });
  return () => {
    hooks.deregister();
  };
}

function count(stats: LoadStats, counted: Set<SourceFile>, file: SourceFile): void {
  if (counted.has(file)) return;
  counted.add(file);
  stats.files += 1;
  stats.functions += file.functions;
  stats.skippedFunctions += file.skippedFunctions;
}

function pathOf(url: string): string | undefined {
  if (!url.startsWith("file:") || url.startsWith(OWN_FILES)) return undefined;
  try {
    return fileURLToPath(url);
  } catch {
    return undefined;
  }
}

function textOf(source: unknown): string | undefined {
  if (typeof source === "string") return source;
  if (source instanceof Uint8Array || source instanceof ArrayBuffer) return new TextDecoder().decode(source);
  return undefined;
}
