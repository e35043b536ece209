import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { it } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
const tests = readdirSync(join(root, "test"), { recursive: true, encoding: "utf8" }).map((path) =>
  path.replaceAll("\\", "/"),
);

for (const document of readdirSync(join(root, "docs")).filter((name) => name.endsWith(".md"))) {
  it(`every test that ${document} names is there`, () => {
    const text = readFileSync(join(root, "docs", document), "utf8");
    const named = [...text.matchAll(/`((?:[\w-]+\/)*[\w-]+\.ts)`/g)].map(([, path]) => path as string);
    const missing = named.filter(
      (path) =>
        (path.endsWith(".test.ts") || path.includes("/")) &&
        !path.startsWith("src/") &&
        !path.startsWith("scripts/") &&
        !tests.some((test) => test === path || test.endsWith(`/${path.replace(/^test\//, "")}`)),
    );
    assert.deepEqual(missing, []);
  });
}
