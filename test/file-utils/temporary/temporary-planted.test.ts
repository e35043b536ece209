import assert from "node:assert/strict";
import { spawnSync, type ChildProcess } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { present, remains, runProgram, startProgram } from "../../support/temporary-programs.ts";
import { temporaryDirectory } from "../../support/temporary.ts";

const MODES = process.platform === "win32" && "modes mean nothing on Windows";
const NOBODY = 65_534;
const ROOT = process.getuid?.() !== 0 && "only root can become somebody else";

/** A directory like `/tmp`. */
function sharedPlace(): string {
  const place = temporaryDirectory();
  chmodSync(place, 0o1777);
  return place;
}

const usualBase = (place: string, user = process.getuid?.() ?? 0): string => join(place, `sealtrace-${user}`);
const baseOf = (path: string | undefined): string => dirname(dirname(path ?? ""));

describe("something that stands where temporaries would be", { concurrency: 2, skip: MODES }, () => {
  const plants: readonly [what: string, plant: (path: string) => void, skip: string | false][] = [
    [
      "a directory of another user",
      (path) => {
        assert.equal(spawnSync("mkdir", ["-m", "777", path], { uid: NOBODY, gid: NOBODY }).status, 0);
      },
      ROOT,
    ],
    [
      "a directory that is open to others",
      (path) => {
        mkdirSync(path);
        chmodSync(path, 0o777);
      },
      false,
    ],
    [
      "a link to a directory that would do",
      (path) => {
        mkdirSync(`${path}-target`, { mode: 0o700 });
        symlinkSync(`${path}-target`, path);
      },
      false,
    ],
    [
      "a file",
      (path) => {
        writeFileSync(path, "");
      },
      false,
    ],
  ];
  for (const [what, plant, skip] of plants) {
    it(`is never used, and the next start still finds what was left: ${what}`, { skip }, async () => {
      const place = sharedPlace();
      const usual = usualBase(place);
      plant(usual);
      const killed = await runProgram(place, ["wait"], { whenHeard: (child) => child.kill("SIGKILL") });
      const base = baseOf(killed.made[0]);
      assert.match(base.slice(usual.length), /^-[0-9a-f]{32}$/);
      assert.equal(statSync(base).mode & 0o777, 0o700);
      assert.deepEqual(present(killed.own), killed.own);
      const next = await runProgram(place, ["end"]);
      assert.equal(baseOf(next.made[0]), base);
      assert.deepEqual(present(killed.own), []);
      assert.deepEqual(readdirSync(base), ["sweep.lock"]);
      const stat = statSync(usual);
      if (stat.isDirectory()) assert.deepEqual(readdirSync(usual), []);
    });
  }

  it("does not keep out a user whose name it bears", { skip: ROOT }, async () => {
    const place = sharedPlace();
    mkdirSync(usualBase(place, NOBODY), { mode: 0o700 });
    const { made, stderr } = await runProgram(place, ["end"], { user: NOBODY });
    assert.equal(made.length, 3, stderr);
    assert.notEqual(baseOf(made[0]), usualBase(place, NOBODY));
    assert.deepEqual(present(made), []);
  });
});

describe("temporaries", { concurrency: 2 }, () => {
  for (const umask of [0, 0o777]) {
    it(`are private under umask ${umask.toString(8)}`, { skip: MODES }, async () => {
      const { made, modes, stderr } = await runProgram(sharedPlace(), ["end"], { umask });
      assert.deepEqual(modes, ["600", "700", "600"], stderr);
      assert.deepEqual(present(made), []);
    });
  }

  it("are removed for a user who may not write to his own directories", { skip: ROOT }, async () => {
    const place = sharedPlace();
    const program = await runProgram(place, ["end"], { user: NOBODY });
    assert.equal(program.made.length, 3, program.stderr);
    assert.deepEqual([present(program.made), remains(place)], [[], []]);
  });

  it("can still be made by a program that has given up its rights", { skip: ROOT }, async () => {
    const place = sharedPlace();
    const program = await runProgram(place, ["dropsRights"]);
    assert.equal(program.code, 0, program.stderr);
    assert.deepEqual(program.said, [usualBase(place, NOBODY)]);
    assert.deepEqual(readdirSync(usualBase(place, NOBODY)), ["sweep.lock"]);
  });

  it("are named from where the program was when it made the first", async () => {
    const place = temporaryDirectory();
    mkdirSync(join(place, "relative"));
    const program = await runProgram("relative", ["moves"], { cwd: place });
    assert.deepEqual(program.said, [[true, true]], program.stderr);
    assert.deepEqual(remains(join(place, "relative")), []);
  });

  it("need the system's directory for them, and say so", async () => {
    const missing = join(temporaryDirectory(), "missing");
    const program = await runProgram(missing, ["only:saysWhy"]);
    assert.equal(program.code, 0, program.stderr);
    const [[code, message]] = program.said as [[string, string]];
    assert.equal(code, "SEALTRACE_FILE_MISSING");
    assert.ok(message.includes(missing) && message.includes("TMPDIR"), message);
  });

  it("by the thousand are removed too", async () => {
    const place = temporaryDirectory();
    const program = await runProgram(place, ["thousands"]);
    assert.deepEqual(program.said, [3_000], program.stderr);
    assert.deepEqual(remains(place), []);
  });
});

describe("programs that start, sweep and are killed all at once", () => {
  const PROGRAMS = 10;
  const AT_ONCE = 4;
  const ROUNDS = "15";

  it("lose nothing that is theirs, and leave nothing in the end", async () => {
    const place = temporaryDirectory();
    let started = 0;
    let lives = 0;
    const lost: string[] = [];
    const actor = fileURLToPath(new URL("../../fixtures/file-utils/temporaries-contend.ts", import.meta.url));
    const life = (): Promise<void> => {
      const { promise, resolve } = Promise.withResolvers<undefined>();
      const child: ChildProcess = startProgram(place, [actor, ROUNDS]);
      started += 1;
      let heard = "";
      child.stdout?.setEncoding("utf8").on("data", (text: string) => {
        heard += text;
        if (!heard.includes("ready\n")) return;
        lives += 1;
        child.kill("SIGKILL");
      });
      child.stderr?.setEncoding("utf8").on("data", (text: string) => (heard += text));
      child.once("close", (_code, signal) => {
        if (signal !== "SIGKILL") lost.push(heard);
        resolve(undefined);
      });
      return promise;
    };
    const lane = async (): Promise<void> => {
      while (started < PROGRAMS) await life();
    };
    await Promise.all(Array.from({ length: AT_ONCE }, lane));
    assert.deepEqual(lost, []);
    assert.equal(lives, started);
    assert.ok(remains(place).length > 0);
    await runProgram(place, ["end"]);
    assert.deepEqual(remains(place), []);
    rmSync(place, { recursive: true });
  });
});
