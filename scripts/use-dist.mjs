/** Preloaded by test-dist.ts: whoever asks for a source of sealtrace gets what was built from it. */
import { registerHooks } from "node:module";

const SOURCES = new URL("../src/", import.meta.url).href;
const BUILT = new URL("../dist/", import.meta.url).href;

registerHooks({
  resolve(specifier, context, next) {
    const resolved = next(specifier, context);
    if (!resolved.url.startsWith(SOURCES)) return resolved;
    return { url: BUILT + resolved.url.slice(SOURCES.length).replace(/\.ts$/, ".js"), format: "module" };
  },
});
