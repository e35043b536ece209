/** Every program in the README and the documentation runs, and leaves a record that verifies. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { reading, start } from "../support/recording.ts";
import { newPlace } from "../support/stream.ts";
import { temporaryDirectory } from "../support/temporary.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const documents = [
  "README.md",
  ...readdirSync(join(root, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => join("docs", name)),
];

for (const document of documents) {
  const text = readFileSync(join(root, document), "utf8");
  const programs = [...text.matchAll(/^```(ts|js)\n(.*?)^```$/gms)].map((match) => ({
    language: match[1],
    code: match[2] as string,
  }));
  // The report of the interface is declarations, not programs.
  if (programs.length === 0 || document.endsWith("api-report.md")) continue;
  describe(document, () => {
    for (const [i, { language, code }] of programs.entries()) {
      it(`program ${i + 1} runs`, async () => {
        const place = newPlace();
        const directory = temporaryDirectory();
        const file = join(directory, `program.${language === "ts" ? "mts" : "mjs"}`);
        writeFileSync(
          file,
          code.replace(
            /from "sealtrace(?:\/([\w-]+))?"/g,
            (_, name: string | undefined) => `from ${JSON.stringify(source(name))}`,
          ),
        );
        const environment = {
          SEALTRACE_CONFIG_DIR: place.keys,
          SEALTRACE_LOGGING_LOGS_DIRNAME: place.logs,
          NODE_NO_WARNINGS: "1",
        };
        const { code: status, stderr } = await start([file], { environment, directory });
        assert.deepEqual([status, stderr], [0, ""]);
        // Who only uses files records nothing.
        if (!/from "sealtrace(?:\/(?:tracing|log-utils))?"/.test(code)) return;
        const results = reading(place).verify();
        assert.deepEqual(
          results.map((result) => result.problems),
          [[]],
        );
        assert.doesNotMatch(reading(place).lines().join("\n"), /never written/);
      });
    }
  });
}

it("continuous integration runs the tests as the README says", () => {
  const [, command] = /^(npm .*npm test)$/m.exec(readFileSync(join(root, "README.md"), "utf8")) ?? [];
  assert.equal(command, "npm ci && npm test");
  const lines = readFileSync(join(root, ".ci/run"), "utf8").split("\n");
  assert.ok(lines.some((line) => line === `${command} || exit`));
});

function source(name = "index"): string {
  return new URL(`../../src/public/${name}.ts`, import.meta.url).href;
}
