import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { test } from "node:test";
import { RULES } from "./support/architecture.ts";
import { checkArchitecture } from "./support/check-architecture.ts";

test("the house is in order", () => {
  assert.deepEqual(checkArchitecture(fileURLToPath(new URL("..", import.meta.url)), RULES), []);
});

// The fixture breaks every rule, most of them in each way that the rule knows.
test("every broken rule is found, and nothing else", () => {
  const fixture = fileURLToPath(new URL("fixtures/broken-architecture", import.meta.url));
  const exceptions = [
    { rule: "output", file: "src/ring/process-end.ts", because: "Needless: this file writes nothing." },
    { rule: "process-end", file: "src/log-utils/standard-error.ts", because: "Needed: this file ends the process." },
  ];
  const found = checkArchitecture(fixture, { ...RULES, exceptions, maxLines: 30, ignored: [] });
  assert.deepEqual(found, [
    "docs/notes.md:1 machine-path: a path of somebody's machine",
    "docs/notes.md:1 registry-host: where somebody's packages come from",
    "package-lock.json:4 registry-host: where somebody's packages come from",
    "package.json:1 reason: ARCHITECTURE.md does not say why `acorn` is needed",
    "package.json:1 unused-dependency: picomatch",
    "src/cli/main.ts:4 environment: process.env",
    "src/log-utils/sink.ts:2 only: log-utils imports record, redaction, serialize-utils alone",
    "src/public/index.ts:1 cycle: public/index.ts -> setup.ts -> public/index.ts",
    "src/record/index.ts:2 layer: record may not import redaction",
    "src/ring/environment.ts:1 environment: process.env",
    "src/ring/environment.ts:3 environment: process.env",
    "src/ring/environment.ts:4 environment: process.env",
    "src/ring/environment.ts:5 environment: process.env",
    "src/ring/environment.ts:6 environment: process.env",
    "src/ring/environment.ts:7 environment: process.env",
    "src/ring/environment.ts:8 environment: process.env",
    "src/ring/file-system.ts:1 file-system: node:fs",
    "src/ring/file-system.ts:2 file-system: node:fs",
    "src/ring/file-system.ts:3 file-system: node:fs/promises",
    "src/ring/file-system.ts:4 builtin-prefix: fs is node:fs",
    "src/ring/file-system.ts:4 file-system: fs",
    "src/ring/file-system.ts:6 file-system: node:fs",
    "src/ring/file-system.ts:6 file-system: node:fs",
    "src/ring/file-system.ts:7 file-system: node:fs",
    "src/ring/file-system.ts:8 file-system: node:fs",
    "src/ring/file-system.ts:9 file-system: node:fs",
    "src/ring/file-system.ts:10 computed-import: nobody can see what this loads",
    "src/ring/output.ts:1 output: console.log",
    "src/ring/output.ts:2 output: process.stdout",
    "src/ring/output.ts:3 output: process.stderr",
    "src/ring/output.ts:4 output: console.*",
    "src/ring/output.ts:5 output: console.error",
    "src/ring/packages.ts:3 dependency: package.json does not name @scope/missing",
    "src/ring/packages.ts:4 dependency: package.json does not name prettier",
    "src/ring/packages.ts:5 extension: ./index.js",
    "src/ring/process-end.ts:1 process-end: process.exit",
    "src/ring/process-end.ts:1 needless-exception: output",
    "src/ring/process-end.ts:2 process-end: process.kill",
    "src/ring/process-end.ts:3 process-end: process.abort",
    "src/ring/process-end.ts:4 process-end: process.exitCode",
    "src/ring/process-end.ts:6 process-end: process.*",
    "src/ring/process-end.ts:7 process-end: process.reallyExit",
    "src/seal/long.ts:31 length: 31 lines",
    "src/serialize-utils/index.ts:1 cycle: serialize-utils/index.ts -> serialize-utils/other.ts -> serialize-utils/index.ts",
    "src/setup.ts:3 layer: composition may not import public",
    "src/store/index.ts:1 door: ../seal/note.ts goes past seal/index.ts",
    "src/store/index.ts:2 unknown-room: drawer is in no layer",
  ]);
});
