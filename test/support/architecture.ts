/** The rules of the house, as data; ARCHITECTURE.md says why. */
import type { Use } from "./source-facts.ts";

/** Something that only some files may do. */
interface Privilege {
  readonly rule: string;
  /** Rooms and files under `src/`. */
  readonly allowed: readonly string[];
  readonly modules?: readonly string[];
  readonly uses?: (use: Use) => boolean;
}

export interface Exception {
  readonly rule: string;
  readonly file: string;
  readonly because: string;
}

export interface Rules {
  /** A room may import from the rows above its own. */
  readonly layers: readonly (readonly string[])[];
  /** Rooms that may import these alone. */
  readonly only: Readonly<Record<string, readonly string[]>>;
  readonly privileges: readonly Privilege[];
  readonly maxLines: number;
  /** What no file may contain. */
  readonly forbiddenText: readonly { readonly rule: string; readonly pattern: RegExp; readonly says: string }[];
  /** Each holds for one rule in one file; one that is not needed is itself a violation. */
  readonly exceptions: readonly Exception[];
  /** Directories that are not looked at. */
  readonly ignored: readonly string[];
}

/** The files of `src/` itself, which put the rooms together. */
export const COMPOSITION = "composition";
/** Places where every file is a door. */
export const WITHOUT_DOOR: ReadonlySet<string> = new Set([COMPOSITION, "public"]);

const HANDED_A_SINK = ["record", "redaction", "serialize-utils"];

export const RULES: Rules = {
  layers: [
    ["record"],
    ["redaction", "ring", "seal", "serialize-utils"],
    ["file-utils"],
    ["config", "store"],
    ["log-utils", "tracing"],
    ["trace-utils", "integrations"],
    ["analysis", "doctor", "testing"],
    ["viewer"],
    [COMPOSITION],
    ["public"],
    ["cli"],
  ],
  only: { "log-utils": HANDED_A_SINK, tracing: HANDED_A_SINK },
  privileges: [
    { rule: "file-system", allowed: ["file-utils"], modules: ["node:fs", "node:fs/promises", "fs", "fs/promises"] },
    {
      rule: "environment",
      allowed: ["config"],
      uses: ({ object, member }) => object === "process" && member === "env",
    },
    { rule: "output", allowed: ["cli", "log-utils/standard-error.ts"], uses: isOutput },
    { rule: "process-end", allowed: ["cli"], uses: endsProcess },
  ],
  maxLines: 400,
  forbiddenText: [
    { rule: "machine-path", pattern: /(?<![\w.-])\/(?:work|root|home)\/[\w.]/, says: "a path of somebody's machine" },
    {
      rule: "registry-host",
      pattern: /\bregistry\s*=(?!=)|"resolved": "https?:|https?:\/\/[\w.-]*registry[\w.-]*\//,
      says: "where somebody's packages come from",
    },
  ],
  exceptions: [
    {
      rule: "output",
      file: "src/log-utils/console-capture.ts",
      because: "It stands in front of the console's methods, and hands on what the program writes by them.",
    },
    {
      rule: "process-end",
      file: "src/log-utils/process-capture.ts",
      because: "It stands in front of the process's methods, and sends a signal again that the program must die of.",
    },
    {
      rule: "process-end",
      file: "src/record/unseen-signals.ts",
      because: "It stands in front of the process's methods that tell of listeners.",
    },
    {
      rule: "process-end",
      file: "src/file-utils/temporary/signals.ts",
      because: "It sends a signal again, of which the program dies once its temporary files are removed.",
    },
  ],
  ignored: ["test/fixtures/broken-architecture"],
};

function isOutput({ object, member }: Use): boolean {
  return object === "console" || member === "stdout" || member === "stderr";
}

/** `*`: who hands the whole process on could end it. */
function endsProcess({ object, member, assigned }: Use): boolean {
  if (object !== "process") return false;
  return ["exit", "kill", "abort", "reallyExit", "*"].includes(member) || (member === "exitCode" && assigned);
}
