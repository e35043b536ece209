/** A recorded program must not notice: its output, its exit code and its death are what they are without sealtrace. */
import assert from "node:assert/strict";
import { mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { PROGRAMS, runPlain, runRecorded, type Outcome } from "../support/recording.ts";

interface Case {
  readonly program: string;
  readonly args?: readonly string[];
  readonly input?: string;
}

const CASES: readonly Case[] = [
  { program: "plain.cjs", args: ["--help", "--level", "two words", "--", "-x"] },
  { program: "modules.mjs" },
  { program: "typed.ts" },
  { program: "throws.cjs" },
  { program: "throws.mjs" },
  { program: "throws.ts" },
  { program: "throws-string.cjs" },
  { program: "rejects.cjs" },
  { program: "syntax-error.cjs" },
  { program: "syntax-error.mjs" },
  { program: "syntax-error.ts" },
  { program: "imports-broken.mjs" },
  { program: "imports-missing.mjs" },
  { program: "exits.cjs" },
  { program: "unfinished.mjs" },
  { program: "handles-everything.cjs" },
  { program: "kills-itself.cjs" },
  { program: "aborts.cjs" },
  { program: "threads.mjs" },
  { program: "children.cjs" },
  { program: "echoes.mjs", input: "hello\nthere\n" },
  { program: "secrets.mjs" },
  { program: "many-records.cjs", args: ["10", "exit"] },
  { program: "many-records.cjs", args: ["10", "throw"] },
  { program: "many-records.cjs", args: ["10", "reject"] },
];

/** Numbers of processes and addresses in memory differ from run to run. */
function comparable({ stdout, stderr, code, signal }: Outcome): Outcome {
  const plain = (text: string): string => text.replace(/\(node:\d+\)/g, "(node:PID)").replace(/0x[0-9a-f]+/g, "0x0");
  return { stdout: plain(stdout), stderr: plain(stderr), code, signal };
}

describe("a recorded program behaves as without sealtrace", { concurrency: 2 }, () => {
  for (const { program, args = [], input } of CASES) {
    it([program, ...args].join(" "), async () => {
      const options = input === undefined ? {} : { input };
      const plain = await runPlain(program, args, options);
      const recorded = await runRecorded(program, args, options);
      assert.deepEqual(comparable(recorded), comparable(plain));
      if (program !== "aborts.cjs") {
        const [result] = recorded.verify();
        assert.deepEqual(result?.problems, []);
      }
    });
  }

  it(
    "through a symbolic link",
    { skip: process.platform === "win32" && "making links needs rights on Windows" },
    async () => {
      const link = join(mkdtempSync(join(tmpdir(), "sealtrace-test-")), "linked.mjs");
      symlinkSync(join(PROGRAMS, "modules.mjs"), link);
      const recorded = await runRecorded(link);
      assert.deepEqual(comparable(recorded), comparable(await runPlain(link)));
    },
  );

  it("without an ending, in a package that says that its files are modules", async () => {
    const directory = mkdtempSync(join(tmpdir(), "sealtrace-test-"));
    writeFileSync(join(directory, "package.json"), '{ "type": "module" }');
    writeFileSync(join(directory, "program.js"), "console.log(typeof require, await Promise.resolve((() => 5)()));\n");
    const program = join(directory, "program");
    assert.deepEqual(comparable(await runRecorded(`${program}.js`)), comparable(await runPlain(`${program}.js`)));
  });
});

describe("a signal", { skip: process.platform === "win32" && "Windows has no signals" }, () => {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    it(`${signal} ends a program that does not handle it`, async () => {
      const recorded = await runRecorded("many-records.cjs", ["50", "wait"], {
        whenReady: (child) => child.kill(signal),
      });
      assert.deepEqual([recorded.code, recorded.signal], [null, signal]);
      assert.equal(recorded.records().filter((record) => record["log.logger"] === "console").length, 50);
      assert.ok(
        recorded.records().some((record) => record["event.action"] === "signal" && record["process.signal"] === signal),
      );
      assert.deepEqual(
        recorded.verify().map((result) => result.problems),
        [[]],
      );
    });
  }

  it("is left to a program that handles it", async () => {
    const recorded = await runRecorded("many-records.cjs", ["50", "handle"], {
      whenReady: (child) => child.kill("SIGTERM"),
    });
    assert.deepEqual([recorded.code, recorded.signal], [5, null]);
    assert.equal(recorded.records().filter((record) => record["log.logger"] === "console").length, 51);
  });

  it("ends a program whose event loop does not turn", async () => {
    const recorded = await runRecorded("many-records.cjs", ["50", "spin"], {
      whenReady: (child) => child.kill("SIGTERM"),
    });
    assert.deepEqual([recorded.code, recorded.signal], [null, "SIGTERM"]);
  });
});
