import { inspect } from "node:util";
import picomatch from "picomatch";
import { SealtraceError } from "../../record/index.ts";
import { ROOT_ACTIONS, type RootPolicy } from "./policy.ts";

/** A rule that is spelled wrongly would protect nothing: throws SEALTRACE_USAGE for anything in a policy that is not exactly as it should be. */
export function checkPolicy(policy: unknown): asserts policy is RootPolicy {
  const given = policy as { readonly allow?: unknown } | null | undefined;
  if (typeof given !== "object" || !Array.isArray(given?.allow)) {
    throw wrong(`A root needs a policy, { allow: ["read", "list"] } say: what is not allowed is refused.`);
  }
  for (const [key, value] of Object.entries(given as object)) {
    const rule = RULES.get(key);
    if (rule === undefined) {
      throw wrong(`A policy has no ${JSON.stringify(key)}: there are ${[...RULES.keys()].join(", ")}.`);
    }
    const complaint = value === undefined ? undefined : rule(value);
    if (complaint !== undefined) throw wrong(`The policy's ${key} ${complaint}.`);
  }
}

type Rule = (value: unknown) => string | undefined;

const RULES: ReadonlyMap<string, Rule> = new Map(
  Object.entries({
    allow: (value) =>
      each(value, (action) =>
        (ROOT_ACTIONS as readonly unknown[]).includes(action) ? undefined : `can be some of ${ROOT_ACTIONS.join(", ")}`,
      ),
    include: globs,
    exclude: globs,
    symbolicLinks: oneOf("inside", "refuse"),
    hardLinks: oneOf("allow", "refuse"),
    maxTotalBytes: wholeNumber,
    maxFileBytes: wholeNumber,
    mediaTypes: (value) =>
      each(value, (type) =>
        /^[a-z]+\/(?:\*|[a-z0-9][a-z0-9.+-]*)$/.test(type) ? undefined : `can have image/png or image/*, say`,
      ),
    owner: wholeNumber,
    maxMode: (value) => wholeNumber(value) ?? ((value as number) > 0o7777 ? "has more bits than a mode" : undefined),
    portableNames: oneOf(true, false),
  } satisfies Record<keyof RootPolicy, Rule>),
);

function each(value: unknown, complaintOf: (item: string) => string | undefined): string | undefined {
  if (!Array.isArray(value)) return `is a list, not ${shown(value)}`;
  for (const item of value as unknown[]) {
    const complaint = typeof item === "string" ? complaintOf(item) : "is a list of texts";
    if (complaint !== undefined) return `${complaint}, not ${shown(item)}`;
  }
  return undefined;
}

function oneOf(...allowed: readonly unknown[]): Rule {
  return (value) =>
    allowed.includes(value) ? undefined : `is one of ${allowed.map(shown).join(", ")}, not ${shown(value)}`;
}

function wholeNumber(value: unknown): string | undefined {
  const fits = value === Infinity || (Number.isSafeInteger(value) && (value as number) >= 0);
  return fits ? undefined : `is a whole number from 0 on, not ${shown(value)}`;
}

function globs(value: unknown): string | undefined {
  return each(value, (glob) => {
    // `include: ["!secret"]` would include what is in `secret`, of which no path is called that.
    if (/^!(?!\()/.test(glob)) return "can't negate; use include for what is allowed and exclude for what is not";
    const pieces = trimmedGlob(glob).split("/");
    if (pieces.some((piece) => ["", ".", ".."].includes(piece)))
      return "has globs of paths without empty names, . and ..";
    try {
      picomatch(glob, GLOBS);
    } catch {
      return "has a glob that can't be understood";
    }
    return undefined;
  });
}

/** As picomatch takes them. Its fast paths (4.0.7) forget `dot` for files at the top. */
export const GLOBS = { dot: true, windows: false, debug: true, fastpaths: false } as const;

/** As people write them for other tools: `./secret`, `/secret` and `secret/` mean what is called `secret` in the root. */
export function trimmedGlob(glob: string): string {
  return glob.replace(/^(?:\.?\/)+/, "").replace(/\/+$/, "");
}

function shown(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : inspect(value);
}

function wrong(sentence: string): SealtraceError {
  return new SealtraceError("SEALTRACE_USAGE", sentence);
}
