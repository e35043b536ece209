/** Whole libraries, every function of them traced, give the same answers. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";

const fixtures = fileURLToPath(new URL("../fixtures/tracing/", import.meta.url));

function run(
  preload: "passing" | "tracing",
  program: string,
): { stdout: string; stderr: string; status: number | null } {
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ["--import", pathToFileURL(join(fixtures, `${preload}.ts`)).href, join(fixtures, "programs", program)],
    { encoding: "utf8", env: { ...process.env, INCLUDE: "node_modules/", SEEN: "" }, maxBuffer: 1 << 26 },
  );
  return { stdout, stderr, status };
}

/** The recorder's statistics end the output of a traced program. */
const STATISTICS = /\{"files":\d+,"functions":\d+,"skippedFiles":(\d+),"skippedFunctions":\d+,"calls":(\d+)\}$/;

for (const program of readdirSync(join(fixtures, "programs"))) {
  test(program, () => {
    const plain = run("passing", program);
    const traced = run("tracing", program);
    const [, skippedFiles, calls] = STATISTICS.exec(traced.stdout) ?? [];
    assert.deepEqual({ ...traced, stdout: traced.stdout.replace(STATISTICS, "") }, plain);
    assert.equal(plain.status, 0);
    assert.ok(Number(calls) > 1000 && skippedFiles === "0", `${calls} calls, ${skippedFiles} files skipped`);
  });
}
