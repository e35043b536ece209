/** The schema and the documentation are held to the table of keys. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { DOCUMENT_FILE, documentText, SCHEMA_FILE, schemaText } from "../../scripts/generate-config-docs.ts";
import { initialFile, KEYS, readConfigurationFile, variableOf } from "../../src/config/index.ts";

const document = readFileSync(DOCUMENT_FILE, "utf8").replaceAll("\r\n", "\n");

test("schemas/tracing.schema.json is made from the table", () => {
  assert.equal(readFileSync(SCHEMA_FILE, "utf8").replaceAll("\r\n", "\n"), schemaText());
});

test("docs/configuration.md is made from the table", () => {
  assert.equal(document, documentText(document));
  for (const key of KEYS) assert.ok(document.includes(variableOf(key.name)));
});

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean;
  readonly default?: unknown;
  readonly description?: string;
}

test("the schema knows the keys, no others, and their defaults", () => {
  const found = new Map<string, unknown>();
  const visit = (schema: Schema, path: string): void => {
    if (schema.properties === undefined) {
      assert.ok(schema.description !== undefined && schema.description !== "", path);
      if (path !== "$schema") found.set(path, schema.default);
      return;
    }
    assert.equal(schema.additionalProperties, false, path);
    for (const [name, inner] of Object.entries(schema.properties)) visit(inner, path === "" ? name : `${path}.${name}`);
  };
  visit(JSON.parse(schemaText()) as Schema, "");
  assert.deepEqual(
    [...found],
    KEYS.map((key) => [key.name, key.default]),
  );
});

test("the defaults, the initial file and every example in the documentation are right", () => {
  for (const key of KEYS) assert.equal(key.type.problem(key.default), undefined, key.name);
  const directory = mkdtempSync(join(tmpdir(), "sealtrace-config-"));
  try {
    const examples = [...document.matchAll(/```json\n([^]*?)```/g)].map(([, text]) => text ?? "");
    assert.ok(examples.length > 0);
    for (const [index, text] of [initialFile("x"), ...examples].entries()) {
      const file = join(directory, `${index}.json`);
      writeFileSync(file, text);
      const settings = readConfigurationFile(file);
      if (index > 0) continue;
      const said = Object.entries(settings).map(([name, { value }]) => [name, value]);
      assert.deepEqual(
        said,
        KEYS.map((key) => [key.name, key.default]),
      );
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
