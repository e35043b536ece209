/**
 * Makes `schemas/tracing.schema.json` and the table in `docs/configuration.md` from the table of keys: `node scripts/generate-config-docs.ts`.
 * A test holds both files to what these functions return.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { formatJson, KEYS, variableOf, type Key } from "../src/config/index.ts";

export const SCHEMA_FILE: URL = new URL("../schemas/tracing.schema.json", import.meta.url);
export const DOCUMENT_FILE: URL = new URL("../docs/configuration.md", import.meta.url);

interface ObjectSchema {
  type: "object";
  additionalProperties: false;
  properties: Record<string, object>;
}

/** JSON Schema (draft 7, which every editor knows) of `tracing.json`. */
export function schemaText(): string {
  const root = objectSchema();
  root.properties.$schema = { type: "string", description: "Where editors find this schema." };
  for (const key of KEYS) {
    const parts = key.name.split(".");
    const last = parts.pop() ?? "";
    const section = parts.reduce((outer, part) => (outer.properties[part] ??= objectSchema()) as ObjectSchema, root);
    section.properties[last] = { description: plain(key.description), ...key.type.schema, default: key.default };
  }
  const schema = { $schema: "http://json-schema.org/draft-07/schema#", title: "sealtrace: tracing.json", ...root };
  return formatJson(schema);
}

/** The document with its table of keys made anew. */
export function documentText(document: string): string {
  const [before, rest] = document.split("<!-- keys -->\n");
  const after = rest?.split("<!-- end of keys -->\n")[1];
  if (before === undefined || after === undefined)
    throw new Error("docs/configuration.md has lost its marks around the table of keys.");
  return `${before}<!-- keys -->\n\n${KEYS.map(paragraph).join("\n")}\n<!-- end of keys -->\n${after}`;
}

function paragraph(key: Key): string {
  const facts = `${key.type.label}; default \`${JSON.stringify(key.default)}\`; variable \`${variableOf(key.name)}\``;
  return `### ${key.name}\n\n${key.description}\n\n${facts}\n`;
}

function objectSchema(): ObjectSchema {
  return { type: "object", additionalProperties: false, properties: {} };
}

function plain(markdown: string): string {
  return markdown.replaceAll("`", "");
}

if (import.meta.main) {
  writeFileSync(SCHEMA_FILE, schemaText());
  writeFileSync(DOCUMENT_FILE, documentText(readFileSync(DOCUMENT_FILE, "utf8")));
}
