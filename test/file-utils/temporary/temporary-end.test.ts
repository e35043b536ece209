import assert from "node:assert/strict";
import { copyFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { present, remains, runProgram, within, type Program } from "../../support/temporary-programs.ts";
import { temporaryDirectory } from "../../support/temporary.ts";

const WINDOWS = process.platform === "win32" && "Windows has no signals";

function assertGone(place: string, { made, stderr }: Program): void {
  assert.equal(made.length, 3, stderr);
  assert.deepEqual(present(made), []);
  assert.deepEqual(remains(place), []);
}

describe("temporaries are removed when their program", { concurrency: 2 }, () => {
  const ends: readonly [way: string, code: number, stderr: RegExp][] = [
    ["end", 0, /^$/],
    ["exit", 3, /^$/],
    ["throw", 1, /Error: thrown/],
    ["reject", 1, /Error: rejected/],
  ];
  for (const [way, code, stderr] of ends) {
    it(`ends by itself: ${way}`, async () => {
      const place = temporaryDirectory();
      const program = await runProgram(place, [way]);
      assert.equal(program.code, code);
      assert.match(program.stderr, stderr);
      assertGone(place, program);
    });
  }

  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    it(`dies of ${signal}`, { skip: WINDOWS }, async () => {
      const place = temporaryDirectory();
      const program = await runProgram(place, ["wait"], { whenHeard: (child) => child.kill(signal) });
      assert.equal(program.signal, signal);
      assertGone(place, program);
    });
  }
});

describe("a signal", { concurrency: 2, skip: WINDOWS }, () => {
  const kill: Parameters<typeof runProgram>[2] = { whenHeard: (child) => child.kill("SIGTERM") };

  it("that the program handles is the program's, and everything is there until it ends", async () => {
    const place = temporaryDirectory();
    const program = await runProgram(place, ["handles"], kill);
    assert.deepEqual([program.code, program.said], [7, [true]]);
    assertGone(place, program);
  });

  it("that the program handles once, in front of all others, is the program's", async () => {
    const place = temporaryDirectory();
    const program = await runProgram(place, ["handlesOnceInFront"], kill);
    assert.equal(program.code, 7);
    assertGone(place, program);
  });

  it("that the program has handled and does not handle any more ends it", async () => {
    const place = temporaryDirectory();
    const program = await runProgram(place, ["handledBefore"], kill);
    assert.equal(program.signal, "SIGTERM");
    assertGone(place, program);
  });

  it("ends a program that counts its listeners as it would have", async () => {
    const place = temporaryDirectory();
    const program = await runProgram(place, ["counts"], kill);
    assert.equal(program.signal, "SIGTERM");
    assert.deepEqual(program.said, [[1, 1], "counted"]);
    assertGone(place, program);
  });

  it("has no listener that could be seen", async () => {
    const program = await runProgram(temporaryDirectory(), ["looksFirst"]);
    assert.deepEqual(program.said[0], [0, [], [], false]);
  });

  for (const way of ["hangs", "hangsAfterwards"]) {
    it(`ends a program at once that has nothing to be removed before: ${way}`, async () => {
      const place = temporaryDirectory();
      const program = await runProgram(place, [`only:${way}`], { ...kill, heard: "hanging" });
      assert.equal(program.signal, "SIGTERM");
      assert.ok(remains(place).length > 0);
      await runProgram(place, ["end"]);
      assert.deepEqual(remains(place), []);
    });
  }
});

describe("what a killed program left", { concurrency: 2 }, () => {
  it("is removed by the next that makes a temporary, and nothing of one that lives", async () => {
    const place = temporaryDirectory();
    let alive: Promise<Program> | undefined;
    const dead = await runProgram(place, ["wait"], { whenHeard: (child) => child.kill("SIGKILL") });
    // And what one left that was killed in the middle of its removal.
    const [journal = ""] = remains(place).filter((name) => name.endsWith("-journal"));
    if (journal !== "") copyFileSync(journal, join(dirname(journal), `${"0".repeat(32)}.lock-journal`));
    assert.deepEqual(present(dead.own), dead.own);
    let next: Program | undefined;
    const living = await runProgram(place, ["wait"], {
      whenHeard: (child) => {
        alive = runProgram(place, ["end"]);
        void alive.then((program) => {
          next = program;
          child.kill("SIGKILL");
        });
      },
    });
    assert.equal(next?.code, 0);
    assert.deepEqual(present(dead.own), []);
    assert.deepEqual(present(living.own), living.own);
    await runProgram(place, ["end"]);
    assert.deepEqual([present(living.own), remains(place)], [[], []]);
  });

  it("or one that crashed", { skip: WINDOWS }, async () => {
    const place = temporaryDirectory();
    const dead = await runProgram(place, ["abort"]);
    assert.deepEqual(present(dead.own), dead.own);
    await runProgram(place, ["end"]);
    assert.deepEqual([present(dead.own), remains(place)], [[], []]);
  });
});

describe("a thread's temporaries", { concurrency: 2 }, () => {
  for (const way of ["threadsEnd", "only:threadsEnd"]) {
    it(`are removed with it: ${way}`, async () => {
      const place = temporaryDirectory();
      const program = await runProgram(place, [way]);
      const none = [false, false, false];
      assert.deepEqual([program.code, program.said], [0, [none, none, none]], program.stderr);
      assert.deepEqual(remains(place), []);
    });
  }

  for (const way of ["threadTerminated", "threadCutOff"]) {
    it(`are removed with the process when the thread could not: ${way}`, async () => {
      const place = temporaryDirectory();
      const program = await runProgram(place, [way]);
      assert.equal(program.code, 0);
      assert.equal((program.said[0] as string[]).length, 3);
      assert.deepEqual([present(program.said[0] as string[]), remains(place)], [[], []]);
    });

    it(`or by the next start, when the process had none itself: ${way}`, async () => {
      const place = temporaryDirectory();
      const program = await runProgram(place, [`only:${way}`]);
      const own = within(place, program.said[0] as string[]);
      assert.ok(own.length >= 2);
      assert.deepEqual(present(own), own);
      await runProgram(place, ["end"]);
      assert.deepEqual([present(own), remains(place)], [[], []]);
    });
  }
});
