import { KEYS } from "./keys.ts";

/** The text of a `tracing.json` that says every default; `schema` is what editors complete from. */
export function initialFile(schema: string): string {
  const file: Section = { $schema: schema };
  for (const key of KEYS) {
    const parts = key.name.split(".");
    const last = parts.pop() ?? "";
    const section = parts.reduce((outer, part) => (outer[part] ??= {}) as Section, file);
    section[last] = key.default;
  }
  return formatJson(file);
}

/** Indented JSON with a newline at its end; lists of simple values, which must not contain brackets, stay on one line. */
export function formatJson(value: unknown): string {
  const onOneLine = (list: string): string => list.replace(/\n\s*/g, " ").replace("[ ", "[").replace(" ]", "]");
  return `${JSON.stringify(value, null, 2).replace(/\[[^[\]{}]*\]/g, onOneLine)}\n`;
}

interface Section {
  [name: string]: unknown;
}
