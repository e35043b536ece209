import { createRequire } from "node:module";

type Yaml = typeof import("yaml");

/** Loaded when it is first needed: that takes longer than all of sealtrace. */
export function loadYaml(): Yaml {
  return (yaml ??= createRequire(import.meta.url)("yaml") as Yaml);
}
let yaml: Yaml | undefined;
