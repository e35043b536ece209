import type { Censor } from "../record/index.ts";
import { looksSecret } from "./keys.ts";
import { censorPatterns } from "./patterns.ts";

/** Programs use few different keys; a program that makes keys up must not make this cache grow without end. */
const MAX_CACHED_KEYS = 10_000;

/** The censor that every record passes: by key (see `keys.ts`) and by shape (see `patterns.ts`). */
export function createCensor(): Censor {
  const verdicts = new Map<string, boolean>();
  return {
    isSecretKey(name) {
      const known = verdicts.get(name);
      if (known !== undefined) return known;
      const verdict = looksSecret(name);
      if (verdicts.size < MAX_CACHED_KEYS) verdicts.set(name, verdict);
      return verdict;
    },
    censorText: censorPatterns,
  };
}
